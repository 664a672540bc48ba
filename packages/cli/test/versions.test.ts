// levada versions, restore and gc, on Parquet and with the real command.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { slowShop } from './lease-cases.ts'
import { project, shop, shopWith, type Project } from './project.ts'

const orders = (...amounts: readonly number[]): string =>
  `id,day,customer,amount\n${amounts.map((amount, i) => `${i + 1},2026-01-01,ann,${amount}\n`).join('')}`

/** Runs once for each list of amounts. */
async function publish(app: Project, ...deliveries: readonly (readonly number[])[]): Promise<void> {
  for (const amounts of deliveries) {
    app.write('landing/orders.csv', orders(...amounts))
    expect((await app.levada('run', 'pipeline:orders')).code).toBe(0)
  }
}

const amounts = async (app: Project, asset = 'shop.orders'): Promise<unknown> => {
  const { out } = await app.levada('query', `select amount from ${asset} order by amount`, '--json')
  return (JSON.parse(out) as { amount: number }[]).map(({ amount }) => amount)
}
interface Listed {
  readonly versions: readonly Readonly<Record<string, unknown>>[]
  readonly damaged: readonly unknown[]
}
const listed = async (app: Project, asset = 'shop.orders'): Promise<Listed> =>
  JSON.parse((await app.levada('versions', asset, '--json')).out) as Listed
const numbers = async (app: Project): Promise<unknown> =>
  (await listed(app)).versions.map(({ number }) => number)
const manifests = (app: Project, asset = 'orders'): string => join(app.dir, `data/shop/${asset}/manifests`)
const retention = (text: string): Readonly<Record<string, string>> => ({
  'conf/base/environment.yml': `retention: ${text}\n`,
})

describe('levada versions', () => {
  test('H5: newest first, with who wrote what; folders that no manifest names are none', async () => {
    using app = project(shop)
    expect((await app.levada('versions', 'shop.orders')).out).toContain('It has no versions yet.')
    await publish(app, [1], [1, 2])
    mkdirSync(join(app.dir, 'data/shop/orders/data/20990101T000000000Z-stray'))
    const { out } = await app.levada('versions', 'shop.orders')
    const [, head, second, first] = out.split('\n')
    expect(head).toMatch(/^version  published \(UTC\) +rows  partitions +size  run/)
    expect(second).toMatch(/^ +2  20\d\d-\d\d-\d\d \d\d:\d\d:\d\d +2 +1 +\d.* current$/)
    expect(first).toMatch(/^ +1 .* 1 +1 +/)
    expect(out).toContain('levada restore shop.orders --version 1')
    const { versions } = await listed(app)
    const runs = readdirSync(join(app.dir, '.levada/runs')).toSorted()
    expect(versions).toMatchObject([
      { number: 2, rows: 2, partitions: 1, run_id: runs[1], current: true, pinned_by: [] },
      { number: 1, rows: 1, partitions: 1, run_id: runs[0], current: false, pinned_by: [] },
    ])
  })

  test('of what keeps none, and of what is not there, is told', async () => {
    using app = project(shop)
    expect((await app.levada('versions', 'shop.raw_orders')).err).toContain(
      "error NOT_SUPPORTED 'shop.raw_orders' keeps no versions: a single file is somebody else's, and only read.",
    )
    expect((await app.levada('versions', 'shop.order')).err).toContain("Did you mean 'shop.orders'?")
  })
})

