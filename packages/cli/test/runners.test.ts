import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asset, defineApp, definePipeline, sql, sqlNode } from '@levada/core'
import { openApp } from '@levada/core/run'
import { duckdb } from '@levada/resource-duckdb'
import { memory, runnerConformance } from '@levada/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { mortalShop } from './mortal-shop.ts'

const root = join(import.meta.dirname, 'tmp')
for (const runner of ['sequential', 'concurrent', 'threads', 'process'] as const)
  runnerConformance({ describe, test, expect }, { name: `runner '${runner}'`, options: { runner }, root })

describe.each(['threads', 'process'] as const)("runner '%s'", (runner) => {
  const numbers = asset('t.numbers', { schema: z.object({ id: z.int() }) })
  const app = defineApp({
    name: 'inline',
    plugins: [duckdb(), memory()],
    pipelines: [
      definePipeline('t', {
        nodes: [sqlNode('count', { inputs: {}, output: numbers, sql: sql`select 1 as id` })],
      }),
    ],
  })
  const folder = (): string => {
    mkdirSync(root, { recursive: true })
    const dir = mkdtempSync(join(root, 'inline-'))
    mkdirSync(join(dir, 'conf/base'), { recursive: true })
    writeFileSync(join(dir, 'conf/base/catalog.yml'), "'{domain}.{table}': { type: memory }\n")
    return dir
  }

  test('J10: an app that workers cannot import again is refused before anything runs', async () => {
    const appDir = folder()
    await using session = await openApp(app, { appDir })
    const plan = await session.plan()
    await expect(session.run(plan, { runner })).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: `The runner '${runner}' cannot run the app 'inline': workers import it again, and no levada.config.ts in ${appDir} exports it.`,
    })
    rmSync(appDir, { recursive: true })
  })

  test('J10: an asset in memory that workers would not share is refused by name', async () => {
    using shop = mortalShop()
    shop.write(
      'levada.config.ts',
      `import { defineApp } from '@levada/core'
import { files } from '@levada/io-files'
import { duckdb } from '@levada/resource-duckdb'
import { memory } from '@levada/testing'
import { orders } from './pipelines.ts'
export default defineApp({ name: 'shop', plugins: [duckdb(), memory(), files()], pipelines: [orders] })
`,
    )
    shop.write(
      'conf/base/catalog.yml',
      'shop.raw_orders: { type: csv, path: landing/orders.csv }\n"{domain}.{table}": { type: memory }\n',
    )
    const { code, err } = await shop.levada('run', '--runner', runner)
    expect(code).toBe(2)
    expect(err).toContain(
      `error NOT_SUPPORTED The runner '${runner}' cannot run the app 'shop': workers do not see the memory that holds shop.orders, shop.report, shop.totals.`,
    )
  })
})

test('a worker that dies fails its step, and the run goes on without it', async () => {
  using shop = mortalShop({ 'kill shop.totals': '' })
  const { code, out } = await shop.levada('run', '--runner', 'process')
  expect(code).toBe(1)
  expect(out).toContain(
    "error WORKER_DIED Step 'orders/total': what ran it was ended by SIGKILL before it had a result.",
  )
  expect(out).toContain('orders/total failed')
  rmSync(join(shop.dir, 'kill shop.totals'))
  // It had published.
  const resumed = await shop.levada('run', '--resume', 'latest', '--runner', 'process')
  expect(resumed.out).toContain('1 step left, 3 done')
  expect(resumed.code).toBe(0)
})

test.each(['sequential', 'concurrent', 'threads', 'process'])(
  "U10: what need not run does not under runner '%s': nothing changed, an input did, a param did, a node failed",
  async (runner) => {
    using shop = mortalShop()
    const ran = async (...words: string[]): Promise<Record<string, string>> => {
      const { out } = await shop.levada('run', '--runner', runner, '--json', ...words)
      const events = out.split('\n').map((line) => JSON.parse(line) as Record<string, string>)
      return Object.fromEntries(
        events.flatMap(({ type, step_id: step, state, skip_reason: why }) =>
          type === 'step_finished' && step!.startsWith('orders/') ? [[step!.slice(7), why ?? state!]] : [],
        ),
      )
    }
    const [did, same] = ['succeeded', 'unchanged']
    expect(await ran()).toEqual({ stage: did, total: did, send: did })
    expect(await ran()).toEqual({ stage: same, total: same, send: same })
    shop.write('landing/orders.csv', 'id,day,customer,amount\n1,2026-01-01,ann,11\n')
    expect(await ran()).toEqual({ stage: did, total: did, send: did })
    expect(await ran('--param', 'orders.factor=1')).toEqual({ stage: same, total: same, send: same })
    expect(await ran('--param', 'orders.factor=13')).toEqual({ stage: same, total: did, send: did })
    shop.write('down', '')
    expect(await ran()).toEqual({ stage: same, total: did, send: 'failed' })
    rmSync(join(shop.dir, 'down'))
    expect(await ran()).toEqual({ stage: same, total: same, send: did })
    expect(await ran('--partition', '2026-01-01', '--force', 'shop.orders')).toEqual({ stage: did })
  },
)
