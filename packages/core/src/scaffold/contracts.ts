import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parse } from 'yaml'
import type { Contract } from '../app/index.ts'
import { LevadaError } from '../errors/index.ts'
import { isPipelinePackage, pipelinePackages, readContract } from '../run/generate.ts'

/** A contract that was found, with the name of its package. */
export interface Found {
  readonly name: string
  readonly dir: string
  readonly contract: Contract
}

/** The contracts that a package can reach: of its dependencies, of an app's, and of the workspace around it; not its own. */
export function contractsAround(
  dir: string,
  appDir: string | undefined,
): { readonly found: readonly Found[]; readonly faults: readonly LevadaError[] } {
  const dirs = [dir, ...(appDir === undefined ? [] : [appDir])].flatMap((each) =>
    pipelinePackages(each).map((installed) => installed.dir),
  )
  const found: Found[] = []
  const faults: LevadaError[] = []
  for (const each of new Set([...dirs, ...workspacePackages(dir)])) {
    const contract = each === dir ? undefined : readContract(each, process.cwd(), isPipelinePackage(each))
    if (contract instanceof LevadaError) faults.push(contract)
    else if (contract) found.push({ name: packageName(each), dir: each, contract })
  }
  return { found, faults }
}

function packageName(dir: string): string {
  const name = readPackage(dir)?.['name']
  return typeof name === 'string' ? name : dir
}

/** What a package.json says; nothing when there is none that can be read. */
function readPackage(dir: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as Readonly<Record<string, unknown>>
  } catch {
    return undefined
  }
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

/** Where the packages of a workspace are; undefined in a folder that is the root of none. @throws CONFIG_SYNTAX */
export function workspacePatterns(dir: string): readonly string[] | undefined {
  const file = join(dir, 'pnpm-workspace.yaml')
  if (existsSync(file)) {
    try {
      return (parse(readFileSync(file, 'utf8')) as { packages?: string[] } | null)?.packages
    } catch (cause) {
      const place = { file: relative(process.cwd(), file) }
      throw new LevadaError(
        'CONFIG_SYNTAX',
        `pnpm-workspace.yaml is not valid YAML: ${(cause as Error).message}`,
        {
          cause,
          place,
        },
      )
    }
  }
  const workspaces = readPackage(dir)?.['workspaces'] as string[] | { packages?: string[] } | undefined
  return Array.isArray(workspaces) ? workspaces : workspaces?.packages
}
