import { mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
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

  test('a manifest whose head was read before and that a disk gives back damaged is passed over', async () => {
    using app = project(shop)
    await app.levada('run')
    const file = join(app.dir, 'data/shop/orders/manifests/00000001.json')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace('"files":["', '"files":["!'))
    // Such damage changes no times: what is kept is what would have been before.
    const { ino, size, mtimeMs, ctimeMs } = statSync(file)
    const head = JSON.parse(`${text.slice(0, text.indexOf(',\n"partitions"'))}}`)
    const cache = join(app.dir, '.levada/cache/heads-dev.json')
    mkdirSync(dirname(cache), { recursive: true })
    writeFileSync(
      cache,
      JSON.stringify({ format: 1, heads: { [file]: [ino, size, mtimeMs, ctimeMs, head] } }),
    )
    expect((await app.levada('run')).out).toContain('Nothing to do')
    app.write('landing/orders.csv', 'id,day,customer,amount\n1,2026-01-01,ann,11\n')
    const { code, out, err } = await app.levada('run')
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain('MANIFEST_DAMAGED')
    expect(out).toContain('it is not as it was written')
    expect((await app.levada('query', 'select amount from shop.orders', '--json')).out).toContain('11')
  })

  test('who reads is told, too, that a manifest was passed over', async () => {
    using app = project(shop)
    await app.levada('run')
    await app.levada('run', 'shop.orders', '--force')
    truncateSync(join(app.dir, 'data/shop/orders/manifests/00000002.json'), 20)
    for (const args of [
      ['query', 'select * from shop.orders'],
      ['query', 'select * from shop.orders', '--json'],
      ['show', 'shop.orders'],
      ['show', 'shop.orders', '--files'],
    ]) {
      const { code, err } = await app.levada(...args)
      expect([args, code, err]).toEqual([args, 0, expect.stringContaining('! MANIFEST_DAMAGED')])
    }
    truncateSync(join(app.dir, 'data/shop/orders/manifests/00000001.json'), 20)
    expect((await app.levada('query', 'select * from shop.orders')).err).toContain('! MANIFEST_DAMAGED')
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
