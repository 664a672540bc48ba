import { DuckDBInstance } from '@duckdb/node-api'
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { benchApp } from './bench-app.ts'
import { ratioFigure, type Figure } from './figure.ts'
import { median, runNode, runPython, wallMs, type Cost } from './measure.ts'
import { noOpCosts } from './no-op.ts'
import { byDay, byRoute, clean } from './peers/statements.ts'
import { peer, type Peer } from './python.ts'

const root = join(import.meta.dirname, '../../..')
const raw = join(root, 'apps/flight-delays/node_modules/vega-datasets/data/flights-3m.parquet')
const ofPeers = (file: string): string => join(import.meta.dirname, 'peers', file)
const quiet = { PYTHONWARNINGS: 'ignore', KEDRO_DISABLE_TELEMETRY: '1', DO_NOT_TRACK: '1' }

const config = `import { asset, between, col, defineApp, definePipeline, source, sql, sqlNode } from '@levada/core'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { z } from 'zod'

const raw = source('bench.raw', {
  schema: z.object({ date: col.timestamp(), delay: z.int(), distance: z.int(), origin: z.string(), destination: z.string() }),
})
const flights = asset('bench.flights', {
  schema: z.object({
    departed_at: col.timestamp(), flight_date: col.date(), origin: z.string(), destination: z.string(),
    distance_miles: z.int(), delay_minutes: z.int(),
  }),
  checks: [between('delay_minutes', -120, 1440)],
})
const measures = { flights: z.int(), average_delay_minutes: z.number(), late_share: z.number() }
const daily = asset('bench.daily_airport', {
  schema: z.object({ flight_date: col.date(), origin: z.string(), ...measures }),
  key: ['flight_date', 'origin'],
  checks: [between('late_share', 0, 1)],
})
const route = asset('bench.route', {
  schema: z.object({ origin: z.string(), destination: z.string(), ...measures }),
  key: ['origin', 'destination'],
  checks: [between('late_share', 0, 1)],
})
export default defineApp({
  name: 'peers',
  plugins: [duckdb(), parquet()],
  pipelines: [
    definePipeline('delays', {
      nodes: [
        sqlNode('clean', { inputs: { raw }, output: flights, sql: sql\`${clean}\` }),
        sqlNode('by-day', { inputs: { flights }, output: daily, sql: sql\`${byDay}\` }),
        sqlNode('by-route', { inputs: { flights }, output: route, sql: sql\`${byRoute}\` }),
      ],
    }),
  ],
})
`

type Sides = Readonly<Record<string, () => Promise<Cost>>>

/** All sides one after the other, each time another one first, after one run of each that is not counted. */
async function inTurn(pairs: number, sides: Sides): Promise<Readonly<Record<string, readonly Cost[]>>> {
  const names = Object.keys(sides)
  const found: Record<string, Cost[]> = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = -1; round < pairs; round++)
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + Math.max(round, 0)) % names.length]!
      const cost = await sides[name]!()
      if (round >= 0) found[name]!.push(cost)
    }
  return found
}

/** How many rows each file has that was written. */
async function rowsIn(folder: string): Promise<string> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const found = await connection.runAndReadAll(
    `select file_name, num_rows from parquet_file_metadata('${folder}/**/*.parquet') order by num_rows`,
  )
  connection.closeSync()
  instance.closeSync()
  return found
    .getRows()
    .map(([, rows]) => String(rows))
    .join(', ')
}

