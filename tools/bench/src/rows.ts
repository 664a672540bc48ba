import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { benchApp } from './bench-app.ts'
import { ratioFigure, type Figure } from './figure.ts'
import { alternate, median, runNode } from './measure.ts'

const count = 3_000_000
const script = join(import.meta.dirname, 'rows-script.ts')

const config = `import { asset, col, defineApp, definePipeline, node, source } from '@levada/core'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { z } from 'zod'
import { madeRow } from '${join(import.meta.dirname, 'made-row.ts')}'

const flights = source('bench.flights', {
  schema: z.object({
    id: z.int(), at: col.timestamp(), day: col.date(), origin: z.string(), destination: z.string(),
    delay: z.int().nullable(), distance: z.number().nullable(), cancelled: z.boolean().nullable(), note: z.string().nullable(),
  }),
})
const made = asset('bench.made', {
  schema: z.object({
    id: z.int(), day: col.date(), origin: z.string(), delay: z.int().nullable(), distance: z.number().nullable(),
  }),
})
const read = node('read', {
  inputs: { flights },
  outputs: {},
  async run({ flights }, { log }) {
    let sum = 0
    for await (const row of flights.rows()) sum += row.delay ?? 0
    log.info('read', { sum })
  },
})
const write = node('write', {
  inputs: {},
  outputs: { made },
  async run(_, { outputs }) {
    for (let i = 0; i < ${count}; i++) await outputs.made.write(madeRow(i))
  },
})
export default defineApp({
  name: 'rows',
  plugins: [duckdb(), parquet()],
  pipelines: [definePipeline('reader', { nodes: [read] }), definePipeline('writer', { nodes: [write] })],
})
`

async function writeFlights(file: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(
    `copy (select i as id, timestamp '2001-01-01' + to_minutes(i % 260000) as at, cast('2001-01-01' as date) + cast(i % 182 as int) as day,
       'A' || (i % 200) as origin, 'B' || (i % 199) as destination,
       case when i % 10 = 3 then null else i % 300 - 60 end as delay,
       case when i % 10 = 7 then null else i % 2500 + 0.5::double end as distance,
       case when i % 50 = 1 then null else i % 97 = 0 end as cancelled,
       case when i % 3 = 0 then null else 'note number ' || (i % 1000) end as note
     from range(${count}) as r(i)) to '${file}' (format parquet)`,
  )
  connection.closeSync()
  instance.closeSync()
}

/** Rows between the engine and TypeScript, in whole processes: a function node against the client's own ways. */
export async function rows(pairs: number): Promise<readonly Figure[]> {
  using app = benchApp('rows', {
    'levada.config.ts': config,
    'conf/base/catalog.yml': `bench.flights: { type: parquet, path: flights.parquet }
'{domain}.{table}': { type: parquet, path: 'data/{domain}/{table}' }
`,
  })
  const flights = join(app.dir, 'flights.parquet')
  await writeFlights(flights)
  const reading = await alternate(
    pairs,
    () => runNode(app.levada('run', 'pipeline:reader')),
    () => runNode({ args: [script, 'read', flights], cwd: app.dir }),
  )
  const writing = await alternate(
    pairs,
    () => {
      app.reset()
      return runNode(app.levada('run', 'bench.made'))
    },
    () => runNode({ args: [script, 'write', join(app.dir, 'made.parquet'), String(count)], cwd: app.dir }),
  )
  const peak = median(reading.map(([{ peakMiB }]) => peakMiB))
  return [
    ratioFigure(
      'rows: 3M rows with NULLs into a function node, against the client’s row iterator (at least 4× as fast)',
      'ms',
      1 / 4,
      reading.map(([a, b]) => [a.cpuMs, b.cpuMs]),
    ),
    {
      name: 'rows: peak memory of that, against 250 MiB',
      unit: 'MiB',
      ours: peak,
      other: 250,
      ratio: peak / 250,
      bar: 1,
      ok: peak <= 250,
      pairs,
    },
    ratioFigure(
      'rows: 3M rows of a function node into an asset, against the bare appender (at least 0.8× as fast)',
      'ms',
      1 / 0.8,
      writing.map(([a, b]) => [a.cpuMs, b.cpuMs]),
    ),
  ]
}
