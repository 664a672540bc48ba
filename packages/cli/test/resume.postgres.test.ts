import { readdirSync, readFileSync, rmSync } from 'node:fs'
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

  test('U23: killed between two publishes: what is staged is published without being computed again', async () => {
    using app = shopOn('resumed_two', { 'pipelines.ts': two, 'kill shop.early': '' })
    expect((await app.start(['run', '+shop.late'])).signal).toBe('SIGKILL')
    rmSync(join(app.dir, 'kill shop.early'))
    expect((await app.levada('run', '--resume', 'latest')).code).toBe(0)
    expect(readFileSync(join(app.dir, 'computed'), 'utf8')).toBe('x')
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
