import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LevadaError } from '@levada/core/spi'
import { parse } from 'yaml'

/** A package of a workspace. */
export interface WorkspacePackage {
  /** Absolute. */
  readonly dir: string
  readonly name: string
  readonly version: string
  readonly private: boolean
  /** Names of what its users get with it. */
  readonly dependencies: readonly string[]
  /** Whether contract.json is beside package.json. */
  readonly contract: boolean
}

/** The folder of the workspace around a folder, as pnpm, npm, yarn and bun write it down; a single package is one, too. */
export function workspaceRoot(start: string): string {
  let single: string | undefined
  for (let dir = start; ; dir = dirname(dir)) {
    if (patternsOf(dir)) return dir
    if (single === undefined && existsSync(join(dir, 'package.json'))) single = dir
    if (dir === dirname(dir)) break
  }
  if (single !== undefined) return single
  throw new LevadaError('PACKAGE_NOT_FOUND', `There is no package.json in ${start} or a folder above.`, {
    hint: 'Run the command in a workspace, or in a pipeline package.',
  })
}

/** The packages of a workspace, its root included when that is one. @throws CONFIG_SYNTAX */
export function workspacePackages(root: string): readonly WorkspacePackage[] {
  const patterns = patternsOf(root) ?? []
  const exclude = [
    '**/node_modules/**',
    ...patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => `${pattern.slice(1)}/**`),
  ]
  const wanted = patterns.filter((pattern) => !pattern.startsWith('!'))
  const files = globSync(
    wanted.map((pattern) => `${pattern}/package.json`),
    { cwd: root, exclude },
  )
  return ['package.json', ...files.toSorted()].flatMap((file) => packageAt(dirname(join(root, file))) ?? [])
}

/** The package of a folder; undefined when it has none, or one without a name. @throws MODULE_FAILED */
export function packageAt(dir: string): WorkspacePackage | undefined {
  const manifest = readManifest(dir)
  if (!manifest && existsSync(join(dir, 'package.json')))
    throw new LevadaError('MODULE_FAILED', 'package.json is not valid JSON.', {
      place: { file: join(dir, 'package.json') },
      hint: 'Correct the place that the message shows.',
    })
  if (typeof manifest?.['name'] !== 'string') return undefined
  const names = ['dependencies', 'peerDependencies', 'optionalDependencies'].flatMap((part) =>
    Object.keys((manifest[part] ?? {}) as object),
  )
  return {
    dir,
    name: manifest['name'],
    version: typeof manifest['version'] === 'string' ? manifest['version'] : '0.0.0',
    private: manifest['private'] === true,
    dependencies: names,
    contract: existsSync(join(dir, 'contract.json')),
  }
}

function readManifest(dir: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as Readonly<Record<string, unknown>>
  } catch {
    return undefined
  }
}

function patternsOf(dir: string): readonly string[] | undefined {
  const file = join(dir, 'pnpm-workspace.yaml')
  if (existsSync(file)) {
    try {
      const { packages } = (parse(readFileSync(file, 'utf8')) ?? {}) as { packages?: readonly string[] }
      return packages
    } catch (cause) {
      throw new LevadaError(
        'CONFIG_SYNTAX',
        `pnpm-workspace.yaml is not valid YAML: ${(cause as Error).message}`,
        {
          cause,
          place: { file },
        },
      )
    }
  }
  const workspaces = readManifest(dir)?.['workspaces'] as
    | readonly string[]
    | { readonly packages?: readonly string[] }
    | undefined
  return Array.isArray(workspaces)
    ? (workspaces as readonly string[])
    : (workspaces as { packages?: readonly string[] } | undefined)?.packages
}
