import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mortalShop } from './mortal-shop.ts'
import { project, shop, shopWith } from './project.ts'

test('levada runs lists what ran; one run has its steps with reasons, checks, errors and versions', async () => {
  using app = project(shop)
  expect((await app.levada('runs')).out).toBe('No runs yet.')
  expect((await app.levada('runs', '--env', 'nope')).out).toBe("No runs of environment 'nope' yet.")
  await app.levada('run')
  app.write(
    'landing/orders.csv',
    'id,day,customer,amount\n1,2026-01-01,ann,10\n2,2026-01-01,bob,5000\n3,2026-01-02,ann,7\n',
  )
  await app.levada('run', 'shop.totals+')
  await app.levada('run', '+shop.totals')
  const { code, out } = await app.levada('runs')
  expect(code).toBe(0)
  const [, newest, middle, oldest] = out.split('\n')
  expect(newest).toMatch(/ dev +\+shop\.totals +failed .* 1 failed, 1 skipped, 1 succeeded$/)
  expect(middle).toMatch(/ dev +shop\.totals\+ +nothing .* 1 unchanged$/)
  expect(oldest).toMatch(/ dev +everything +succeeded .* 5 succeeded$/)
  const id = newest!.split(' ')[0]!
  const one = await app.levada('runs', id.slice(-6))
  expect(one.out).toContain(id)
  expect(one.out).toMatch(/failed orders\/stage shop\.raw_orders changed · .* · 5 of 7 checks passed/)
  expect(one.out).toContain('error shop.orders between(amount, 0, 1000): 1 of 3 rows fails')
  expect(one.out).toContain('error CHECK_FAILED')
  expect(one.out).toContain('skipped orders/total orders/stage failed')
  const json = JSON.parse((await app.levada('runs', oldest!.split(' ')[0]!, '--json')).out) as object
  expect(json).toMatchObject({
    state: 'succeeded',
    counts: { succeeded: 5 },
    materializations: [{ asset: expect.any(String) as string, number: 1 }, {}, {}],
  })
  const listed = JSON.parse((await app.levada('runs', '--json', '--limit', '2')).out) as unknown[]
  expect(listed).toHaveLength(2)
})

test('a run of some partitions has them in its line', async () => {
  using app = project(shop)
  await app.levada('run', 'shop.orders', '--partition', '2026-01-01..2026-01-02')
  const [, line] = (await app.levada('runs')).out.split('\n')
  expect(line).toMatch(/ dev +shop\.orders --partition 2026-01-01\.\.2026-01-02 +succeeded /)
  const [run] = JSON.parse((await app.levada('runs', '--json')).out) as object[]
  expect(run).toMatchObject({ selection: 'shop.orders', partition: '2026-01-01..2026-01-02' })
  const one = await app.levada('runs', 'latest')
  expect(one.out).toMatch(/· dev · shop\.orders --partition 2026-01-01\.\.2026-01-02\n/)
})

test('the runs of one environment are found behind newer ones of another', async () => {
  using app = project(shopWith({ 'conf/test/globals.yml': '{}\n' }))
  await app.levada('run', '--env', 'test')
  await app.levada('run')
  await app.levada('run')
  const listed = JSON.parse(
    (await app.levada('runs', '--env', 'test', '--limit', '1', '--json')).out,
  ) as unknown[]
  expect(listed).toMatchObject([{ env: 'test', state: 'succeeded' }])
})

