import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { project, shopWith, type Project } from './project.ts'

const catalog = `shop.raw_orders: { type: csv, path: landing/orders.csv }
shop.raw_customers: { type: csv, path: landing/customers.csv }
"{domain}.{table}": { type: parquet, path: "data/\${globals:env}/{table}" }
`
/** Development that reads what it has not built from production. */
const twoEnvironments = (files: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> =>
  shopWith({
    'conf/base/catalog.yml': catalog,
    'conf/prod/globals.yml': 'env: prod\n',
    'conf/prod/environment.yml': 'protected: true\n',
    'conf/dev/globals.yml': 'env: dev_${env:LEVADA_TEST_USER,ann}\n',
    'conf/dev/environment.yml': 'reads: prod\n',
    ...files,
  })

const filesBelow = (app: Project, folder: string): readonly string[] =>
  readdirSync(join(app.dir, folder), { recursive: true }).map(String).toSorted()

describe('reads: prod', () => {
  test('what is not built here is read there, and nothing is written there', async () => {
    using app = project(twoEnvironments())
    expect((await app.levada('run', '--env', 'prod')).code).toBe(0)
    const before = filesBelow(app, 'data/prod')
    const plan = await app.levada('plan', 'shop.totals')
    expect(plan.out).toContain('reads  shop.orders version 1 of environment prod')
    const run = await app.levada('run', 'shop.totals')
    expect(run.out).toContain('shop.totals: 2 rows')
    expect(run.code).toBe(0)
    expect(filesBelow(app, 'data/prod')).toEqual(before)
    expect(readdirSync(join(app.dir, 'data/dev_ann'))).toEqual(['totals'])

    // From now on dev reads its own totals, and prod's customers.
    writeFileSync(join(app.dir, 'landing/orders.csv'), 'id,day,customer,amount\n1,2026-01-01,ann,7\n')
    expect((await app.levada('run', 'shop.orders')).code).toBe(0)
    const query = await app.levada(
      'query',
      'select (select count(*) from shop.orders) as orders, (select count(*) from shop.customers) as customers',
      '--json',
    )
    expect(JSON.parse(query.out)).toEqual([{ orders: '1', customers: '2' }])
    expect((await app.levada('plan', 'shop.totals')).out).toContain('reads  shop.orders version 1\n')
    expect(filesBelow(app, 'data/prod')).toEqual(before)
    // A prefix of one's own: another user has built nothing.
    const { stdout } = await app.start(['plan', 'shop.totals'], { LEVADA_TEST_USER: 'bob' })
    expect(stdout).toContain('reads  shop.orders version 1 of environment prod')
    expect(stdout).toContain('data/dev_bob/totals')
  })

  test('an asset that neither has built is NOT_MATERIALIZED', async () => {
    using app = project(twoEnvironments())
    expect((await app.levada('run', 'shop.totals')).err).toContain('NOT_MATERIALIZED')
  })

  test('a remedy names the environment, and one command for all that is missing', async () => {
    using app = project(twoEnvironments())
    const prod = ['--env', 'prod'] as const
    expect((await app.levada('run', 'shop.totals', ...prod)).err).toContain(
      '→ Build it too: levada run +shop.totals --env prod (',
    )
    expect((await app.levada('plan', 'pipeline:orders', 'shop.totals+', ...prod)).err).toBe('')
    expect((await app.levada('run', 'shop.totals', ...prod, '--partition', '2026-01-01')).err).toContain(
      '→ Build it first: levada run +shop.orders --env prod (',
    )
    expect((await app.levada('query', 'from shop.orders', ...prod)).err).toContain(
      '→ Build it first: levada run +shop.orders --env prod (',
    )
    expect((await app.levada('show', 'shop.orders', ...prod)).out).toContain(
      'Not built yet in environment prod: levada run +shop.orders --env prod',
    )
    expect((await app.levada('run', 'shop.raw_orders+', 'pipeline:customers', ...prod)).code).toBe(0)
  })

  test('what would be written where prod has it is refused before anything runs', async () => {
    using app = project(twoEnvironments({ 'conf/dev/globals.yml': 'env: prod\n' }))
    expect((await app.levada('run', '--env', 'prod')).code).toBe(0)
    const before = filesBelow(app, 'data/prod')
    const { err, code } = await app.levada('run')
    expect(code).toBe(2)
    expect(err).toContain("CATALOG_CLASH 'shop.orders' would be written to")
    expect(err).toContain("where environment 'prod' has it, which is only read")
    expect(filesBelow(app, 'data/prod')).toEqual(before)
  })

  test('nor is it written where prod has another asset', async () => {
    using app = project(
      twoEnvironments({
        'conf/dev/catalog.yml': 'shop.totals: { type: parquet, path: data/prod/customers }\n',
      }),
    )
    expect((await app.levada('run', '--env', 'prod')).code).toBe(0)
    const before = filesBelow(app, 'data/prod')
    for (const command of ['plan', 'run']) {
      const { err, code } = await app.levada(command, 'shop.totals')
      expect(err).toMatch(/CATALOG_CLASH 'shop\.totals' would be written to \S+data\/prod\/customers,/)
      expect(err).toContain("where environment 'prod' has 'shop.customers', which is only read")
      expect(err).toContain('conf/dev/catalog.yml:1:14')
      expect(code).toBe(2)
    }
    expect(filesBelow(app, 'data/prod')).toEqual(before)
  })

  test.each([
    ['an unknown environment', 'reads: prd\n', 'ENV_UNKNOWN', 'conf/dev/environment.yml:1:8'],
    ['itself', 'reads: dev\n', 'CONFIG_INVALID', 'conf/dev/environment.yml:1:8'],
    ['an unknown key', 'read: prod\n', 'CONFIG_INVALID', 'conf/dev/environment.yml:1:1'],
    [
      'an age of what is no external',
      'externals: { shop.order: { max_age: 36h } }\n',
      'ASSET_UNKNOWN',
      'conf/dev/environment.yml:1:14',
    ],
    [
      'an age without a unit',
      'externals: { met.rain: { max_age: "36" } }\n',
      'CONFIG_INVALID',
      'conf/dev/environment.yml:1:35',
    ],
  ])('%s is an error with its place', async (_, text, code, place) => {
    using app = project(twoEnvironments({ 'conf/dev/environment.yml': text }))
    for (const command of ['check', 'plan']) {
      const { err } = await app.levada(command)
      expect(err).toContain(code)
      expect(err).toContain(place)
    }
  })
})

const withWeather = (schema: string): Readonly<Record<string, string>> => ({
  'weather.ts': `
import { asset, definePipeline, sql, sqlNode } from '@levada/core'
import { z } from 'zod'
export const rain = asset('met.rain', { schema: z.object({ ${schema} }) })
const measure = sqlNode('measure', { inputs: {}, output: rain, sql: sql\`select 'Funchal' as city, 3 as mm\` })
export const weather = definePipeline('weather', { nodes: [measure] })
`,
  'levada.config.ts': `
import { asset, defineApp, definePipeline, expects, external, sql, sqlNode } from '@levada/core'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { z } from 'zod'
import { weather } from './weather.ts'

const rain = expects('met.rain', z.object({ city: z.string(), mm: z.int() }))
const wet = asset('shop.wet', { schema: z.object({ city: z.string() }) })
const node = sqlNode('wet', { inputs: { rain }, output: wet, sql: sql\`select city from rain where mm > 2\` })
const own = process.env.LEVADA_TEST_APP === 'weather'
export default defineApp({
  name: own ? 'weather' : 'shop',
  plugins: [duckdb(), parquet()],
  pipelines: own ? [weather] : [definePipeline('wet', { nodes: [node] })],
  externals: own ? [] : [external(weather)],
} as never)
`,
  'conf/base/catalog.yml': '"{domain}.{table}": { type: parquet, path: "data/{domain}/{table}" }\n',
})

describe('externals', () => {
  const columns = 'city: z.string(), mm: z.int()'
  const build = async (app: Project): Promise<void> => {
    const { exitCode } = await app.start(['run'], { LEVADA_TEST_APP: 'weather' })
    expect(exitCode).toBe(0)
  }
  const manifest = (app: Project): string => join(app.dir, 'data/met/rain/manifests/00000001.json')

  test('T17: are not run, and read where their deployment stores them', async () => {
    using app = project({
      ...withWeather(columns),
      'conf/dev/environment.yml': 'externals: { "met.{table}": { max_age: 1h } }\n',
    })
    expect((await app.levada('run')).err).toContain('NOT_MATERIALIZED')
    await build(app)
    expect((await app.levada('plan')).out).toContain('reads  met.rain version 1')
    expect((await app.levada('run')).out).toContain('shop.wet: 1 row')
  })

  test('that are too old are STALE_DATA when the run is planned', async () => {
    using app = project(withWeather(columns))
    await build(app)
    app.write('conf/dev/environment.yml', 'externals: { met.rain: { max_age: 36h } }\n')
    const text = readFileSync(manifest(app), 'utf8')
    const old = new Date(Date.now() - 40 * 3_600_000).toISOString()
    writeFileSync(manifest(app), text.replace(/"createdAt":"[^"]*"/, `"createdAt":"${old}"`))
    expect((await app.levada('run')).err).toMatch(/! .*met\.rain[^]*NOT_MATERIALIZED/)
    // Without the digest that says that nobody changed it.
    const unsealed = text.replace(/,\n"digest":"[^"]*"/, '')
    writeFileSync(manifest(app), unsealed.replace(/"createdAt":"[^"]*"/, `"createdAt":"${old}"`))
    const { err, code } = await app.levada('run')
    expect(err).toMatch(
      /STALE_DATA 'met\.rain' \(version 1, run \S+\) is 40 h old; environment\.yml allows 36 h\./,
    )
    expect(code).toBe(2)
    expect(readdirSync(join(app.dir, 'data'))).toEqual(['met'])
  })

  test('whose age is limited but not known are NOT_SUPPORTED with the reason', async () => {
    using app = project({
      ...withWeather(columns),
      'conf/base/catalog.yml': `met.rain: { type: parquet, path: rain.parquet }\nshop.wet: { type: parquet, path: data/wet }\n`,
      'conf/dev/environment.yml': 'externals: { "met.{table}": { max_age: 36h } }\n',
      'rain.parquet': 'not read',
    })
    const { err, code } = await app.levada('plan')
    expect(err).toMatch(
      /NOT_SUPPORTED The age of 'met\.rain' in parquet \S+rain\.parquet is not known: a single file/,
    )
    expect(code).toBe(2)
  })

  test('that were stored with other columns are STALE_SCHEMA when the run is planned', async () => {
    using app = project(withWeather(columns))
    await build(app)
    const snow = withWeather('city: z.string(), mm: z.int(), snow: z.int()')
    app.write('weather.ts', snow['weather.ts']!)
    // Who expects no snow reads what is there.
    expect((await app.levada('plan')).code).toBe(0)
    app.write(
      'levada.config.ts',
      snow['levada.config.ts']!.replace('mm: z.int() }))', 'mm: z.int(), snow: z.int() }))'),
    )
    const { err, code } = await app.levada('plan')
    expect(err).toContain("STALE_SCHEMA 'met.rain' was written without the column 'snow'; it is read as int.")
    expect(err).toContain('→ Ask its owner to build it again')
    expect(code).toBe(2)
  })

  test('one app writes an asset: another is told when the run is planned', async () => {
    using app = project(withWeather(columns))
    await build(app)
    app.write(
      'levada.config.ts',
      withWeather(columns)['levada.config.ts']!.replace("own ? 'weather'", "own ? 'meteo'"),
    )
    const { stderr, exitCode } = await app.start(['run'], { LEVADA_TEST_APP: 'weather' })
    expect(stderr).toContain("FOREIGN_ASSET 'met.rain' is written by the app 'weather'")
    expect(exitCode).toBe(2)
  })
})
