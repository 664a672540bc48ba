import { rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { project, shop, shopWith, type Project } from './project.ts'

const files = async (app: Project, asset: string): Promise<string[]> =>
  (await app.levada('show', asset, '--files')).out.split('\n')

describe('damaged data', () => {
  test.each([
    ['truncated', (file: string) => truncateSync(file, 20), 'DATA_UNREADABLE'],
    ['removed', (file: string) => rmSync(file), 'DATA_MISSING'],
  ])('a file of ours that is %s: the remedy is to build it again', async (_, damage, code) => {
    using app = project(shop)
    await app.levada('run')
    damage((await files(app, 'shop.orders'))[0]!)
    for (const args of [
      ['query', 'select * from shop.orders'],
      ['show', 'shop.orders'],
    ]) {
      const { err } = await app.levada(...args)
      expect(err).toContain(`error ${code}`)
      expect(err).toContain('levada run shop.orders --force')
    }
    const { code: exit, out } = await app.levada('run', 'shop.totals', '--force')
    expect(exit).toBe(1)
    expect(out).toContain('levada run shop.orders --force')
    expect((await app.levada('run', 'shop.orders', '--force')).code).toBe(0)
    expect((await app.levada('run', 'shop.totals')).code).toBe(0)
  })

  test('a source with a bad value names file, line and value, as what it is', async () => {
    using app = project(
      shopWith({
        'landing/orders.csv': 'id,day,customer,amount\n1,2026-01-01,ann,10\n2,2026-01-01,bob,thirty\n',
      }),
    )
    const { code, out } = await app.levada('run')
    expect(code).toBe(1)
    expect(out).toContain('error DATA_UNREADABLE')
    expect(out).toContain(join('landing', 'orders.csv'))
    expect(out).toContain('line 3')
    expect(out).toContain("'thirty'")
    expect(out).not.toContain('CHECK_CRASHED')
    expect(out).toContain('✓ customers/stage-customers')
  })

  test('a source that is not there is told before anything runs', async () => {
    using app = project(
      shopWith({
        'conf/base/catalog.yml': shop['conf/base/catalog.yml']!.replace('orders.csv', 'ordres.csv'),
      }),
    )
    const { code, err } = await app.levada('run')
    expect(code).toBe(2)
    expect(err).toContain('error DATA_MISSING')
    expect(err).toContain('ordres.csv')
  })
})
