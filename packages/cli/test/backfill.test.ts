import { expect, test } from 'vitest'
import { project, shopWith, type Project } from './project.ts'

const pipelines = `
import { asset, between, col, daily, definePipeline, source, sql, sqlNode } from '@levada/core'
import { z } from 'zod'
const row = { id: z.int(), day: col.date(), amount: z.number() }
const raw = source('shop.raw_orders', { schema: z.object(row) })
const loaded = asset('shop.loaded', { schema: z.object(row), partitions: [daily('day', { start: '2026-01-01', end: '2026-01-11' })] })
const orders = asset('shop.orders', {
  schema: z.object(row), partitions: [daily('day', { start: '2026-01-01' })], checks: [between('amount', 0, 100)],
})
export const customers = undefined
export const orders_ = definePipeline('orders', { nodes: [
  sqlNode('load', { inputs: { raw }, output: loaded, sql: sql\`select * from raw where day >= $partition_start and day < $partition_end\` }),
  sqlNode('stage', { inputs: { loaded }, output: orders, sql: sql\`select * from loaded\` }),
] })
`
const csv = (bad: readonly number[] = []): string =>
  [
    'id,day,amount',
    ...Array.from(
      { length: 10 },
      (_, i) => `${i + 1},2026-01-${String(i + 1).padStart(2, '0')},${bad.includes(i + 1) ? 1000 : 10}`,
    ),
  ].join('\n')
const shop = (bad: readonly number[] = []): Project =>
  project(
    shopWith({
      'pipelines.ts': pipelines,
      'levada.config.ts': `
import { defineApp } from '@levada/core'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { orders_ } from './pipelines.ts'
export default defineApp({ name: 'shop', plugins: [duckdb(), parquet(), files()], pipelines: [orders_] })
`,
      'landing/orders.csv': csv(bad),
      'conf/base/catalog.yml':
        'shop.raw_orders: { type: csv, path: landing/orders.csv }\n"shop.{table}": { type: parquet, path: "data/{table}" }\n',
    }),
  )
const range = ['--partition', '2026-01-01..2026-01-10', '--chunk', '3'] as const
interface Report {
  nodes: {
    node: string
    asked: number
    to_write: number
    chunks: { step: string; count: number; reason: string }[]
  }[]
  others: { step: string; reason: string }[]
}
const report = async (app: Project, ...words: string[]): Promise<Report> =>
  JSON.parse((await app.levada('backfill', ...words, '--dry-run', '--json')).out) as Report

test('a backfill writes in chunks, and one that failed is all that the next writes', async () => {
  using app = shop([5])
  const missing = await report(app, '+shop.orders', ...range)
  expect(missing.nodes.map(({ node, asked, to_write }) => [node, asked, to_write])).toEqual([
    ['orders/load', 10, 10],
    ['orders/stage', 10, 10],
  ])
  expect(missing.nodes[1]!.chunks.map(({ step }) => step)).toEqual([
    'orders/stage@2026-01-01..2026-01-03',
    'orders/stage@2026-01-04..2026-01-06',
    'orders/stage@2026-01-07..2026-01-09',
    'orders/stage@2026-01-10',
  ])
  const first = await app.levada('backfill', '+shop.orders', ...range)
  expect(first.code).toBe(1)
  expect(first.out).toContain('20 of 20 partitions to write, in 8 steps.')
  expect(first.out).toMatch(/✗ orders\/stage@2026-01-04\.\.2026-01-06/)
  expect(first.out).toMatch(/✓ orders\/stage@2026-01-10/)
  expect(first.out).toMatch(
    /\n\nLeft to write: 3 partitions, in 1 step\.\n {2}orders\/stage {2}day=2026-01-04\.\.2026-01-06 failed\nRun the same command again to go on/,
  )

  app.write('landing/orders.csv', csv())
  expect((await app.levada('run', 'shop.loaded', '--partition', '2026-01-05')).code).toBe(0)
  const rest = await report(app, 'shop.orders', ...range)
  expect(rest.nodes[0]).toMatchObject({
    asked: 10,
    to_write: 3,
    chunks: [{ step: 'orders/stage', count: 3 }],
  })
  const second = await app.levada('backfill', 'shop.orders', ...range)
  expect(second.out).toContain('3 of 10 partitions to write, in 1 step.')
  expect(second.code).toBe(0)
  const third = await app.levada('backfill', 'shop.orders', ...range)
  expect(third.out).toContain('10 partitions of 1 node: all there.')
  expect(third.code).toBe(0)
  const rows = await app.levada('query', 'select count(*)::int as n from shop.orders', '--json')
  expect(JSON.parse(rows.out)).toEqual([{ n: 10 }])
})

