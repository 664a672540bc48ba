// plan-graph.ts <app> <nodes> plain | daily [selection] [partitions]: declares so many nodes, opens the app, plans, and prints milliseconds as JSON.
import { enableCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { AnyAsset, AnyPipeline, App } from '@levada/core'

enableCompileCache()
const { asset, col, daily, defineApp, definePipeline, expects, sql, sqlNode } = await import('@levada/core')
const { openApp } = await import('@levada/core/run')
const { parquet } = await import('@levada/io-parquet')
const { duckdb } = await import('@levada/resource-duckdb')
const { z } = await import('zod')

const [dir, nodes, kind, selection = '', partition] = process.argv.slice(2) as [
  string,
  string,
  'plain' | 'daily',
  string?,
  string?,
]
const count = Number(nodes)
const inPipeline = 100

/** Pipelines of 100 nodes. Each node reads one made before it here, and one of an earlier pipeline by an expectation. */
function largeApp(): App {
  const pipelines: AnyPipeline[] = []
  // Names that are written in code are one string wherever they stand, as keys of an object are.
  const names = Object.keys(
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`large.asset_${i}`, 0])),
  )
  const schema = () => z.object({ day: col.date(), id: z.int(), name: z.string() })
  for (let first = 0; first < count; first += inPipeline) {
    const own: AnyAsset[] = []
    const list: unknown[] = []
    for (let i = first; i < Math.min(count, first + inPipeline); i++) {
      const output = asset(names[i]!, {
        schema: schema(),
        ...(kind === 'daily' && { partitions: [daily('day')] }),
      })
      const inputs = {
        ...(i > first && { a: own[(i - first) >> 1]! }),
        ...(first > 0 && { b: expects(names[(i * 7919) % first]!, schema()) }),
      }
      own.push(output)
      list.push(
        sqlNode(`node-${i}`, {
          inputs: inputs as never,
          output: output as never,
          sql: sql`select * from a`,
        }),
      )
    }
    pipelines.push(definePipeline(`large-${first / inPipeline}`, { nodes: list as never }) as AnyPipeline)
  }
  return defineApp({ name: 'large', plugins: [duckdb(), parquet()], pipelines } as never) as App
}

const started = performance.now()
const app = largeApp()
// What declaring left behind is not counted either: whether it is collected in the middle of a plan is chance.
setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
collectGarbage()
const declared = performance.now()
await using session = await openApp(app, { appDir: dir })
const opened = performance.now()
const plan = await session.plan(selection, partition === undefined ? {} : { partition })
const planned = performance.now()
if (plan.steps.length === 0) throw new Error('Nothing is planned')
console.log(
  JSON.stringify({
    declareMs: declared - started,
    composeMs: opened - declared,
    planMs: planned - opened,
    steps: plan.steps.length,
  }),
)
