// no-op-run.ts <app> build | unchanged | act [rounds]: 100 and 10,000 nodes that have nothing to do, of which the runs that follow each other
// in one process take so many microseconds of CPU time for each node, as JSON. `build` makes what is unchanged afterwards.
import { enableCompileCache } from 'node:module'
import type { AnyPipeline, App } from '@levada/core'

enableCompileCache()
const { asset, defineApp, definePipeline, node, source } = await import('@levada/core')
const { openApp, watchStrays } = await import('@levada/core/run')
const { files } = await import('@levada/io-files')
const { parquet } = await import('@levada/io-parquet')
const { duckdb } = await import('@levada/resource-duckdb')
const { z } = await import('zod')

// As the command does.
watchStrays()

const [dir, what, rounds = '3'] = process.argv.slice(2) as [string, 'build' | 'unchanged' | 'act', string?]
const sizes = [100, 10_000] as const

/** Nodes that each write an asset of their own, or that write nothing and so always run. */
function appOf(count: number): App {
  const input = source('no_op.input', { schema: z.object({ id: z.int().nullable() }) })
  const nodes = Array.from({ length: count }, (_, i) =>
    what === 'act'
      ? node(`act-${i}`, { inputs: { input }, run() {} })
      : node(`write-${i}`, {
          outputs: { out: asset(`no_op.asset_${i}`, { schema: z.object({ id: z.int().nullable() }) }) },
          inputs: { input },
          version: '1',
          async run(_inputs, { outputs }) {
            await outputs.out.write({ id: i })
          },
        }),
  )
  const pipelines = [definePipeline('no-op', { nodes: nodes as never }) as AnyPipeline]
  return defineApp({ name: 'no-op', plugins: [duckdb(), parquet(), files()], pipelines } as never) as App
}

const open = (count: number) => openApp(appOf(count), { appDir: dir })

const cpuMicros = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** CPU time of planning and running all so many times over, and of the runs alone: microseconds for each node. */
async function cost(
  session: Awaited<ReturnType<typeof open>>,
  count: number,
  times: number,
): Promise<[number, number]> {
  let all = 0
  let runs = 0
  for (let i = 0; i < times; i++) {
    const started = cpuMicros()
    const plan = await session.plan()
    const planned = cpuMicros()
    const { state } = await session.run(plan)
    const ended = cpuMicros()
    const ran = what === 'act' ? plan.steps.length : plan.skipped.length
    if (ran !== count || state !== (what === 'act' ? 'succeeded' : 'nothing')) throw new Error(`It ${state}`)
    all += ended - started
    runs += ended - planned
  }
  return [all / count / times, runs / count / times]
}

if (what === 'build') {
  await using session = await open(sizes[1])
  const { state } = await session.run(await session.plan())
  if (state !== 'succeeded') throw new Error(`It ${state}`)
} else {
  await using few = await open(sizes[0])
  await using many = await open(sizes[1])
  // As many nodes of each, in turn; the first are not counted.
  const found: Record<'few' | 'many', [number, number][]> = { few: [], many: [] }
  for (let round = 0; round <= Number(rounds); round++) {
    const some = await cost(few, sizes[0], sizes[1] / sizes[0])
    const all = await cost(many, sizes[1], 1)
    if (round === 0) continue
    found.few.push(some)
    found.many.push(all)
  }
  console.log(JSON.stringify(found))
}
