import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'

const source = join(import.meta.dirname, '..')
const parts = ['dbt_project.yml', 'profiles.yml', 'macros', 'models', 'seeds', 'snapshots', 'tests']

// What the marts have to be, from the seeds, in SQL that shares nothing with the models.
const seed = (project: string, name: string): string => `read_csv('${join(project, 'seeds', name)}.csv')`
const priced = (project: string): string => `
  select o.*, (select sum(quantity * unit_price_cents) from ${seed(project, 'raw_order_items')} i where i.order_id = o.order_id) as cents
  from ${seed(project, 'raw_orders')} o`
const expected: Readonly<Record<string, (project: string) => string>> = {
  orders: (project) => `
    select order_id, status, cents as amount_cents,
      if(order_id % 10 = 0 or order_id > 300, null, ['card', 'transfer', 'voucher'][order_id % 3 + 1]) as payment_method
    from (${priced(project)})`,
  customers: (project) => `
    select c.customer_id, upper(c.country) as country, count(o.order_id) as orders,
      sum(if(o.status is null or o.status = 'returned', 0, o.cents)) as revenue_cents
    from ${seed(project, 'raw_customers')} c left join (${priced(project)}) o using (customer_id) group by all`,
  daily_revenue: (project) => `
    select ordered_at::date as ordered_on, count(*) as orders, sum(if(status = 'returned', 0, cents)) as revenue_cents
    from (${priced(project)}) group by all`,
}

describe.each(inject('dbt'))('$title', ({ executable, env }) => {
  const project = mkdtempSync(join(tmpdir(), 'levada-dbt-orders-'))
  beforeAll(() => {
    for (const part of parts) cpSync(join(source, part), join(project, part), { recursive: true })
  })
  afterAll(() => rmSync(project, { recursive: true, force: true }))

  const dbt = (...args: string[]): Promise<unknown> =>
    execa(executable!, args, {
      cwd: project,
      env: { ...env, ORDERS_DATABASE: join(project, 'shop.duckdb') },
    })
  async function rows(sql: string): Promise<unknown[]> {
    const database = await DuckDBInstance.create(join(project, 'shop.duckdb'), { access_mode: 'READ_ONLY' })
    const connection = await database.connect()
    try {
      return (await connection.runAndReadAll(sql)).getRowObjectsJson()
    } finally {
      // dbt cannot write while one of them is open.
      connection.closeSync()
      database.closeSync()
    }
  }
  async function expectMarts(): Promise<void> {
    for (const [mart, sql] of Object.entries(expected)) {
      const truth = `with truth as (${sql(project)})`
      const columns = Object.keys((await rows(`${truth} select * from truth limit 1`))[0] as object).join()
      const [counts] = await rows(`${truth} select
        (select count(*) from marts.${mart}) as ours, (select count(*) from truth) as truth,
        (select count(*) from (select ${columns} from marts.${mart} except all from truth)) as wrong`)
      const { truth: count } = counts as { truth: string }
      expect({ mart, ...(counts as object) }).toEqual({ mart, ours: count, truth: count, wrong: '0' })
      expect(Number(count)).toBeGreaterThan(40)
    }
  }

  test.skipIf(!executable)('builds the marts from the seeds, and passes its own tests', async () => {
    await dbt('build')
    await expectMarts()
  })

  test.skipIf(!executable)('adds an order that came later, and keeps the former status of one', async () => {
    const orders = join(project, 'seeds/raw_orders.csv')
    const before = readFileSync(orders, 'utf8')
    const after = before.replace(/^(300,.*),\w+$/m, '$1,completed')
    expect(after).not.toBe(before)
    writeFileSync(orders, `${after}301,5,2025-06-01 10:00:00,placed\n`)
    appendFileSync(join(project, 'seeds/raw_order_items.csv'), '301,1,mug,2,1200\n')
    await dbt('build')
    await expectMarts()
    const history = await rows(`
      select order_id, list(status order by dbt_valid_from)[-1] as status, count(*) as n, count(dbt_valid_to) as former
      from snapshots.order_status_history where order_id >= 299 group by order_id order by order_id`)
    expect(history).toEqual([
      { order_id: 299, status: expect.any(String), n: '1', former: '0' },
      { order_id: 300, status: 'completed', n: '2', former: '1' },
      { order_id: 301, status: 'placed', n: '1', former: '0' },
    ])
  })

  test.skipIf(!executable)('has other schemas in production', async () => {
    await dbt('seed', '--target', 'prod', '--select', 'raw_customers')
    expect(await rows('select count(*) as n from prod_raw.raw_customers')).toEqual([{ n: '100' }])
  })
})
