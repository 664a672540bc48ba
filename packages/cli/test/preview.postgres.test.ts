import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, inject, test } from 'vitest'
import { project, shop, shopWith } from './project.ts'

const server = inject('postgres')

const onPostgres = (schema: string) =>
  shopWith({
    'levada.config.ts': shop['levada.config.ts']!.replace(
      "import { duckdb } from '@levada/resource-duckdb'",
      "import { duckdb } from '@levada/resource-duckdb'\nimport { postgresTables } from '@levada/io-postgres'\nimport { postgres } from '@levada/resource-postgres'",
    ).replace(
      'plugins: [duckdb(), parquet(), files()]',
      'plugins: [postgres(), postgresTables(), files(), duckdb()]',
    ),
    'conf/base/engines.yml': 'default: postgres\nshop.raw_orders: duckdb\nshop.raw_customers: duckdb\n',
    'conf/base/resources.yml': JSON.stringify({ postgres: server }),
    'conf/base/catalog.yml': `shop.raw_orders: { type: csv, path: landing/orders.csv }
shop.raw_customers: { type: csv, path: landing/customers.csv }
"{domain}.{table}": { type: postgres.table, schema: ${schema}, table: "{table}" }
`,
  })

test('levada dev shows rows that a server makes, and writes nothing there', async () => {
  using app = project(onPostgres('previewed'))
  expect((await app.levada('run')).code).toBe(0)
  const before = (await app.levada('show', 'shop.totals', '--json')).out
  const command = app.start(['dev', '--json'])
  const seen: { type: string; outputs?: { rows: unknown }[]; checks?: { outcome: string }[] }[] = []
  for await (const line of createInterface({ input: command.stdout })) {
    const event = JSON.parse(line) as (typeof seen)[number]
    if (event.type === 'bound')
      app.write(
        'total.sql',
        'select day, count(*) as orders, sum(amount) * 2 as amount from orders group by day\n',
      )
    if (event.type !== 'preview') continue
    seen.push(event)
    command.kill('SIGINT')
  }
  await command
  expect(seen).toHaveLength(1)
  expect(seen[0]!.outputs![0]!.rows).toEqual([{ day: '2026-01-02', orders: 1, amount: 1200 }])
  expect(seen[0]!.checks!.every(({ outcome }) => outcome === 'passed')).toBe(true)
  expect((await app.levada('show', 'shop.totals', '--json')).out).toBe(before)
})

test('levada new asset looks at a query that a server answers', async () => {
  using app = project(onPostgres('asked'))
  expect((await app.levada('run')).code).toBe(0)
  const sql =
    'select day, customer, amount, amount::numeric(12, 2) as exact, count(*) over () as n from shop.orders'
  const { code, err } = await app.levada('new', 'asset', 'shop.priced', '--from', sql)
  expect([code, err]).toEqual([0, ''])
  const text = readFileSync(join(app.dir, 'src/priced.ts'), 'utf8')
  expect(text).toContain(`    day: col.date(),
    customer: z.string(),
    amount: z.number(),
    exact: col.decimal(12, 2),
    n: z.int(),
`)
  expect(text).toContain("// Unique in the 3 rows, perhaps by chance: ['customer', 'day'].")
  const wrong = await app.levada('new', 'asset', 'shop.x', '--from', 'select * from shop.ordres')
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('error ASSET_UNKNOWN')])
})