/** 3M flights to three Parquet files with six checks, the whole process. */
async function pipeline(
  pairs: number,
  kedro: Peer | undefined,
  dagster: Peer | undefined,
): Promise<readonly Figure[]> {
  using app = benchApp('peers', {
    'levada.config.ts': config,
    'conf/base/catalog.yml': `bench.raw: { type: parquet, path: ${raw} }
'{domain}.{table}': { type: parquet, path: 'data/{domain}/{table}' }
`,
  })
  const made: string[] = []
  const inFolder = (run: (out: string) => Promise<Cost>) => async (): Promise<Cost> => {
    const out = join(app.dir, 'out')
    mkdirSync(out)
    const cost = await run(out)
    made.push(await rowsIn(out))
    rmSync(out, { recursive: true })
    return cost
  }
  const python = (one: Peer, script: string) =>
    inFolder((out) => runPython(one.python, { args: [ofPeers(script), raw, out], cwd: app.dir, env: quiet }))
  const sides: Sides = {
    ours: async () => {
      app.reset()
      const cost = await runNode(app.levada('run'))
      made.push(await rowsIn(join(app.dir, 'data')))
      return cost
    },
    'the bare engine': inFolder((out) => runNode({ args: [ofPeers('script.ts'), raw, out], cwd: app.dir })),
    ...(kedro && { [`${kedro.title} with ${kedro.computes}`]: python(kedro, 'kedro-flights.py') }),
    ...(dagster && { [`${dagster.title} with ${dagster.computes}`]: python(dagster, 'dagster-flights.py') }),
  }
  const { ours, ...others } = await inTurn(pairs, sides)
  if (new Set(made).size > 1)
    throw new Error(`Not all sides make the same rows: ${[...new Set(made)].join(' and ')}`)
  return Object.entries(others).flatMap(([name, costs]) => {
    const isBare = name === 'the bare engine'
    const figure = (what: string, unit: string, bar: number, of: (cost: Cost) => number): Figure =>
      ratioFigure(
        `peers: 3M flights to three assets with six checks, ${what}, against ${name}`,
        unit,
        bar,
        costs.map((cost, i) => [of(ours![i]!), of(cost)]),
      )
    return [
      figure('CPU time', 'ms', isBare ? 1.15 : 1, ({ cpuMs }) => cpuMs),
      figure('wall time', 'ms', isBare ? 1.15 : 1, ({ wallMs: ms }) => ms),
      figure('peak memory', 'MiB', isBare ? 1.1 : 1, ({ peakMiB }) => peakMiB),
    ]
  })
}

/** Nodes that do nothing, run in one process; CPU time of each. */
async function graph(
  pairs: number,
  kedro: Peer | undefined,
  dagster: Peer | undefined,
): Promise<readonly Figure[]> {
  const rounds = Math.min(pairs, 3)
  using app = benchApp('peers-no-op', {})
  const python = (one: Peer, script: string, nodes: number): readonly number[] =>
    JSON.parse(
      execFileSync(one.python, [ofPeers(script), String(nodes), String(rounds), app.dir], {
        encoding: 'utf8',
        env: { ...process.env, ...quiet },
        stdio: ['ignore', 'pipe', 'ignore'],
        maxBuffer: 2 ** 26,
      })
        .trim()
        .split('\n')
        .at(-1)!,
    ) as number[]
  const ours = await noOpCosts(rounds)
  const few = median(ours.few.map(([all]) => all))
  const many = median(ours.many.map(([all]) => all))
  const figure = (name: string, mine: number, others: readonly number[]): Figure =>
    ratioFigure(
      `peers: nodes that do nothing, for each ${name}`,
      'µs',
      1,
      others.map((other) => [mine, other]),
    )
  return [
    ...(kedro
      ? [
          figure(`of 100, against ${kedro.title}`, few, python(kedro, 'kedro-no-op.py', 100)),
          figure(
            `of 10,000, against one of 1,000 of ${kedro.title}`,
            many,
            python(kedro, 'kedro-no-op.py', 1000),
          ),
        ]
      : []),
    ...(dagster
      ? [
          figure(
            `of 100, against ${dagster.title} with its history in SQLite`,
            few,
            python(dagster, 'dagster-no-op.py', 100),
          ),
        ]
      : []),
  ]
}

/** The command alone. */
async function start(pairs: number, peers: readonly (readonly [Peer, string])[]): Promise<readonly Figure[]> {
  using app = benchApp('peers-start', {})
  const figures: Figure[] = []
  for (const [one, command] of peers) {
    const found: [number, number][] = []
    for (let round = -1; round < pairs; round++) {
      const pair: [number, number] = [
        await wallMs(app.levada('--version')),
        await wallMs({ args: ['--version'], cwd: app.dir, env: quiet }, join(one.bin, command)),
      ]
      if (round >= 0) found.push(pair)
    }
    figures.push(ratioFigure(`peers: --version, the whole process, against ${one.title}`, 'ms', 1, found))
  }
  return figures
}

/** The same work in Levada, in the bare engine, in Kedro and in Dagster. */
export async function peers(pairs: number): Promise<readonly Figure[]> {
  const kedro = peer('kedro', 'peers')
  const dagster = peer('dagster', 'peers')
  return [
    ...(await pipeline(pairs, kedro, dagster)),
    ...(await graph(pairs, kedro, dagster)),
    ...(await start(pairs, [
      ...(kedro ? [[kedro, 'kedro'] as const] : []),
      ...(dagster ? [[dagster, 'dagster'] as const] : []),
    ])),
  ]
}
