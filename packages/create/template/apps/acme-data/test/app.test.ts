import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openApp } from '@levada/core/run'
import { afterAll, expect, test } from 'vitest'
import app from '../levada.config.ts'

const curated = mkdtempSync(join(tmpdir(), 'acme-data-'))
afterAll(() => rmSync(curated, { recursive: true }))

test('a run of everything publishes assets that agree with each other', async () => {
  await using session = await openApp(app, {
    appDir: join(import.meta.dirname, '..'),
    env: 'test',
    processEnv: { ...process.env, CURATED: curated },
  })
  expect((await session.run(await session.plan())).state).toBe('succeeded')
  const { rows } = await session.query(`
    select (select sum(amount) from shop.orders) as amount, (select sum(revenue) from shop.daily_revenue) as revenue,
      (select count(*) from shop.orders) > 0 as has_rows`)
  expect(rows[0]).toMatchObject({ has_rows: true })
  expect(rows[0]!['amount']).toEqual(rows[0]!['revenue'])
})
