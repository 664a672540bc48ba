import { DuckDBInstance } from '@duckdb/node-api'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { benchApp } from './bench-app.ts'
import { figureOf, type Figure } from './figure.ts'
import { runNode, type Cost } from './measure.ts'
import { engineLimit, engineLimitMiB, made } from './memory-rows.ts'

const million = 1_000_000
/** `LEVADA_BENCH_ROWS=2` makes them 2 million, to try things out; the figures say how many there were. */
const wanted = process.env['LEVADA_BENCH_ROWS']
const rows = wanted === undefined ? 50 * million : Number(wanted) * million
const streamed = Math.min(rows, 10 * million)

const config = `import { acceptedValues, asset, between, col, daily, defineApp, definePipeline, merge, node, source, sql, sqlNode } from '@levada/core'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { z } from 'zod'

const schema = z.object({ id: z.int(), day: col.date(), customer: z.int(), amount: z.number(), status: z.string(), changed: z.int() })
const checks = [between('amount', 0, 100_000), acceptedValues('status', ['open', 'paid', 'sent', 'returned'])]
const changes = source('bench.changes', { schema })
const events = asset('bench.events', { schema, key: ['id'], partitions: [daily('day')], checks })
const latest = asset('bench.latest', { schema, key: ['id'], incremental: merge({ by: 'changed' }), checks })
const streamed = asset('bench.streamed', { schema })
const text = sql\`select id, day, customer, amount, status, changed from changes\`
export default defineApp({
  name: 'memory',
  plugins: [duckdb(), parquet()],
  pipelines: [
    definePipeline('memory', {
      nodes: [
        sqlNode('stage', { inputs: { changes }, output: events, sql: text }),
        sqlNode('keep', { inputs: { changes }, output: latest, sql: text }),
        // It asks the engine how many rows there are.
        node('idle', { inputs: { changes }, outputs: {}, run: async ({ changes }) => void (await changes.count()) }),
        node('stream', {
          inputs: { changes },
          outputs: { streamed },
          async run({ changes }, { outputs }) {
            for await (const row of changes.rows()) await outputs.streamed.write({ ...row, amount: row.amount * 2 })
          },
        }),
      ],
    }),
  ],
})
`

/** `id` is made of i, the number of a row. */
async function writeChanges(file: string, count: number, id: string, changed: number): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { preserve_insertion_order: 'false' })
  const connection = await instance.connect()
  await connection.run(`copy (${made(count, id, changed)}) to '${file}' (format parquet)`)
  connection.closeSync()
  instance.closeSync()
}

/** Peak memory of whole processes; each runs once, since it hardly differs from run to run. */
export async function memory(): Promise<readonly Figure[]> {
  using app = benchApp('memory', {
    'levada.config.ts': config,
    'conf/base/catalog.yml': `bench.changes: { type: parquet, path: changes.parquet }
'{domain}.{table}': { type: parquet, path: 'data/{domain}/{table}' }
`,
    'conf/base/resources.yml': `duckdb: { memory_limit: ${engineLimit} }\n`,
  })
  const changes = join(app.dir, 'changes.parquet')
  const run = (asset: string): Promise<Cost> => runNode(app.levada('run', `bench.${asset}`))
  const bare = (what: string, ...stored: readonly string[]): Promise<Cost> => {
    const out = join(app.dir, what)
    mkdirSync(out)
    const script = join(import.meta.dirname, 'memory-script.ts')
    return runNode({ args: [script, what, changes, out, ...stored], cwd: app.dir })
  }
  const forget = (...paths: readonly string[]): void => {
    for (const path of paths) rmSync(join(app.dir, path), { recursive: true, force: true })
  }
  const figures: Figure[] = []
  const tell = (what: string, ours: Cost, other: Cost): void => {
    const name = `memory: ${rows / million}M rows ${what} at an engine limit of ${engineLimit}, peak`
    const beyond = ours.peakMiB - engineLimitMiB
    figures.push(
      figureOf(`${name} less that limit, against 350 MiB`, 'MiB', 1, beyond, 350),
      figureOf(`${name}, against the bare engine`, 'MiB', 1.1, ours.peakMiB, other.peakMiB),
    )
  }

  await writeChanges(changes, streamed, 'i', 1)
  const idle = await runNode(app.levada('run', 'memory/idle'))
  const stream = await run('streamed')
  const name = `memory: ${streamed / million}M rows through a function node, peak`
  figures.push(
    figureOf(
      `${name} less that of a node that does nothing, against 250 MiB`,
      'MiB',
      1,
      stream.peakMiB - idle.peakMiB,
      250,
    ),
    figureOf(`${name} of the whole process, against 250 MiB`, 'MiB', 1, stream.peakMiB, 250),
  )
  forget('data')
  await writeChanges(changes, rows, 'i', 1)
  tell('staged, checked and partitioned', await run('events'), await bare('events'))
  forget('data', 'events')
  await run('latest')
  await bare('latest')
  await writeChanges(changes, rows / 10, 'i * 11', 2)
  const merged = await run('latest')
  const mergedBare = await bare('merge', join(app.dir, 'latest/rows.parquet'))
  tell('with a tenth of them merged by key', merged, mergedBare)
  return figures
}