describe('levada restore', () => {
  test('publishes the rows of an earlier version again; the plan says what would run on them', async () => {
    using app = project(shop)
    await publish(app, [1], [1, 2], [3])
    const { out, code } = await app.levada('restore', 'shop.orders', '--version', '2')
    expect(code).toBe(0)
    expect(out).toMatch(/^shop\.orders: version 4 is version 2 of 20.* UTC again, 2 rows, /)
    expect(await amounts(app)).toEqual([1, 2])
    expect((await listed(app)).versions).toMatchObject([
      { number: 4, restores: 2, current: true },
      { number: 3, current: false },
      { number: 2 },
      { number: 1 },
    ])
    // The source is as it was for version 3, so that a run would make that again.
    const plan = await app.levada('plan', 'pipeline:orders')
    expect(plan.out).toContain('orders/stage  shop.raw_orders changed')
    // With the delivery of version 2 it is what would be made.
    app.write('landing/orders.csv', orders(1, 2))
    expect((await app.levada('plan', 'shop.totals')).out).toContain('orders/total  shop.orders changed')
    const runs = await app.levada('runs', 'latest')
    expect(runs.out).toContain('succeeded restore:shop.orders version 2 is published again')
  })

  test('of the current version has nothing to do', async () => {
    using app = project(shop)
    await publish(app, [1], [2])
    const { out, code } = await app.levada('restore', 'shop.orders', '--version', '2')
    expect([out, code]).toEqual(['Version 2 is the current one of shop.orders: nothing to do.', 0])
    expect(await numbers(app)).toEqual([2, 1])
  })

  test('G16: of an unknown asset names the nearest, of a version that is not kept those that are', async () => {
    using app = project(shop)
    await publish(app, [1], [2])
    const unknown = await app.levada('restore', 'shop.order', '--version', '1')
    expect([unknown.code, unknown.err]).toEqual([
      2,
      expect.stringContaining(
        "error ASSET_UNKNOWN No asset of the app is named 'shop.order'. Did you mean 'shop.orders'?",
      ),
    ])
    const gone = await app.levada('restore', 'shop.orders', '--version', '7')
    expect([gone.code, gone.err]).toEqual([
      2,
      expect.stringContaining("error VERSION_UNKNOWN 'shop.orders' keeps no version 7; there are 2, 1."),
    ])
    expect((await app.levada('restore', 'shop.orders', '--version', 'last')).err).toContain('error USAGE')
    expect((await app.levada('restore', 'shop.orders')).err).toContain('error USAGE')
    expect((await app.levada('restore', 'shop.customers', '--version', '1')).err).toContain(
      "error NOT_MATERIALIZED 'shop.customers' has not been built in environment 'dev'.",
    )
  })

  test.each([
    ['a source', 'shop.raw_orders', 'a source, which nobody here writes'],
    ['what another app writes', 'shop.totals', "written by the app 'other'"],
  ])('of %s is refused', async (_, asset, why) => {
    using app = project(shop)
    await publish(app, [1])
    app.write('levada.config.ts', shop['levada.config.ts']!.replace("name: 'shop'", "name: 'other'"))
    expect((await app.levada('run', 'shop.totals', '--force')).err).toContain('FOREIGN_ASSET')
    app.write(
      'conf/base/catalog.yml',
      `${shop['conf/base/catalog.yml']!}shop.totals: { type: parquet, path: data/other }\n`,
    )
    expect((await app.levada('run', 'shop.totals')).code).toBe(0)
    app.write('levada.config.ts', shop['levada.config.ts']!)
    for (const args of [
      ['restore', asset, '--version', '1'],
      ['gc', asset],
    ]) {
      const { err, code } = await app.levada(...args)
      expect([code, err]).toEqual([2, expect.stringContaining(why)])
    }
  })

  test('while a run writes the asset it is told so, and publishes nothing', async () => {
    using app = project(slowShop({ go: '' }))
    expect((await app.levada('run', 'shop.numbers')).code).toBe(0)
    expect((await app.levada('run', 'shop.numbers', '--force')).code).toBe(0)
    rmSync(join(app.dir, 'go'))
    rmSync(join(app.dir, 'running'))
    const run = app.start(['run', 'shop.numbers', '--force'])
    await expect.poll(() => existsSync(join(app.dir, 'running')), { timeout: 20_000 }).toBe(true)
    const { code, err } = await app.levada('restore', 'shop.numbers', '--version', '1')
    expect([code, err]).toEqual([
      2,
      expect.stringContaining("error LEASED 'shop.numbers' is being written by run"),
    ])
    expect((await app.levada('gc', '--yes')).out).toContain('shop.numbers: left alone.')
    app.write('go', '')
    expect((await run).exitCode).toBe(0)
    expect((await listed(app, 'shop.numbers')).versions).toMatchObject([
      { number: 3 },
      { number: 2 },
      { number: 1 },
    ])
    expect((await app.levada('restore', 'shop.numbers', '--version', '1')).code).toBe(0)
  })
})

