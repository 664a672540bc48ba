import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventSchema } from '@levada/core/run'
import { describe, expect, test } from 'vitest'
import { project, shop, shopWith, type Project } from './project.ts'

const badOrders = 'id,day,customer,amount\n1,2026-01-01,ann,10\n2,2026-01-01,bob,5000\n3,2026-01-02,ann,-7\n'
const events = (out: string): { type: string; [key: string]: unknown }[] =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string })
const rows = async (app: Project, sql: string): Promise<unknown> =>
  JSON.parse((await app.levada('query', sql, '--json')).out)

describe('levada run', () => {
  test('runs everything, then tells rows, checks and where the data is', async () => {
    using app = project(shop)
    const { code, out } = await app.levada('run')
    expect(code).toBe(0)
    expect(out).toContain('✓ orders/stage · shop.orders: 3 rows in 2 partitions')
    expect(out).toContain('warn shop.orders between(amount, 0, 500): 1 of 3 rows fails')
    expect(out).toMatch(/shop\.totals +2 +new .* version 1 +data\/shop\/totals/)
    expect(out).toContain('succeeded')
    expect(await rows(app, 'select * from shop.totals order by day')).toEqual([
      { day: '2026-01-01', orders: '2', amount: 30.5 },
      { day: '2026-01-02', orders: '1', amount: 600 },
    ])
  })

  test('a second run says what it replaced', async () => {
    using app = project(shop)
    await app.levada('run')
    app.write('landing/orders.csv', 'id,day,customer,amount\n1,2026-01-01,ann,10\n')
    const { out } = await app.levada('run', '--force')
    expect(out).toMatch(/shop\.orders +1 +-2, 1 partition dropped .* version 2/)
    expect(out).toMatch(/shop\.customers +2 +same count .* version 2/)
  })

  test('a failed check of severity error keeps the previous version, skips what depends on it and finishes the rest', async () => {
    using app = project(shop)
    await app.levada('run')
    const before = await rows(app, 'select * from shop.orders order by id')
    app.write('landing/orders.csv', badOrders)
    const { code, out } = await app.levada('run', '--force')
    expect(code).toBe(1)
    expect(out).toContain('error shop.orders between(amount, 0, 1000): 2 of 3 rows fail')
    expect(out).toContain('{"id":2,"day":"2026-01-01","customer":"bob","amount":5000}')
    expect(out).toContain('levada show shop.orders --failed')
    expect(out).toContain('- orders/total skipped: orders/stage failed')
    expect(out).toContain('✓ customers/stage-customers')
    expect(await rows(app, 'select * from shop.orders order by id')).toEqual(before)
    const failed = await app.levada('show', 'shop.orders', '--failed')
    expect(failed.out).toMatch(/2 +2026-01-01 +bob +5000/)
    expect(failed.out).toMatch(/3 +2026-01-02 +ann +-7/)
    const [kept] = JSON.parse((await app.levada('show', 'shop.orders', '--failed', '--json')).out) as [
      { files: string[] },
    ]
    expect(kept.files).toHaveLength(1)
  })

  test('--partition rewrites exactly the files of that day', async () => {
    using app = project(shop)
    await app.levada('run')
    const files = async (): Promise<string[]> =>
      (await app.levada('show', 'shop.orders', '--files')).out.split('\n')
    const before = await files()
    app.write(
      'landing/orders.csv',
      'id,day,customer,amount\n1,2026-01-01,ann,10\n2,2026-01-01,bob,20.5\n3,2026-01-02,ann,1\n4,2026-01-02,bob,2\n',
    )
    const { code } = await app.levada('run', 'shop.orders', '--partition', '2026-01-02')
    expect(code).toBe(0)
    const after = await files()
    expect(after.filter((file) => file.includes('day=2026-01-01'))).toEqual(
      before.filter((file) => file.includes('day=2026-01-01')),
    )
    expect(after.filter((file) => !before.includes(file))).toHaveLength(1)
    expect(await rows(app, 'select id from shop.orders order by id')).toEqual([
      { id: '1' },
      { id: '2' },
      { id: '3' },
      { id: '4' },
    ])
  })

  test('rows outside of the partition fail the step', async () => {
    using app = project(shopWith({ 'stage.sql': 'select * from raw' }))
    const { code, out } = await app.levada('run', 'shop.orders', '--partition', '2026-01-02')
    expect(code).toBe(1)
    expect(out).toContain(
      "error ROW_OUT_OF_RANGE 2 rows of 'shop.orders' lie outside day=2026-01-02: day=2026-01-01.",
    )
  })

  test('--json prints one event per line, and the log has run id, pipeline and node on its lines', async () => {
    using app = project(shop)
    const { out } = await app.levada('run', '--json')
    const list = events(out)
    expect(list[0]!.type).toBe('run_started')
    expect(list.at(-1)).toMatchObject({ type: 'run_finished', state: 'succeeded' })
    const [runId] = readdirSync(join(app.dir, '.levada/runs'))
    const log = events(readFileSync(join(app.dir, '.levada/runs', runId!, 'log.jsonl'), 'utf8'))
    expect(log.map(({ type }) => type)).toEqual(list.map(({ type }) => type))
    for (const event of list) expect(eventSchema.parse(event)).toEqual(event)
    for (const event of log) {
      expect(event['run_id']).toBe(runId)
      if (!event.type.startsWith('run_'))
        expect(event).toMatchObject({ pipeline: expect.any(String), node: expect.any(String) })
    }
  })

  test.each([
    ['an asset', ['run', 'shop.customers'], ['source:shop.raw_customers', 'customers/stage-customers']],
    ['a tag', ['run', '--tags', 'nightly'], ['source:shop.raw_orders', 'orders/stage']],
    ['a job', ['run', '--job', 'nightly'], ['source:shop.raw_orders', 'orders/stage', 'orders/total']],
    [
      '--assets',
      ['run', '--assets', 'shop.customers,shop.orders'],
      ['source:shop.raw_orders', 'source:shop.raw_customers', 'orders/stage', 'customers/stage-customers'],
    ],
    [
      'several, but for one',
      [
        'run',
        'pipeline:orders',
        'customers/stage-customers',
        '--exclude',
        'tag:nightly',
        '--exclude',
        'total',
      ],
      ['source:shop.raw_customers', 'customers/stage-customers'],
    ],
    [
      'all that is made from a source',
      ['run', 'shop.raw_orders+'],
      ['source:shop.raw_orders', 'orders/stage', 'orders/total'],
    ],
    [
      'all that an asset is made from',
      ['run', '+shop.totals'],
      ['source:shop.raw_orders', 'orders/stage', 'orders/total'],
    ],
  ])('selects %s', async (_, args, steps) => {
    using app = project(shop)
    const { out } = await app.levada(...args, '--json')
    expect(events(out)[0]!['steps']).toEqual(steps)
  })

  test('params: --param wins over parameters.yml', async () => {
    using app = project(shopWith({ 'conf/base/parameters.yml': 'orders: { factor: 2 }\n' }))
    await app.levada('run')
    expect(await rows(app, 'select amount from shop.totals order by day limit 1')).toEqual([{ amount: 61 }])
    await app.levada('run', '--param', 'orders.factor=10')
    expect(await rows(app, 'select amount from shop.totals order by day limit 1')).toEqual([{ amount: 305 }])
  })

  test('an app that does not own an asset is told', async () => {
    using app = project(shop)
    await app.levada('run')
    app.write('levada.config.ts', shop['levada.config.ts']!.replace("name: 'shop'", "name: 'rival'"))
    const { code, err } = await app.levada('run', 'shop.customers')
    expect(code).toBe(2)
    expect(err).toContain('FOREIGN_ASSET')
  })
})