test('a run whose log is gone is found by what it published, in all environments', async () => {
  using app = project(
    shopWith({
      'conf/test/catalog.yml': '"{domain}.{table}": { type: parquet, path: "test/{table}" }\n',
      'conf/broken/catalog.yml': 'a: {\n',
    }),
  )
  await app.levada('run')
  await app.levada('run', '--env', 'test', '--force')
  await app.levada('run', 'shop.customers', '--force')
  const list = async (...words: string[]) =>
    JSON.parse((await app.levada('runs', '--json', ...words)).out) as { id: string; state: string }[]
  const before = await list()
  expect(before).toHaveLength(3)
  for (const { id } of before.slice(1)) rmSync(join(app.dir, '.levada/runs', id), { recursive: true })
  const { out, err } = await app.levada('runs', '--rebuild')
  expect(err).toContain("! Environment 'broken' is not looked at: ")
  expect(
    out
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/  +/).slice(0, 5)),
  ).toEqual(
    before.map(({ id, state }, i) => [
      id,
      expect.any(String) as string,
      i === 1 ? 'test' : 'dev',
      i === 0 ? 'shop.customers' : 'its log is gone',
      i === 0 ? state : 'unknown',
    ]),
  )
  expect((await list()).map(({ id }) => id)).toEqual(before.map(({ id }) => id))
  const one = await app.levada('runs', before[2]!.id)
  expect(one.out).toMatch(/^shop\.customers: version 1 \(\S+\), 2 rows, /m)
  expect(one.out).toMatch(/^shop\.totals: version 1 \(\S+\), 2 rows, /m)
})

test('the history is there again when its index is not, and a run needs none', async () => {
  using app = project(shopWith({ '.levada/runs.db': 'not a database' }))
  expect((await app.levada('run')).code).toBe(0)
  expect((await app.levada('runs')).out).toMatch(/succeeded .* 5 succeeded$/)
  rmSync(join(app.dir, '.levada/runs.db'))
  expect((await app.levada('runs', '--rebuild')).out).toMatch(/succeeded .* 5 succeeded$/)
  expect((await app.levada('runs', '--limit', 'many')).err).toContain('--limit many is not a number of runs.')
  const { code, err } = await app.levada('runs', 'yesterday')
  expect(code).toBe(2)
  expect(err).toMatch(/error RUN_UNKNOWN The app has no run 'yesterday': the newest is \w+-\w+\./)
})

test('a run whose log cannot be read is told of, holds what it may read, and hinders no others', async () => {
  using app = mortalShop({ 'conf/base/environment.yml': 'retention: { versions: 1, grace: 0m }\n' })
  await app.levada('run', 'shop.orders')
  app.write('down', '')
  expect((await app.levada('run', 'shop.totals', 'shop.report', '--force')).code).toBe(1)
  const [first, failed] = readdirSync(join(app.dir, '.levada/runs')).toSorted() as [string, string]
  const log = join(app.dir, '.levada/runs', failed, 'log.jsonl')
  rmSync(log)
  mkdirSync(log)

  const { code, out } = await app.levada('runs')
  expect(code).toBe(0)
  expect(out).toMatch(new RegExp(`^${first} .* succeeded`, 'm'))
  expect(out).toContain(`! The log of run ${failed} cannot be read, so that not all is told of it: EISDIR: `)
  const json = await app.levada('runs', '--json')
  expect(JSON.parse(json.out)).toMatchObject([{ id: first }])
  expect(json.err).toContain(`! The log of run ${failed} cannot be read`)
  const one = await app.levada('runs', failed)
  expect(one.code).toBe(2)
  expect(one.err).toContain(`error STORAGE Reading the log of the run '${failed}' failed: EISDIR: `)
  expect((await app.levada('runs', 'latest')).out).toContain(first)

  app.write('stage.sql', 'select id, day, customer, amount + 1 as amount from raw\n')
  expect((await app.levada('run', 'shop.orders')).code).toBe(0)
  const gc = await app.levada('gc', '--yes')
  expect([gc.code, gc.err]).toEqual([0, ''])
  expect(gc.out).toContain(`stays for seven days, or until it is done: levada run --resume ${failed}`)
  const versions = JSON.parse((await app.levada('versions', 'shop.orders', '--json')).out) as object
  expect(versions).toMatchObject({ versions: [{ number: 2 }, { number: 1, pinned_by: [failed] }] })
})
