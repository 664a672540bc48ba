import { describe, expect, test } from 'vitest'
import { project } from './project.ts'
import { run, server } from './server.ts'

let schemas = 0

const config = `
import { defineApp } from '@levada/core'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { postgresTables } from '@levada/io-postgres'
import { postgres } from '@levada/resource-postgres'
import { duckdb } from '@levada/resource-duckdb'
import { pipeline } from './pipeline.ts'

export default defineApp({ name: 'shop', plugins: [duckdb(), parquet(), files(), postgres(), postgresTables()], pipelines: [pipeline] })
`

const pipeline = `
import { asset, between, definePipeline, node, source, sql, sqlNode, view } from '@levada/core'
import { z } from 'zod'

const raw = source('shop.raw', { schema: z.object({ id: z.int(), amount: z.int() }) })
const orders = asset('shop.orders', { schema: z.object({ id: z.int(), amount: z.int() }), key: ['id'] })
const large = asset('shop.large', { schema: z.object({ id: z.int(), amount: z.int() }), key: ['id'], checks: [between('amount', 0, 1000)] })
const copies = asset('shop.copies', { schema: z.object({ id: z.int(), amount: z.int() }) })
const positive = view('positive', { inputs: { orders }, sql: sql\`select * from orders where amount > 0\` })
const importOrders = node('import-orders', {
  inputs: { raw }, outputs: { orders },
  async run({ raw }, { outputs }) {
    for await (const row of raw.rows()) await outputs.orders.write(row)
  },
})
const findLarge = sqlNode('find-large', { inputs: { positive }, output: large, sql: sql\`select id, amount from positive where amount >= 20 -- most\` })
const copy = node('copy', {
  inputs: { large }, outputs: { copies },
  async run({ large }, { outputs }) {
    for await (const row of large.rows()) await outputs.copies.write(row)
  },
})
export const pipeline = definePipeline('orders', { nodes: [importOrders, findLarge, copy] })
`

const catalog = (schema: string, more = ''): string => `
shop.raw: { type: csv, path: raw.csv }
shop.orders: { type: postgres.table, schema: ${schema}, table: orders }
shop.large: { type: postgres.view, schema: ${schema}, view: large }
shop.copies: { type: parquet, path: data/copies }
${more}`

const rows = (amounts: readonly number[]): string =>
  `id,amount\n${amounts.map((amount, i) => `${i + 1},${amount}`).join('\n')}\n`

const app = (schema: string) => ({
  'levada.config.ts': config,
  'pipeline.ts': pipeline,
  'conf/base/engines.yml': 'default: duckdb\nshop.orders: postgres\nshop.large: postgres\n',
  'conf/base/catalog.yml': catalog(schema),
  'conf/base/resources.yml': JSON.stringify({ postgres: server }),
  'conf/dev/.gitkeep': '',
  'raw.csv': rows([10, 20, 30]),
})