describe('bad words', () => {
  test('a partition that does not exist is told, and nothing that follows from it', async () => {
    using app = project(shop)
    const { code, err } = await app.levada('run', 'pipeline:orders', '--partition', '2026-13-01')
    expect([code, err.match(/error [A-Z_]+/g)]).toEqual([2, ['error PARTITION_UNKNOWN']])
  })

  test.each([
    [['run', 'shop.order'], 'SELECTION_UNKNOWN', "Did you mean 'shop.orders'?"],
    [['run', 'shop.x*'], 'SELECTION_UNKNOWN', "matches 'shop.x*'"],
    [['run', 'shop.orders, shop.totals'], 'SELECTION_SYNTAX', 'selection:1:12'],
    [['run', ''], 'SELECTION_SYNTAX', 'Leave it out'],
    [
      ['run', 'shop.orders,shop.customers'],
      'SELECTION_EMPTY',
      "'shop.orders,shop.customers' selects nothing",
    ],
    [['run', 'pipeline:order'], 'SELECTION_UNKNOWN', "Did you mean 'orders'?"],
    [['run', '--env', 'prd'], 'ENV_UNKNOWN', 'prd'],
    [['run', '--param', 'orders.facter=1'], 'PARAM_UNKNOWN', "Did you mean 'factor'?"],
    [['run', '--param', 'orders.factor=x'], 'PARAM_INVALID', 'orders.factor'],
    [['run', '--param', 'factor=1'], 'USAGE', 'pipeline.name=value'],
    [['run', '--partition', 'yesterday'], 'PARTITION_UNKNOWN', "'yesterday' is not a day"],
    [
      ['run', 'shop.customers', '--partition', '2026-01-01'],
      'PARTITION_UNKNOWN',
      "'shop.customers' is not partitioned",
    ],
    [['run', '2026-01-01'], 'SELECTION_SYNTAX', 'by an option: --partition 2026-01-01'],
    [
      ['plan', 'shop.orders', '2026-01-01..2026-01-02'],
      'SELECTION_SYNTAX',
      '--partition 2026-01-01..2026-01-02',
    ],
    [
      ['run', 'shop.orders', 'day=2026-01-01'],
      'SELECTION_SYNTAX',
      'by an option: --partition day=2026-01-01',
    ],
    [['run', '--exclude', 'orders.stage'], 'SELECTION_UNKNOWN', "Did you mean 'orders/stage'?"],
    [['run', '--dry-run'], 'USAGE', 'Write levada plan'],
    [['run', '--runner', 'parallel'], 'USAGE', 'threads'],
    [['run', '--job', 'nightli'], 'SELECTION_UNKNOWN', "Did you mean 'nightly'?"],
    [['run', 'shop.totals'], 'NOT_MATERIALIZED', 'levada run +shop.totals'],
    [['show', 'shop.order'], 'ASSET_UNKNOWN', "Did you mean 'shop.orders'?"],
    [['show', 'shop.orders', '--limit', 'x'], 'USAGE', '--limit'],
    [['query', 'select * from shop.ordrs'], 'ASSET_UNKNOWN', "Did you mean 'shop.orders'?"],
    [['query', 'select * from shop.raw_orders where'], 'SQL_SYNTAX', 'query:1:'],
    [['query', 'select idd from shop.raw_orders'], 'SQL_BIND', 'query:1:8'],
    [['list', 'asset'], 'USAGE', "Did you mean 'assets'?"],
    [['explain', 'STALE_SCEMA'], 'USAGE', "Did you mean 'STALE_SCHEMA'?"],
  ] as const)('%j: exit 2, %s', async (args, code, text) => {
    using app = project(shop)
    const found = await app.levada(...args)
    expect(found).toMatchObject({ code: 2 })
    expect(found.err).toContain(code)
    expect(found.err).toContain(text)
    expect(found.err).not.toMatch(/\n\s+at .*\.ts:\d+:\d+\)/)
  })

  test('an unknown command and an unknown option exit 2', async () => {
    using app = project(shop)
    expect((await app.levada('rum')).code).toBe(2)
    expect((await app.levada('run', '--fast')).code).toBe(2)
    expect((await app.levada('--help')).code).toBe(0)
  })
})

