import { utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { project, shop, shopWith, type Project } from './project.ts'

const idsOf = async (app: Project, ...words: readonly string[]): Promise<readonly string[]> => {
  const { out, err } = await app.levada('plan', '--json', '--force', ...words)
  expect(err).toBe('')
  const { steps } = JSON.parse(out) as { steps: { id: string }[] }
  return steps.map(({ id }) => id).filter((id) => !id.startsWith('source:'))
}

describe('state:', () => {
  test('missing, changed and stale are what a run of everything would say; nothing of them is told, and exits 0', async () => {
    using app = project(shop)
    expect(await idsOf(app, 'state:missing')).toEqual([
      'orders/stage',
      'orders/total',
      'customers/stage-customers',
    ])
    await app.levada('run')
    for (const state of ['missing', 'changed', 'stale', 'failed']) {
      const { code, out } = await app.levada('run', `state:${state}`)
      expect({ code, out }).toEqual({ code: 0, out: `! Nothing is ${state}.\nNothing to do.` })
    }
    app.write('stage.sql', `${shop['stage.sql']!.trimEnd()} and amount > 15\n`)
    expect(await idsOf(app, 'state:changed')).toEqual(['orders/stage'])
    expect(await idsOf(app, 'state:stale')).toEqual(['orders/total'])
    app.write('landing/customers.csv', 'name,city\nann,Funchal\n')
    expect(await idsOf(app, 'state:stale')).toEqual(['orders/total', 'customers/stage-customers'])
    expect(await idsOf(app, 'state:stale,pipeline:orders')).toEqual(['orders/total'])
  })

  test('failed are those of the latest run that had them, by the history', async () => {
    using app = project(shop)
    await app.levada('run')
    app.write('landing/orders.csv', 'id,day,customer,amount\n1,2026-01-01,ann,5000\n')
    expect((await app.levada('run')).code).toBe(1)
    expect(await idsOf(app, 'state:failed')).toEqual(['orders/stage'])
    expect(await idsOf(app, 'state:failed+')).toEqual(['orders/stage', 'orders/total'])
    app.write('landing/orders.csv', 'id,day,customer,amount\n1,2026-01-01,ann,50\n')
    expect((await app.levada('run', 'state:failed+')).code).toBe(0)
    expect(await idsOf(app, 'state:failed')).toEqual([])
  })
})

describe('the age of a source', () => {
  const aged = (environment: string): Project => {
    const app = project(shopWith({ 'conf/dev/environment.yml': environment }))
    const old = Date.now() / 1000 - 50 * 3600
    utimesSync(join(app.dir, 'landing/orders.csv'), old, old)
    return app
  }

  test('beyond its limit stops what reads it, also what is unchanged', async () => {
    using app = aged('sources: { shop.raw_orders: { max_age: 36h } }\n')
    const { code, err } = await app.levada('run')
    expect(code).toBe(2)
    expect(err).toMatch(
      /STALE_DATA 'shop\.raw_orders' \(.*orders\.csv\) is 2 days old; environment\.yml allows 36 h\./,
    )
    expect(err).toContain('raise sources.shop.raw_orders.max_age in conf/dev/environment.yml')
    expect((await app.levada('plan', 'shop.customers')).code).toBe(0)
    app.write('conf/dev/environment.yml', 'sources: { shop.raw_orders: { max_age: 7d } }\n')
    expect((await app.levada('run')).code).toBe(0)
    app.write('conf/dev/environment.yml', 'sources: { "shop.{table}": { max_age: 36h } }\n')
    expect((await app.levada('run')).err).toContain('STALE_DATA')
  })

  test('of severity warn is told, and the run goes on', async () => {
    using app = aged('sources: { shop.raw_orders: { max_age: 36h, severity: warn } }\n')
    const { code, out } = await app.levada('run')
    expect(code).toBe(0)
    expect(out).toMatch(/^! 'shop\.raw_orders' .* is 2 days old; environment\.yml allows 36 h\.$/m)
  })

  test('of an asset that is no source, or without a unit, is an error with its place', async () => {
    for (const [text, code, place] of [
      ['sources: { shop.orders: { max_age: 36h } }\n', 'ASSET_UNKNOWN', 'conf/dev/environment.yml:1:12'],
      ['sources: { shop.raw_orders: { max_age: 36 } }\n', 'CONFIG_INVALID', 'conf/dev/environment.yml:1:40'],
    ] as const) {
      using app = aged(text)
      const { code: exit, err } = await app.levada('plan')
      expect(exit).toBe(2)
      expect(err).toContain(code)
      expect(err).toContain(place)
    }
  })
})