describe('a node whose output is a view', () => {
  test('keeps its query over the public names, so that rows follow the inputs', async () => {
    const schema = `views_${++schemas}`
    using shop = project(app(schema))
    const first = await shop.levada('run')
    expect(first.err + first.out).toContain('4 succeeded')
    expect(await run(`select * from ${schema}.large order by id`)).toEqual([
      ['2', '20'],
      ['3', '30'],
    ])
    const [[definition]] = (await run(`select pg_get_viewdef('${schema}.large'::regclass)`)) as [[string]]
    expect(definition).toContain(`${schema}.orders`)
    expect(definition).not.toContain('levada.')
    shop.write('raw.csv', rows([40, 10]))
    expect((await shop.levada('run', 'shop.orders')).code).toBe(0)
    expect(await run(`select * from ${schema}.large`)).toEqual([['1', '40']])
    const shown = await shop.levada('show', 'shop.copies', '--json')
    expect(JSON.parse(shown.out)).toMatchObject({
      rows: [
        { id: 2, amount: 20 },
        { id: 3, amount: 30 },
      ],
    })
    const view = await shop.levada('show', 'shop.large', '--json')
    expect(JSON.parse(view.out)).toMatchObject({ rows: [{ id: 1, amount: 40 }] })
    expect((await shop.levada('show', 'shop.large')).out).toContain('40')
    const plan = await shop.levada('plan')
    expect(plan.out).toContain(`postgres.view postgres:${schema}.large`)
    expect(plan.out).toContain('postgres.view (rows, merge): a view keeps the query of an SQL node')
    expect(plan.out).toMatch(/postgres\.view +postgres +shop\.large .* - +- +query +query +- +yes +- +yes/)
    expect(plan.out).toContain(
      'postgres.view (versions, restore): of the query; its rows are as its inputs are when it is read',
    )
  })

  test('is checked before it replaces the one before', async () => {
    const schema = `views_${++schemas}`
    using shop = project(app(schema))
    expect((await shop.levada('run')).code).toBe(0)
    await run(`create role "reader ${schema}"`)
    await run(`grant select on ${schema}.large to "reader ${schema}"`)
    shop.write('pipeline.ts', pipeline.replace('id, amount from', 'id, amount * 100 as amount from'))
    const failed = await shop.levada('run', 'shop.large')
    expect(failed.code).toBe(1)
    expect(failed.err + failed.out).toContain('error shop.large between(amount, 0, 1000): 2 of 2 rows fail')
    expect(await run(`select max(amount) from ${schema}.large`)).toEqual([['30']])
    shop.write('pipeline.ts', pipeline.replace('id, amount from', 'id, amount * 10 as amount from'))
    expect((await shop.levada('run', 'shop.large')).code).toBe(0)
    expect(await run(`select max(amount) from ${schema}.large`)).toEqual([['300']])
    const may = `select has_table_privilege('reader ${schema}', '${schema}.large', 'select')`
    expect(await run(may)).toEqual([['t']])
  })

  test('computes all of its values before it replaces the one before', async () => {
    const schema = `views_${++schemas}`
    using shop = project(app(schema))
    expect((await shop.levada('run')).code).toBe(0)
    shop.write(
      'pipeline.ts',
      pipeline.replace('id, amount from', "id, cast(amount || '.5' as numeric) as amount from"),
    )
    const failed = await shop.levada('run', 'shop.large')
    expect(failed.err + failed.out).toMatch(/VALUE_RANGE.*'shop\.large'.*column amount/s)
    expect(await run(`select max(amount) from ${schema}.large`)).toEqual([['30']])
  })

  test('stands in the way of an input whose columns change', async () => {
    const schema = `views_${++schemas}`
    using shop = project(app(schema))
    expect((await shop.levada('run')).code).toBe(0)
    shop.write(
      'pipeline.ts',
      pipeline.replace(
        "asset('shop.orders', { schema: z.object({ id: z.int(), amount: z.int() })",
        "asset('shop.orders', { schema: z.object({ id: z.int(), amount: z.number() })",
      ),
    )
    const failed = await shop.levada('run', 'shop.orders')
    expect(failed.err + failed.out).toMatch(/DEPENDANTS/)
    expect(failed.err + failed.out).toContain(`${schema}.large`)
    expect(await run(`select count(*) from ${schema}.orders`)).toEqual([['3']])
  })

  test.each<[string, string, (text: string) => string, (schema: string) => string, string]>([
    [
      'a function node',
      'shop.orders',
      (text) => text,
      (schema) => `shop.orders: { type: postgres.view, schema: ${schema}, view: orders }`,
      "a view keeps the query of an SQL node, and node 'import-orders' is TypeScript",
    ],
    [
      'a param',
      'shop.large',
      (text) =>
        text.replace(
          "sqlNode('find-large', {",
          "sqlNode('find-large', { params: { least: z.int().default(1) },",
        ),
      () => '',
      "and 'find-large' has the param 'least', whose value it cannot keep",
    ],
    [
      'a param of a view below',
      'shop.large',
      (text) =>
        text.replace("view('positive', {", "view('positive', { params: { least: z.int().default(1) },"),
      () => '',
      "and 'positive' has the param 'least', whose value it cannot keep",
    ],
    [
      'an input elsewhere',
      'shop.large',
      (text) => text,
      () => 'shop.orders: { type: parquet, path: data/orders }',
      "and its input 'shop.orders' is stored elsewhere: parquet",
    ],
    [
      'another engine',
      'shop.copies',
      (text) =>
        text.replace(
          /const copy = node[^]*?\n}\)/,
          "const copy = sqlNode('copy', { inputs: { large }, output: copies, sql: sql`select * from large` })",
        ),
      (schema) => `shop.copies: { type: postgres.view, schema: ${schema}, view: copies }`,
      "and 'copy' is computed by engine 'duckdb'",
    ],
    [
      'partitions',
      'shop.large',
      (text) =>
        text
          .replace('import { asset,', 'import { asset, col, daily,')
          .replace(
            "asset('shop.large', { schema: z.object({",
            "asset('shop.large', { partitions: [daily('day')], schema: z.object({ day: col.date(),",
          ),
      () => '',
      'a view is computed as a whole',
    ],
  ])('is refused by check and plan with a reason: %s', async (_, asset, change, more, reason) => {
    const schema = `views_${++schemas}`
    const replaced = more(schema)
    const own = catalog(schema)
      .split('\n')
      .filter((line) => replaced === '' || !line.startsWith(replaced.split(':')[0]!))
      .join('\n')
    using shop = project({
      ...app(schema),
      'pipeline.ts': change(pipeline),
      'conf/base/catalog.yml': `${own}${replaced}\n`,
    })
    for (const args of [['check'], ['plan', '+shop.copies']]) {
      const { code, err, out } = await shop.levada(...args)
      expect(err + out).toContain('NOT_SUPPORTED')
      expect(err).toContain(`'${asset}' cannot be written to postgres.view`)
      expect(err).toContain(reason)
      expect(err).toContain('catalog.yml:')
      expect(code).toBe(args[0] === 'check' ? 1 : 2)
    }
  })
})
