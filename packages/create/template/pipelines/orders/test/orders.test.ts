import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineApp } from '@levada/core'
import { openApp } from '@levada/core/run'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { afterAll, expect, test } from 'vitest'
import orders from '../src/index.ts'

// This package alone, in an app that exists for the test only.
const appDir = mkdtempSync(join(tmpdir(), 'orders-'))
const app = defineApp({ name: 'test', plugins: [duckdb(), parquet(), files()], pipelines: [orders] })
mkdirSync(join(appDir, 'conf/base'), { recursive: true })
writeFileSync(
  join(appDir, 'conf/base/catalog.yml'),
  "shop.raw_orders: { type: csv, path: orders.csv }\n'{domain}.{table}': { type: parquet, path: 'data/{domain}/{table}' }\n",
)
afterAll(() => rmSync(appDir, { recursive: true }))

test('orders are paid ones, each once, and revenue is their sum by day', async () => {
  writeFileSync(
    join(appDir, 'orders.csv'),
    `id,ordered_at,customer,country,amount,status
1,2026-03-01 08:00:00,Ada,DE,10.50,paid
1,2026-03-01 08:00:00,Ada,DE,10.50,paid
2,2026-03-01 23:59:59, Bela ,DE,4.25,paid
3,2026-03-02 00:00:00,Dora,PT,99.00,cancelled
`,
  )
  await using session = await openApp(app, { appDir })
  expect((await session.run(await session.plan())).state).toBe('succeeded')
  const rows = await session.load('shop.orders').rows()
  expect(rows.toSorted((a, b) => a.id - b.id)).toEqual([
    { id: 1, ordered_on: '2026-03-01', customer: 'Ada', country: 'DE', amount: '10.50' },
    { id: 2, ordered_on: '2026-03-01', customer: 'Bela', country: 'DE', amount: '4.25' },
  ])
  expect(await session.load('shop.daily_revenue').rows()).toEqual([
    { ordered_on: '2026-03-01', country: 'DE', orders: 2, revenue: '14.75' },
  ])
})

test('a row that breaks a check publishes nothing', async () => {
  writeFileSync(
    join(appDir, 'orders.csv'),
    'id,ordered_at,customer,country,amount,status\n4,2026-03-03 08:00:00,Ada,DE,-1.00,paid\n',
  )
  await using session = await openApp(app, { appDir })
  expect((await session.run(await session.plan())).state).toBe('failed')
  const ids = (await session.load('shop.orders').rows()).map(({ id }) => id)
  expect(ids).not.toContain(4)
})
