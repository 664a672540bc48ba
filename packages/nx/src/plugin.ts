import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CreateDependencies, CreateNodes, CreateNodesResult, DependencyType } from '@nx/devkit'
import { dataEdges } from './data-edges.ts'
import { inferTargets } from './targets.ts'
import type { Commands, LevadaNxOptions, ProjectFacts } from './targets.ts'

/** How Nx calls the plugin. */
export const name = '@levada/nx'

/**
 * Infers `build`, `typecheck` and `test` for every package of a workspace, and `generate` and `contract-check` for pipeline packages.
 *
 * @example
 * ```json
 * { "plugins": ["@levada/nx"] }
 * ```
 */
export const createNodes: CreateNodes<LevadaNxOptions> = [
  '**/package.json',
  (files, options, { workspaceRoot }) =>
    files.flatMap((file) => {
      const result = nodesOf(dirname(file), options, workspaceRoot)
      return result ? [[file, result] as const] : []
    }),
]

/**
 * Data edges: a project that reads an asset depends on the one that provides it, as their `contract.json` say, so that `nx affected`
 * includes it, though it imports nothing of it.
 */
export const createDependencies: CreateDependencies<LevadaNxOptions> = (_, { projects, workspaceRoot }) => {
  const roots = Object.fromEntries(Object.entries(projects).map(([project, { root }]) => [project, root]))
  const { edges, leftOut } = dataEdges(workspaceRoot, roots)
  for (const { source, target } of leftOut)
    console.warn(
      `@levada/nx: ${source} and ${target} read each other's assets; ${source} is not affected by ${target}`,
    )
  // Devkit is not loaded for the name of a kind.
  return edges.map((edge) => ({ ...edge, type: 'implicit' as DependencyType.implicit }))
}

function nodesOf(
  root: string,
  options: LevadaNxOptions | undefined,
  workspaceRoot: string,
): CreateNodesResult | undefined {
  if (root === '.') return undefined
  const targets = inferTargets(factsOf(join(workspaceRoot, root)), commandsOf(root, workspaceRoot), options)
  return Object.keys(targets).length > 0 ? { projects: { [root]: { root, targets } } } : undefined
}

function factsOf(folder: string): ProjectFacts {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { private?: boolean }
  const has = (pattern: string): boolean => globSync(pattern, { cwd: folder }).length > 0
  return {
    compiles: existsSync(join(folder, 'tsconfig.json')) && has('{*,src/*}.ts'),
    published: manifest.private !== true,
    tested: has('{src,test}/**/*.{test,test-d}.ts'),
    pipeline: existsSync(join(folder, 'src/pipeline.ts')),
  }
}

function commandsOf(root: string, workspaceRoot: string): Commands {
  // `.ts` in this repository, `.js` when installed.
  const self = fileURLToPath(import.meta.url)
  const script = join(dirname(self), `build-package${self.slice(-3)}`)
  return {
    build: `node ${relative(join(workspaceRoot, root), script)}`,
    // The slash: `pipelines/flights/` is not `pipelines/flights-extra/`.
    vitest: `vitest run ${root}/ --passWithNoTests`,
  }
}
