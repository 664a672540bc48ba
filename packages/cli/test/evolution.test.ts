import { describe, expect, test } from 'vitest'
import { evolutionTests } from './evolution-cases.ts'
import { project, shop, shopWith } from './project.ts'

describe('a schema that has changed since partitions were stored as Parquet', () => {
  evolutionTests({
    publicName: false,
    files: () => ({
      'levada.config.ts': `
import { defineApp } from '@levada/core'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { wares } from './wares.ts'
export default defineApp({ name: 'shop', plugins: [duckdb(), parquet(), files()], pipelines: [wares] })
`,
      'conf/base/catalog.yml':
        'w.raw: { type: csv, path: raw.csv }\n"{domain}.{table}": { type: parquet, path: "data/{table}" }\n',
    }),
  })
})

const withNote = shop['pipelines.ts']!.replace(
  'customer: z.string(), amount: z.number() }),\n  key',
  'customer: z.string(), amount: z.number(), note: z.string() }),\n  key',
)
const stageNote = "select *, 'new' as note from raw where day >= $partition_start and day < $partition_end\n"

describe('an asset of another schema than is declared', () => {
  test('the only partition that is stored may be replaced', async () => {
    using app = project(shopWith({ 'landing/orders.csv': 'id,day,customer,amount\n1,2026-01-02,ann,10\n' }))
    await app.levada('run')
    app.write('pipelines.ts', withNote)
    app.write('stage.sql', stageNote)
    expect((await app.levada('run', 'shop.orders', '--partition', '2026-01-02')).code).toBe(0)
  })

  test('query, show, plan and run of a reader say the same, with the ways out', async () => {
    using app = project(shop)
    await app.levada('run')
    app.write('pipelines.ts', withNote)
    app.write('stage.sql', stageNote)
    for (const words of [
      ['query', 'select * from shop.orders'],
      ['show', 'shop.orders'],
      ['show', 'shop.orders', '--partition', '2026-01-02'],
      ['plan', 'shop.totals'],
      ['run', 'shop.totals'],
    ]) {
      const { code, err } = await app.levada(...words)
      expect(err).toMatch(
        /error STALE_SCHEMA 'shop\.orders' \(day=2026-01-0.*\) was written without the column 'note'; it is read as string\./,
      )
      expect(err).toMatch(
        /→ Build them again: levada run shop\.orders --partition day=\S+; or let the column be nullable\(\) or give it a default\(…\)\./,
      )
      expect(code).toBe(2)
    }
    expect((await app.levada('run', '+shop.totals')).code).toBe(0)
  })

  test('in other partitions, planning one of them says what to run', async () => {
    using app = project(shop)
    await app.levada('run')
    const daily = shop['pipelines.ts']!
    const declare = (partitions: string): void =>
      app.write(
        'pipelines.ts',
        daily.replace("[daily('day')]", partitions).replace('col, daily', 'col, daily, monthly'),
      )
    const refused = async (partition: string, fact: string): Promise<void> => {
      const { code, err } = await app.levada('plan', 'shop.orders', '--partition', partition)
      expect(err).toContain(`error STALE_SCHEMA 'shop.orders' is stored ${fact}.`)
      expect(err).toContain('→ Build all of it again: levada run shop.orders (')
      expect(code).toBe(2)
    }
    declare("[monthly('day')]")
    await refused('2026-01', 'by day, and declared monthly by day')
    declare('[]')
    app.write('stage.sql', 'select id, day, customer, amount from raw\n')
    expect((await app.levada('run', 'shop.orders')).code).toBe(0)
    declare("[daily('day')]")
    await refused('2026-01-02', 'in one piece, and declared by day')
  })

  test('of more than a month of days, a backfill is what builds them again', async () => {
    const day = (n: number): string => new Date(Date.UTC(2026, 0, n)).toISOString().slice(0, 10)
    const days = Array.from({ length: 40 }, (_, i) => `${i + 1},${day(i + 1)},ann,10`)
    using app = project(shopWith({ 'landing/orders.csv': ['id,day,customer,amount', ...days].join('\n') }))
    await app.levada('run')
    app.write('pipelines.ts', withNote)
    app.write('stage.sql', stageNote)
    const { err } = await app.levada('query', 'select * from shop.orders')
    expect(err).toContain(
      '→ Build them again: levada backfill shop.orders --partition day=2026-01-01..2026-02-09; or',
    )
    const words = /again: levada (backfill \S+ --partition \S+);/.exec(err)![1]!.split(' ')
    expect(await app.levada(...words)).toMatchObject({ code: 0, err: '' })
    expect((await app.levada('query', 'select note from shop.orders limit 1', '--json')).code).toBe(0)
  })

  test('a column that was renamed is told by its old name', async () => {
    using app = project(shop)
    await app.levada('run')
    app.write(
      'pipelines.ts',
      shop['pipelines.ts']!.replaceAll('customer: z.string(), amount', 'customers: z.string(), amount'),
    )
    expect((await app.levada('query', 'select * from shop.orders')).err).toContain(
      "without the column 'customers'; it is read as string (what was stored has 'customer').",
    )
  })

  test('a column that is read as it was stays readable for who expects no more', async () => {
    using app = project(shop)
    await app.levada('run')
    app.write(
      'pipelines.ts',
      withNote
        .replace(
          'inputs: { orders: ordersAsset }',
          "inputs: { orders: expects('shop.orders', z.object({ day: col.date(), amount: z.number() })) }",
        )
        .replace('definePipeline, source', 'definePipeline, expects, source'),
    )
    expect(await app.levada('run', 'shop.totals')).toMatchObject({ code: 0, err: '' })
  })
})