test('show of a partition that was never built says which there are; it lists the checks', async () => {
  using app = project(shop)
  await app.levada('run')
  const { code, err } = await app.levada('show', 'shop.orders', '--partition', '2002-02-03')
  expect(err).toContain(
    "error NOT_MATERIALIZED 'shop.orders' has no rows of partition day=2002-02-03 in version 1; there are 2: day=2026-01-01 … day=2026-01-02.",
  )
  expect(err).toContain('or build it: levada run shop.orders --partition day=2002-02-03')
  expect(code).toBe(2)
  const { out } = await app.levada('show', 'shop.orders', '--partition', '2026-01-01')
  expect(out).toContain('2 of 2 rows of partition day=2026-01-01')
  expect(out).toMatch(/^notNull\(customer\) +error$/m)
  expect(out).toMatch(/^between\(amount, 0, 500\) +warn$/m)
  const { checks } = JSON.parse((await app.levada('show', 'shop.orders', '--json')).out) as {
    checks: readonly object[]
  }
  expect(checks).toContainEqual({
    name: 'between(amount, 0, 500)',
    severity: 'warn',
    mostly: 1,
    implied: false,
  })
})

test('the text NULL is not printed as NULL is', async () => {
  using app = project(shop)
  const { out } = await app.levada('query', "select 'NULL' as text, null as nothing")
  expect(out.split('\n')[1]).toMatch(/^'NULL' +NULL$/)
})
