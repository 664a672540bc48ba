import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { config, mortalShop, two } from './mortal-shop.ts'
import type { Project } from './project.ts'
import { run, server } from './server.ts'

const shopOn = (schema: string, more: Readonly<Record<string, string>>): Project =>
  mortalShop({
    'levada.config.ts': config('postgresTables', '@levada/io-postgres', 'postgres'),
    'conf/base/engines.yml': 'default: postgres\nshop.raw_orders: duckdb\nshop.orders: duckdb\n',
    'conf/base/resources.yml': JSON.stringify({ postgres: server }),
    'conf/base/catalog.yml': `shop.raw_orders: { type: csv, path: landing/orders.csv }
"{domain}.{table}": { type: postgres.table, schema: ${schema}, table: "{table}" }
`,
    ...more,
  })

describe('levada run --resume, on PostgreSQL', () => {
  test.each([
    ['shop.orders', ['orders/total', 'orders/send']],
    ['shop.totals', ['orders/send']],
  ])('killed right after %s was published, before anybody was told', async (asset, left) => {
    const schema = `resumed_${asset.replace('.', '_')}`
    using app = shopOn(schema, { [`kill ${asset}`]: '' })
    expect((await app.start(['run'])).signal).toBe('SIGKILL')
    rmSync(join(app.dir, `kill ${asset}`))
    const { code, out } = await app.levada('run', '--resume', 'latest', '--json')
    expect(code).toBe(0)
    const events = out.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(events[0]).toMatchObject({ type: 'run_resumed', steps: left })
    expect(await run(`select amount from ${schema}.report order by day`)).toEqual([['30.5'], ['600']])
    expect((await app.levada('run')).out).toContain('Nothing to do')
  })

  test('U23: several outputs become visible in one transaction: when one is refused, or the end of that fails, none of them is', async () => {
    using app = shopOn('resumed_two', { 'pipelines.ts': two })
    await run('create schema if not exists resumed_two')
    await run('create table resumed_two.late (id int)')
    const refused = await app.levada('run', '+shop.early')
    expect([refused.code, refused.out]).toEqual([1, expect.stringContaining('FOREIGN_ASSET')])
    expect((await app.levada('query', 'select * from shop.early')).err).toContain('NOT_MATERIALIZED')
    await run('drop table resumed_two.late')
    // The server stops the transaction at its end, when both have been written.
    const stopping = `create function resumed_two.stop() returns trigger language plpgsql as $$ begin raise exception 'No more'; end $$`
    await run(stopping)
    await run(`create constraint trigger stop after insert on levada.versions deferrable initially deferred
      for each row when (new.asset like '%resumed_two%late%') execute function resumed_two.stop()`)
    const late = await app.levada('run', '+shop.early')
    await run('drop trigger stop on levada.versions')
    expect([late.code, late.out]).toEqual([1, expect.stringContaining('No more')])
    expect((await app.levada('query', 'select * from shop.early')).err).toContain('NOT_MATERIALIZED')
    expect((await app.levada('run', '--resume', 'latest')).code).toBe(0)
    expect((await app.levada('versions', 'shop.early', '--json')).out).toContain('"number": 1')
    expect(await run('select count(*) from resumed_two.early natural join resumed_two.late')).toEqual([['2']])
    expect((await app.levada('run', 'shop.early')).out).toContain('Nothing to do')
  })

  test('a pinned version that is not kept is INPUT_CHANGED', async () => {
    using app = shopOn('resumed_gone', { down: '' })
    await app.levada('run', 'shop.orders')
    await app.levada('run', 'shop.totals', 'shop.report')
    await app.levada('run', 'shop.totals', '--force')
    const [, first] = readdirSync(join(app.dir, '.levada/runs')).toSorted()
    rmSync(join(app.dir, 'down'))
    await run(`delete from levada.versions where asset like '%resumed_gone%totals%' and number = 1`)
    const { code, err } = await app.levada('run', '--resume', first!)
    expect(code).toBe(2)
    expect(err).toContain("what it made of 'shop.totals' is not kept, and the rest reads it.")
  })
})