describe('levada gc', () => {
  test('says what the retention lets go of, and removes it with --yes', async () => {
    using app = project(shopWith(retention('{ versions: 1 }')))
    await publish(app, [1], [2], [3])
    expect((await app.levada('gc')).out).toBe('There is nothing to remove.')
    app.write('conf/base/environment.yml', 'retention: { versions: 1, grace: 0m }\n')
    const dry = await app.levada('gc', 'shop.orders')
    expect(dry.out).toMatch(
      /^shop\.orders {2}versions 1-2, \d.* {2}keeps 3 \(current\)\nTo remove: 2 versions, .* Nothing is removed yet; levada gc --yes does it\.$/,
    )
    expect(await numbers(app)).toEqual([3, 2, 1])
    const done = await app.levada('gc', 'shop.orders', '--yes')
    expect(done.out).toMatch(/Removed: 2 versions, /)
    expect(await numbers(app)).toEqual([3])
    expect(readdirSync(join(app.dir, 'data/shop/orders/data'))).toHaveLength(1)
    expect(await amounts(app)).toEqual([3])
    expect(readdirSync(manifests(app, 'totals'))).toHaveLength(3)
    const json = JSON.parse((await app.levada('gc', '--json')).out) as { removed: boolean; assets: unknown }
    expect(json).toMatchObject({
      removed: false,
      assets: [
        { asset: 'shop.orders', kept: [{ number: 3, why: 'current' }], removed: [] },
        { asset: 'shop.totals', removed: [{ number: 2 }, { number: 1 }] },
        { asset: 'shop.customers', kept: [], removed: [], size_bytes: 0 },
      ],
    })
  })

  test('a catalog entry says it for its assets, environment.yml for the others; publishing follows it, too', async () => {
    using app = project(
      shopWith({
        ...retention('{ grace: 0m }'),
        'conf/base/catalog.yml': `${shop['conf/base/catalog.yml']!}shop.orders: { type: parquet, path: data/shop/orders, retention: { versions: 4 } }\n`,
      }),
    )
    await publish(app, [1], [2], [3], [4], [5])
    expect(await numbers(app)).toEqual([5, 4, 3, 2])
    expect((await listed(app, 'shop.totals')).versions).toHaveLength(2)
  })

  test.each([
    ['versions: 0', 'retention.versions'],
    ['age: 3 weeks', 'retention.age'],
    ['ages: 3d', "unknown key 'ages'"],
  ])('a retention of { %s } is told at its place', async (words, told) => {
    using app = project(shopWith(retention(`{ ${words} }`)))
    const { err, code } = await app.levada('gc')
    expect([code, err]).toEqual([2, expect.stringContaining('error CONFIG_INVALID')])
    expect(err).toContain(told)
    expect(err).toContain('conf/base/environment.yml:1')
  })

  test('a retention of what keeps no versions is told', async () => {
    using app = project(
      shopWith({
        'conf/base/catalog.yml': shop['conf/base/catalog.yml']!.replace(
          'landing/orders.csv',
          'landing/orders.csv, retention: { versions: 3 }',
        ),
      }),
    )
    const { out, err } = await app.levada('check')
    expect(out + err).toContain(
      "error CONFIG_INVALID catalog.shop.raw_orders.retention: 'shop.raw_orders' keeps no versions",
    )
    expect(out + err).toContain('conf/base/catalog.yml:1')
  })

  test('what an unfinished run reads stays, and what it has made; a finished one and one of long ago hold nothing', async () => {
    using app = project(shopWith(retention('{ versions: 1, grace: 0m, age: 1d }')))
    await publish(app, [1], [2], [3], [4], [5])
    const { versions } = await listed(app)
    app.write('conf/base/environment.yml', 'retention: { versions: 1, grace: 0m }\n')
    const record = (run: string, id: unknown, last: string): void => {
      app.write(
        `.levada/runs/${run}/run.json`,
        JSON.stringify({ format: 1, pins: { 'shop.orders': { env: 'dev', id } } }),
      )
      app.write(`.levada/runs/${run}/log.jsonl`, `${last}\n`)
    }
    const now = new Date().toISOString().replaceAll(/[-:.]/g, '')
    const failed = JSON.stringify({ level: 'info', type: 'run_finished', state: 'failed' })
    const done = JSON.stringify({ level: 'info', type: 'run_finished', state: 'succeeded' })
    // Its clock was far in the past.
    record('20010101T000000000Z-failed', versions[4]!['id'], failed)
    record(`${now}-done`, versions[3]!['id'], done)
    record(`${now}-old`, versions[2]!['id'], failed)
    const old = new Date(Date.now() - 8 * 86_400_000)
    for (const file of ['run.json', 'log.jsonl'])
      utimesSync(join(app.dir, `.levada/runs/${now}-old`, file), old, old)
    app.write(`.levada/runs/${versions[1]!['run_id'] as string}/run.json`, '{"pins":{}}')
    writeFileSync(
      join(app.dir, `.levada/runs/${versions[1]!['run_id'] as string}/log.jsonl`),
      '{"type":"run_started"}\n',
    )
    const { out } = await app.levada('gc', 'shop.orders', '--yes')
    expect(out).toContain('versions 2-3, ')
    expect(out).toContain('keeps 5 (current), 1, 4 (read by a run that has not finished)')
    expect(await numbers(app)).toEqual([5, 4, 1])
    expect((await app.levada('versions', 'shop.orders')).out).toContain(
      'kept for run 20010101T000000000Z-failed, which has not finished',
    )
    // Nor does publishing remove it.
    await publish(app, [6])
    expect(await numbers(app)).toEqual(expect.arrayContaining([6, 4, 1]))
  })

  test('nothing is removed of the environment that is only read, nor through an entry that points there', async () => {
    const catalog = (env: string): string =>
      shop['conf/base/catalog.yml']!.replace('data/{domain}', `data/${env}/{domain}`)
    using app = project(
      shopWith({
        'conf/base/catalog.yml': catalog('${globals:env}'),
        'conf/base/environment.yml': 'retention: { versions: 1, grace: 0m }\n',
        'conf/prod/globals.yml': 'env: prod\n',
        'conf/prod/environment.yml': 'retention: { versions: 9 }\n',
        'conf/dev/globals.yml': 'env: dev\n',
        'conf/dev/environment.yml': 'reads: prod\n',
      }),
    )
    for (let i = 0; i < 2; i++) expect((await app.levada('run', '--force', '--env', 'prod')).code).toBe(0)
    expect((await app.levada('versions', 'shop.orders')).out).toContain('in environment prod')
    expect((await app.levada('gc', '--yes')).out).toBe('There is nothing to remove.')
    app.write('conf/dev/globals.yml', 'env: prod\n')
    const named = await app.levada('gc', 'shop.orders', '--yes')
    expect([named.code, named.err]).toEqual([
      2,
      expect.stringContaining("belongs to environment 'prod' and is only read in 'dev'"),
    ])
    expect((await app.levada('restore', 'shop.orders', '--version', '1')).err).toContain("only read in 'dev'")
    const all = await app.levada('gc', '--yes')
    expect([all.code, all.out]).toEqual([0, expect.stringContaining('shop.orders: left alone.')])
    expect(readdirSync(join(app.dir, 'data/prod/shop/orders/manifests'))).toHaveLength(2)
  })

  test('says of how many it could not remove anything, and fails', async () => {
    using app = project(shopWith(retention('{ versions: 1, grace: 1d }')))
    await publish(app, [1], [2])
    await app.levada('run', 'shop.customers')
    app.write('conf/base/environment.yml', 'retention: { versions: 1, grace: 0m }\n')
    // No lease can be taken there.
    const block = (asset: string): void => {
      rmSync(join(app.dir, `data/shop/${asset}/leases`), { recursive: true })
      app.write(`data/shop/${asset}/leases`, '')
    }
    block('orders')
    const one = await app.levada('gc', 'shop.orders', '--yes')
    expect([one.code, one.out]).toEqual([1, expect.stringContaining('shop.orders: error STORAGE ')])
    expect(one.out.split('\n').at(-1)).toBe('1 asset could not be cleaned.')
    block('customers')
    const some = await app.levada('gc', '--yes')
    expect([some.code, some.out.split('\n').at(-1)]).toEqual([
      1,
      expect.stringMatching(/^Removed: 1 version, .*\. 2 assets could not be cleaned\.$/),
    ])
    const rest = await app.levada('gc', '--yes')
    expect([rest.code, rest.out.split('\n').at(-1)]).toEqual([
      1,
      '2 assets could not be cleaned; of the others there is nothing to remove.',
    ])
    expect(await numbers(app)).toEqual([2, 1])
  })

  test('removes nothing while it cannot be told what a run reads; publishing goes on', async () => {
    using app = project({ ...shop, ...retention('{ versions: 1, grace: 0m }') })
    await publish(app, [1])
    const [run] = readdirSync(join(app.dir, '.levada/runs'))
    const record = join(app.dir, '.levada/runs', run!, 'run.json')
    rmSync(record)
    mkdirSync(record)
    await publish(app, [1, 2], [1, 2, 3])
    const { code, err } = await app.levada('gc', '--yes')
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/^error STORAGE Reading what a run reads, .*run\.json/),
    ])
    expect(readdirSync(manifests(app))).toHaveLength(3)
    rmSync(record, { recursive: true })
    expect((await app.levada('gc', '--yes')).code).toBe(0)
    expect(await numbers(app)).toEqual([3])
  })

  test('with a clock that is far in the past nothing is removed by age', async () => {
    using app = project(shopWith(retention('{ versions: 1, grace: 0m, age: 1d }')))
    await publish(app, [1], [2], [3])
    app.write('conf/base/environment.yml', 'retention: { versions: 1, grace: 0m }\n')
    // The times of the files are as far in the future as the clock would be in the past.
    const later = new Date(Date.now() + 40 * 365 * 86_400_000)
    for (const name of readdirSync(manifests(app))) utimesSync(join(manifests(app), name), later, later)
    expect((await app.levada('gc', 'shop.orders', '--yes')).out).toBe('There is nothing to remove.')
    await publish(app, [4])
    expect(await numbers(app)).toEqual([4, 3, 2, 1])
  })
})