test('--dry-run says why each chunk is written, and which steps have no partitions', async () => {
  using app = shop()
  const days = (from: number, to: number) => ['--partition', `2026-01-0${from}..2026-01-0${to}`]
  expect((await app.levada('backfill', '+shop.orders', ...days(1, 6))).code).toBe(0)
  const { code } = await app.levada('run', 'shop.loaded', '--force', ...days(4, 8))
  expect(code).toBe(0)
  app.write(
    'pipelines.ts',
    pipelines
      .replace(
        'export const customers',
        "const sums = asset('shop.sums', { schema: z.object({ n: z.int() }) })\n$&",
      )
      .replace(
        '{ nodes: [',
        "$& sqlNode('sum', { inputs: { orders }, output: sums, sql: sql`select count(*) as n from orders` }),",
      ),
  )
  const words = ['shop.orders+', ...days(1, 9), '--chunk', '3'] as const
  const { nodes, others } = await report(app, ...words)
  expect(nodes[0]!.chunks.map(({ step, reason }) => [step, reason])).toEqual([
    ['orders/stage@2026-01-04..2026-01-06', 'shop.loaded changed'],
    ['orders/stage@2026-01-07..2026-01-09', 'missing'],
  ])
  expect(others).toEqual([{ step: 'orders/sum', reason: 'missing' }])
  const { out } = await app.levada('backfill', ...words, '--dry-run')
  expect(out).toContain('6 of 9 partitions to write, in 2 steps and 1 step without partitions.')
  expect(out).toContain('\n\nWithout partitions\n  orders/sum missing')
})

test('--limit writes the first chunks of each node, and what reads others waits with them', async () => {
  using app = shop()
  app.write(
    'pipelines.ts',
    pipelines
      .replace('const orders = ', 'const weeks = ')
      .replace("'shop.orders'", "'shop.weeks'")
      .replace(
        "partitions: [daily('day', { start: '2026-01-01' })]",
        "partitions: [weekly('day', { start: '2025-12-29' })]",
      )
      .replace('output: orders', 'output: weeks')
      .replace('daily, ', 'daily, weekly, '),
  )
  const chunks = ['--partition', '2026-01-01..2026-01-10', '--chunk', '1', '--limit', '4'] as const
  const four = await report(app, ...chunks)
  // The second of two weeks reads days that are beyond the limit; so does the first.
  expect(four.nodes).toMatchObject([
    { node: 'orders/load', asked: 10, to_write: 4, later: 6 },
    { node: 'orders/stage', asked: 2, to_write: 1, later: 1 },
  ])
  expect(four.nodes[0]!.chunks.map(({ step }) => step)).toEqual(
    [1, 2, 3, 4].map((day) => `orders/load@2026-01-0${day}`),
  )
  const { out, code } = await app.levada('backfill', ...chunks)
  expect(code).toBe(0)
  expect(out).toContain('5 of 12 partitions to write, in 5 steps; 7 more are left for later.')
  expect(out).toContain(
    'orders/load  day=2026-01-05; day=2026-01-06; day=2026-01-07 … and 3 steps more, up to day=2026-01-10 beyond --limit',
  )
  expect((await app.levada('backfill', ...chunks)).out).toContain('4 of 12 partitions to write')
  expect((await app.levada('backfill', ...chunks)).out).toContain('3 of 12 partitions to write, in 3 steps.')
})

test('--max-failures starts no more chunks after so many have failed', async () => {
  using app = shop([1, 2, 3, 4, 5, 6, 7])
  await app.levada('run', 'shop.loaded')
  const words = [
    'shop.orders',
    '--partition',
    '2026-01-01..2026-01-10',
    '--chunk',
    '1',
    '--runner',
    'sequential',
  ]
  const { out, code } = await app.levada('backfill', ...words, '--max-failures', '2')
  expect(code).toBe(1)
  expect(out.match(/✗/g)).toHaveLength(2)
  expect(out).toContain('steps: 2 failed, 8 skipped')
  expect(out).toContain('Left to write: 10 partitions, in 10 steps.')
  expect(out).toContain('orders/stage  day=2026-01-01; day=2026-01-02 failed')
  expect(out).toContain(
    'orders/stage  day=2026-01-03; day=2026-01-04; day=2026-01-05 … and 5 steps more, up to day=2026-01-10 not begun',
  )
  const id = /\nrun (\S+) ·/.exec(out)![1]!
  expect((await app.levada('runs', id)).out).toContain('too many failed')
})

test('days that changed here and there are written in a step for each piece of time', async () => {
  using app = shop()
  await app.levada('backfill', ...range)
  app.write('landing/orders.csv', csv().replaceAll(/,10$/gm, ',20'))
  await app.levada('run', 'shop.loaded', '--partition', '2026-01-02')
  await app.levada('run', 'shop.loaded', '--partition', '2026-01-08..2026-01-09')
  const { out, code } = await app.levada('run', 'shop.orders', '--partition', '2026-01-01..2026-01-10')
  expect(out).toContain('✓ orders/stage@2026-01-02 ')
  expect(out).toContain('✓ orders/stage@2026-01-08..2026-01-09 ')
  expect(code).toBe(0)
  const rows = await app.levada('query', 'select sum(amount)::int as n from shop.orders', '--json')
  expect(JSON.parse(rows.out)).toEqual([{ n: 130 }])
})

