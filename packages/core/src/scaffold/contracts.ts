import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse } from 'yaml'
import type { Contract } from '../app/index.ts'
import { pipelinePackages } from '../run/generate.ts'

/** A contract that was found, with the name of its package. */
export interface Found {
  readonly name: string
  readonly dir: string
  readonly contract: Contract
}

/** The contracts that a package can reach: of its dependencies, of an app's, and of the workspace around it; not its own. */
export function contractsAround(dir: string, appDir: string | undefined): readonly Found[] {
  const dirs = [dir, ...(appDir === undefined ? [] : [appDir])].flatMap((each) =>
    pipelinePackages(each).map((installed) => installed.dir),
  )
  const found = new Map<string, Found>()
  for (const each of [...dirs, ...workspacePackages(dir)]) {
    const file = join(each, 'contract.json')
    if (each === dir || found.has(each) || !existsSync(file)) continue
    const contract = JSON.parse(readFileSync(file, 'utf8')) as Contract
    if (contract.protocol === 'pipeline@1') found.set(each, { name: packageName(each), dir: each, contract })
  }
  return [...found.values()]
}

function packageName(dir: string): string {
  const file = join(dir, 'package.json')
  const { name } = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { name?: string }) : {}
  return name ?? dir
}

/** The folders of a workspace, as pnpm, npm, yarn and bun write them down. */
function workspacePackages(start: string): readonly string[] {
  for (let dir = start; ; dir = dirname(dir)) {
    const patterns = workspacePatterns(dir)
    if (patterns) {
      const included = patterns
        .filter((pattern) => !pattern.startsWith('!'))
        .map((pattern) => `${pattern}/contract.json`)
      const exclude = [
        '**/node_modules/**',
        ...patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => `${pattern.slice(1)}/**`),
      ]
      return globSync(included, { cwd: dir, exclude })
        .toSorted()
        .map((file) => dirname(join(dir, file)))
    }
    if (dir === dirname(dir)) return []
  }
}

function workspacePatterns(dir: string): readonly string[] | undefined {
  const pnpm = join(dir, 'pnpm-workspace.yaml')
  if (existsSync(pnpm)) return (parse(readFileSync(pnpm, 'utf8')) as { packages?: string[] } | null)?.packages
  const file = join(dir, 'package.json')
  if (!existsSync(file)) return undefined
  const { workspaces } = JSON.parse(readFileSync(file, 'utf8')) as {
    workspaces?: string[] | { packages?: string[] }
  }
  return Array.isArray(workspaces) ? workspaces : workspaces?.packages
}
