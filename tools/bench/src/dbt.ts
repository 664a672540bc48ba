import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { dbtEnvironment, dbtNames, type DbtEnvironment } from '@levada/python'
import { figureOf, ratioFigure, type Figure } from './figure.ts'
import { alternate, median } from './measure.ts'
import { notMeasured } from './python.ts'

const layers = 5
const ofLayer = 60
const database = 'bench.duckdb'

/** Through Levada, or dbt alone. */
type Side = 'ours' | 'bare'

interface Took {
  readonly wallMs: number
  /** Of the process that starts dbt, not of dbt. */
  readonly cpuMs: number
}

/** `dbt build` of 300 views through Levada, against dbt that is started alone, with both generations. */
export async function dbt(pairs: number): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const name of dbtNames) {
    const environment = await dbtEnvironment(name)
    if (environment.executable === undefined) notMeasured.push(`dbt: not measured with ${environment.title}`)
    // Eight of dbt 2 in the time of one of dbt 1.
    else
      figures.push(
        ...(await overhead(environment, environment.executable, name === 'dbt2' ? 8 * pairs : pairs)),
      )
  }
  return figures
}

async function overhead(
  { title, env }: DbtEnvironment,
  executable: string,
  pairs: number,
): Promise<readonly Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'levada-bench-dbt-'))
  const build = async (side: Side): Promise<Took> => {
    // Each has its own place of what is parsed.
    const project = join(dir, side)
    for (const file of [database, `${database}.wal`]) rmSync(join(project, file), { force: true })
    const script = join(import.meta.dirname, 'dbt-build.ts')
    const { stdout } = await execa(process.execPath, [script, side, project, executable], { env })
    return JSON.parse(stdout) as Took
  }
  try {
    for (const side of ['ours', 'bare'] as const) {
      writeProject(join(dir, side))
      // So that every build that counts finds the project parsed.
      await build(side)
    }
    const found = await alternate(
      pairs,
      () => build('ours'),
      () => build('bare'),
    )
    const what = `dbt: build of ${layers * ofLayer} views with ${title}`
    return [
      ratioFigure(
        `${what}, wall time, against dbt alone`,
        'ms',
        1.05,
        found.map(([ours, bare]) => [ours.wallMs, bare.wallMs]),
      ),
      figureOf(
        `${what}, CPU time of our process, against the wall time of dbt alone`,
        'ms',
        0.05,
        median(found.map(([ours]) => ours.cpuMs)),
        median(found.map(([, bare]) => bare.wallMs)),
        found.length,
      ),
    ]
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Views in layers; each reads two of the layer below. */
function writeProject(dir: string): void {
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    writeFileSync(join(dir, file), text)
  }
  write(
    'dbt_project.yml',
    "name: bench\nversion: '1.0'\nconfig-version: 2\nprofile: bench\nmodels: { +materialized: view }\n",
  )
  write(
    'profiles.yml',
    `bench: { target: dev, outputs: { dev: { type: duckdb, path: ${database}, threads: 4 } } }\n`,
  )
  for (let layer = 0; layer < layers; layer++)
    for (let i = 0; i < ofLayer; i++) {
      const below = (n: number): string => `{{ ref('m${layer - 1}_${n % ofLayer}') }}`
      const sql =
        layer === 0
          ? `select ${i} as id, ${i} * 1.5 as amount`
          : `select a.id, a.amount + b.amount as amount\nfrom ${below(i)} a cross join ${below(i + 1)} b`
      write(`models/l${layer}/m${layer}_${i}.sql`, `${sql}\n`)
    }
}
