import { execFileSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const kedroVersion = '1.7.0'
const dagsterVersion = '1.13.29'
/** DuckDB for Python, of the version of our client. */
const duckdbVersion = '1.5.5'
const polarsVersion = '2.1.0'

/** Other frameworks, as PyPI has them. */
export const peers = {
  kedro: {
    title: `Kedro ${kedroVersion}`,
    packages: [`kedro==${kedroVersion}`, 'kedro-datasets==9.6.0', `polars==${polarsVersion}`],
    computes: `Polars ${polarsVersion}`,
  },
  dagster: {
    title: `Dagster ${dagsterVersion}`,
    packages: [`dagster==${dagsterVersion}`, `duckdb==${duckdbVersion}`],
    computes: `DuckDB ${duckdbVersion}`,
  },
} as const

export interface Peer {
  /** Name and version. */
  readonly title: string
  /** What computes its rows in the benchmark of the pipeline. */
  readonly computes: string
  readonly python: string
  /** The folder of its commands. */
  readonly bin: string
}

/** Why a peer was not measured, in a run of all. */
export const notMeasured: string[] = []

/** A framework in a virtual environment of its own; undefined, and told, when this machine has no Python or cannot fetch it. */
export function peer(name: keyof typeof peers, suite: string): Peer | undefined {
  const { title, packages, computes } = peers[name]
  const dir = join(import.meta.dirname, `../tmp/python-${name}`)
  const bin = join(dir, 'bin')
  const python = join(bin, 'python')
  try {
    if (!existsSync(python)) execFileSync('python3', ['-m', 'venv', dir], { stdio: 'ignore' })
    execFileSync(
      python,
      ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--progress-bar=off', ...packages],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    )
    return { title, computes, python, bin }
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? 'this machine has no python3'
        : 'its packages could not be installed from PyPI'
    const text = `${suite}: not measured against ${title}: ${why}`
    notMeasured.push(text)
    console.error(text)
    rmSync(dir, { recursive: true, force: true })
    return undefined
  }
}