describe('a damaged manifest', () => {
  test('is passed over and told; reading and publishing go on, and it is set aside', async () => {
    using app = project(shop)
    await publish(app, [1], [2])
    const file = join(manifests(app), '00000002.json')
    const text = readFileSync(file, 'utf8').slice(0, 100)
    writeFileSync(file, text)
    const told =
      /! MANIFEST_DAMAGED The manifest .*00000002\.json cannot be read: .* 'shop\.orders' goes on with version 1\./
    const shown = await app.levada('show', 'shop.orders')
    expect([shown.code, shown.out]).toEqual([0, expect.stringContaining('version    1, ')])
    expect(shown.err).toMatch(told)
    expect((await app.levada('plan')).out).toMatch(told)
    const listing = await app.levada('versions', 'shop.orders')
    expect(listing.out).toContain(`! version 2 cannot be read (${file}): `)
    const restored = await app.levada('restore', 'shop.orders', '--version', '2')
    expect(restored.err).toContain('error MANIFEST_DAMAGED Version 2 of')
    // What was made from it is made again, from what is good.
    const run = await app.levada('run', 'pipeline:orders')
    expect([run.code, run.out]).toEqual([0, expect.stringMatching(told)])
    expect(await numbers(app)).toEqual([3, 1])
    expect(await amounts(app)).toEqual([2])
    expect(readFileSync(join(manifests(app), 'damaged/00000002.json'), 'utf8')).toBe(text)
    expect((await app.levada('plan')).out).not.toContain('MANIFEST_DAMAGED')
    const gc = await app.levada('gc')
    expect(gc.out).toContain('! shop.orders: version 2 cannot be read')
    // Repaired by hand it is a version like the others.
    renameSync(join(manifests(app), 'damaged/00000002.json'), file)
    expect((await listed(app)).damaged).toHaveLength(1)
  })

  test.each([
    ['a folder', (file: string) => mkdirSync(file), 'a folder stands in its place'],
    ['a loop of links', (file: string) => symlinkSync(file, file), 'it is a link that leads to itself'],
    ['null', (file: string) => writeFileSync(file, 'null'), 'it is no JSON object'],
  ])('in place of which is %s is damaged as any other', async (_, replace, problem) => {
    using app = project(shopWith(retention('{ versions: 1, grace: 0m }')))
    app.write('conf/base/environment.yml', 'retention: { versions: 9 }\n')
    await publish(app, [1], [2], [3], [4])
    const replaced = (number: number): string => {
      const file = join(manifests(app), `0000000${number}.json`)
      rmSync(file)
      replace(file)
      return `The manifest ${file} cannot be read: ${problem}.`
    }
    const newest = replaced(4)
    const query = await app.levada('query', 'select amount from shop.orders', '--json')
    expect([query.code, JSON.parse(query.out)]).toEqual([0, [{ amount: 3 }]])
    expect(query.err).toContain(`! MANIFEST_DAMAGED ${newest} 'shop.orders' goes on with version 3.`)
    replaced(2)
    const { versions, damaged } = await listed(app)
    expect(versions).toMatchObject([{ number: 3 }, { number: 1 }])
    expect(damaged).toMatchObject([
      { number: 4, problem },
      { number: 2, problem },
    ])
    app.write('conf/base/environment.yml', 'retention: { versions: 1, grace: 0m }\n')
    const run = await app.levada('run', 'pipeline:orders', '--force')
    expect([run.code, run.out]).toEqual([0, expect.stringContaining(`! MANIFEST_DAMAGED ${newest}`)])
    const gc = await app.levada('gc', '--yes')
    expect([gc.code, gc.out]).toEqual([0, expect.stringContaining('! shop.orders: version 4 cannot be read')])
    expect(readdirSync(join(manifests(app), 'damaged')).toSorted()).toEqual([
      '00000002.json',
      '00000004.json',
    ])
    expect(await numbers(app)).toEqual([5])
  })
})
