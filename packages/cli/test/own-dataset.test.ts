import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { project, shop, shopWith } from './project.ts'

test('a dataset of one file, as docs/guides/write-a-dataset.md has it, stores the assets of an app', async () => {
  using app = project(
    shopWith({
      'levada.config.ts': shop['levada.config.ts']!.replace(
        "import { parquet } from '@levada/io-parquet'",
        "import { sqlite } from '../../../../testing/test/sqlite.ts'",
      ).replace('parquet()', 'sqlite()'),
      'conf/base/catalog.yml': `shop.raw_orders: { type: csv, path: landing/orders.csv }
shop.raw_customers: { type: csv, path: landing/customers.csv }
"{domain}.{table}": { type: sqlite, path: data/shop.db }
`,
    }),
  )
  const checked = await app.levada('check')
  expect(checked.out).toContain('sqlite')
  expect(existsSync(join(app.dir, 'data/shop.db'))).toBe(false)
  expect((await app.levada('run')).code).toBe(0)
  const rewritten = await app.levada('run', 'shop.orders', '--force', '--partition', '2026-01-02')
  expect(rewritten.out).toContain('shop.orders: 1 row in 1 partition')
  const { out } = await app.levada(
    'query',
    '--json',
    'select t.orders, o.customer from shop.totals t join shop.orders o using (day) order by o.id',
  )
  expect(JSON.parse(out)).toEqual([
    { orders: '2', customer: 'ann' },
    { orders: '2', customer: 'bob' },
    { orders: '1', customer: 'ann' },
  ])
})
