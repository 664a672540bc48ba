import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import type { ExecaError } from 'execa'
import { findPython, pythonEnvironment } from './environment.ts'

const root = join(import.meta.dirname, '..')

export type DbtName = 'dbt1' | 'dbt2' | 'dbt1-10'

/** dbt Core in Python, and dbt 2, which is a binary. */
export const dbtNames: readonly DbtName[] = ['dbt1', 'dbt2']

/** With an older dbt Core, which is recorded and not tested with. */
export const recordedDbts: readonly DbtName[] = [...dbtNames, 'dbt1-10']

/** How to start a dbt with the adapter for DuckDB. */
export interface DbtEnvironment {
  readonly name: DbtName
  /** Name and version; with the reason when it is missing. */
  readonly title: string
  /** The command `dbt`; undefined when this machine cannot have it. */
  readonly executable: string | undefined
  /** What has to be added to the environment of its processes. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * A dbt of one generation, in the version that is locked. Without a Python there is none; where its packages cannot be
 * installed, neither, except in a continuous build (`CI`), where that is an error.
 *
 * @throws Error in a continuous build, when the packages cannot be installed.
 */
export async function dbtEnvironment(name: DbtName): Promise<DbtEnvironment> {
  const title = dbtTitle(name)
  const missing = (why: string): DbtEnvironment => ({
    name,
    title: `${title}: not here, ${why}`,
    executable: undefined,
    env: {},
  })
  const env = dbtVariables(name)
  if (!env) return missing(`there is no DuckDB for ${process.platform} ${process.arch}`)
  const python = await findPython()
  if (!python) return missing('no Python from 3.10 to 3.13 is on the path')
  try {
    const dir = await pythonEnvironment({ python, lock: dbtLock(name), dir: join(root, 'tmp', name) })
    return { name, title, executable: join(dir, 'bin/dbt'), env }
  } catch (error) {
    const why = `its packages could not be installed: ${reasonOf(error as ExecaError)}`
    if (process.env['CI']) throw new Error(`${title}: ${why}`, { cause: error })
    return missing(why)
  }
}

/** pip's own words, of which the last line with ERROR tells most; else how the program ended. */
function reasonOf({ stderr, shortMessage }: ExecaError): string {
  const said =
    typeof stderr === 'string' ? stderr.split('\n').filter((line) => line.startsWith('ERROR: ')) : []
  return said.at(-1)?.replace('ERROR: ', '') ?? shortMessage
}

/** The file that pins the packages of a dbt. */
export function dbtLock(name: DbtName): string {
  return join(root, `${name}.txt`)
}

function dbtTitle(name: DbtName): string {
  const [, project, version] = /^(dbt|dbt-core)==(\S+)/m.exec(readFileSync(dbtLock(name), 'utf8')) ?? []
  return `${project} ${version}`
}

/** Nobody is told of these runs; dbt 2 fetches its DuckDB from elsewhere unless it finds one. */
function dbtVariables(name: DbtName): Record<string, string> | undefined {
  const quiet = { DO_NOT_TRACK: '1', DBT_SEND_ANONYMOUS_USAGE_STATS: 'false' }
  if (name !== 'dbt2') return quiet
  const folder = duckdbFolder()
  if (!folder) return undefined
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH'
  const others = process.env[variable]
  return { ...quiet, [variable]: others ? `${folder}${delimiter}${others}` : folder }
}

/** Where the library of DuckDB is that came with its client for Node. */
function duckdbFolder(): string | undefined {
  const require = createRequire(import.meta.url)
  const bindings = createRequire(require.resolve('@duckdb/node-bindings'))
  const platform = `@duckdb/node-bindings-${process.platform}-${process.arch}`
  return [platform, `${platform}-musl`]
    .flatMap((name) => bindings.resolve.paths(name)!.map((path) => join(path, name)))
    .find((path) => existsSync(join(path, 'duckdb.node')))
}
