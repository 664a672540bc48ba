import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { dbtEnvironment, dbtNames, type DbtEnvironment } from '@levada/python'
import { figureOf, ratioFigure, type Figure } from './figure.ts'
import { median } from './measure.ts'
import { notMeasured } from './python.ts'

const layers = 5
const ofLayer = 60
const database = 'bench.duckdb'

/** Through Levada; dbt alone; dbt alone with the log that Levada has it write. */
const sides = ['ours', 'bare', 'json'] as const
type Side = (typeof sides)[number]

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
    // Of dbt 2 in the time of one of dbt 1.
    else figures.push(...overhead(environment, environment.executable, name === 'dbt2' ? 3 * pairs : pairs))
  }
  return figures
}

function overhead({ title, env }: DbtEnvironment, executable: string, pairs: number): readonly Figure[] {
  const dir = mkdtempSync(join(tmpdir(), 'levada-bench-dbt-'))
  const build = (side: Side): Took => {
    // Each has its own place of what is parsed; those of dbt alone share it, and the second finds it as the first one does.
    const project = join(dir, side === 'ours' ? 'ours' : 'bare')
    for (const file of [database, `${database}.wal`]) rmSync(join(project, file), { force: true })
    const script = join(import.meta.dirname, 'dbt-build.ts')
    const told = execFileSync(process.execPath, [script, side, project, executable], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    })
    return JSON.parse(told) as Took
  }
  try {
    for (const name of ['ours', 'bare'] as const) {
      writeProject(join(dir, name))
      // So that every build that counts finds the project parsed.
      build(name)
    }
    return figuresOf(`dbt: build of ${layers * ofLayer} views with ${title}`, inTurn(pairs, build))
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

type Round = Readonly<Record<Side, Took>>

/** Each side once a round, another one first each time. */
function inTurn(rounds: number, build: (side: Side) => Took): readonly Round[] {
  return Array.from({ length: rounds }, (_, round) => {
    const order = sides.map((_, i) => sides[(round + i) % sides.length]!)
    return Object.fromEntries(order.map((side) => [side, build(side)])) as unknown as Round
  })
}

function figuresOf(what: string, found: readonly Round[]): readonly Figure[] {
  const wall = (name: string, other: 'bare' | 'json'): Figure =>
    ratioFigure(
      `${what}, wall time, against ${name}`,
      'ms',
      1.05,
      found.map((round) => [round.ours.wallMs, round[other].wallMs]),
    )
  return [
    wall('dbt alone', 'bare'),
    wall('dbt alone with the same log', 'json'),
    figureOf(
      `${what}, CPU time of our process, against the wall time of dbt alone`,
      'ms',
      0.05,
      median(found.map(({ ours }) => ours.cpuMs)),
      median(found.map(({ bare }) => bare.wallMs)),
      found.length,
    ),
  ]
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