test('Q8: without a range a backfill ends with the last day that is over; --partition may name today', async () => {
  using app = shop()
  await app.levada('run')
  const today = new Date().toISOString().slice(0, 10)
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)
  const { nodes } = await report(app, 'shop.orders', '--chunk', '100000')
  expect(nodes[0]!.asked).toBe(Math.round((Date.parse(today) - Date.parse('2026-01-01')) / 86_400_000))
  const open = await app.levada(
    'backfill',
    'shop.orders',
    '--partition',
    '2026-01-05..',
    '--dry-run',
    '--force',
  )
  expect(open.out).toContain(`..${yesterday}`)
  const named = await app.levada('plan', 'shop.orders', '--partition', today, '--force')
  expect(named.out).toContain(`writes shop.orders partition day=${today}`)
  const bounded = await report(app, 'shop.loaded')
  expect(bounded.nodes[0]!.asked).toBe(10)
})

test.each<[string[], string, string]>([
  [['--partition', '2026-01-05..2026-01-01'], 'PARTITION_UNKNOWN', 'is reversed'],
  [['--partition', '2999-01-01..'], 'PARTITION_UNKNOWN', 'from 2999-01-01 on is over yet'],
  [['shop.orders', '--partition', '2999-01-01'], 'PARTITION_UNKNOWN', 'lies in the future'],
  [['shop.orders', '--partition', 'day=x..'], 'PARTITION_UNKNOWN', "'x' is not a day"],
  [['--chunk', '0'], 'USAGE', '--chunk 0 is not a number of partitions'],
  [['--chunk', 'many'], 'USAGE', '--chunk many'],
  [['--limit', '0'], 'USAGE', '--limit 0 is not a number of steps'],
  [['--max-failures', '-1'], 'USAGE', '--max-failures -1 is not a number of steps'],
])('levada backfill %j is refused', async (words, code, says) => {
  using app = shop()
  const outcome = await app.levada('backfill', ...words)
  expect(outcome.code).toBe(2)
  expect(outcome.err).toContain(code)
  expect(outcome.err).toContain(says)
})

test('a backfill that cannot go on says which backfill to run anew', async () => {
  using app = shop([5])
  const words = ['shop.orders', '--partition', '2026-01-01..', '--chunk', '200'] as const
  await app.levada('run', 'shop.loaded')
  expect((await app.levada('backfill', ...words)).code).toBe(1)
  app.write('pipelines.ts', pipelines.replace('select * from loaded', 'select id, day, amount from loaded'))
  const { err } = await app.levada('run', '--resume', 'latest')
  const anew = 'levada backfill shop.orders --partition 2026-01-01.. --chunk 200'
  expect(err).toContain(
    `Run it anew, which leaves out what is done and unchanged: ${anew} (levada explain CODE_CHANGED)`,
  )
})

test('more partitions than a manifest can list are refused with their count and a way out', async () => {
  using app = shop()
  app.write('pipelines.ts', pipelines.replace("{ start: '2026-01-01' }", "{ start: '1700-01-01' }"))
  const { code, err } = await app.levada('backfill', 'shop.orders')
  expect(code).toBe(2)
  expect(err).toMatch(/These are 1\d{5} partitions of 'shop\.orders'; a backfill writes 100000 at most/)
  expect(err).toContain('Name a shorter range')
})

test('what a run of all left without rows is no more to be written, until something is there for it', async () => {
  using app = shop()
  app.write('landing/orders.csv', csv().replaceAll('2026-01-05', '2026-01-07'))
  await app.levada('run')
  const until = ['--partition', '2026-01-01..2026-02-04'] as const
  expect((await app.levada('backfill', 'shop.orders', ...until)).out).toContain(
    '35 partitions of 1 node: all there.',
  )
  const few = await app.levada('backfill', '--partition', '2026-01-01..2026-01-10', '--only-missing')
  expect(few.out).toContain('20 partitions of 2 nodes: all there.')

  app.write('landing/orders.csv', csv())
  await app.levada('run', 'shop.loaded', '--partition', '2026-01-05')
  const { nodes } = await report(app, 'shop.orders', ...until, '--only-missing')
  expect(nodes).toMatchObject([{ asked: 35, to_write: 1, chunks: [{ step: 'orders/stage' }] }])
  expect((await app.levada('backfill', 'shop.orders', ...until)).out).toContain(
    '1 of 35 partitions to write, in 1 step.',
  )
})

test('a dry run of many chunks prints some, and how many more there are', async () => {
  using app = shop()
  await app.levada('backfill', ...range)
  const { out } = await app.levada(
    'backfill',
    'shop.orders',
    '--partition',
    '2026-01-01..2026-02-04',
    '--chunk',
    '1',
    '--dry-run',
  )
  expect(out).toContain('25 of 35 partitions to write, in 25 steps.')
  expect(out.split('\n').filter((line) => line.includes('missing'))).toHaveLength(20)
  expect(out).toMatch(/day=2026-01-30 .*\n {2}… and 5 steps more, up to day=2026-02-04$/)
})
