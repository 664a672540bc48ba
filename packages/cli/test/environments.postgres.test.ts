import { describe, expect, test } from 'vitest'
import { project, shopWith } from './project.ts'
import { run, server } from './server.ts'

let apps = 0

const config = `
import { defineApp } from '@levada/core'
import { files } from '@levada/io-files'
import { postgresTables } from '@levada/io-postgres'
import { postgres } from '@levada/resource-postgres'
import { duckdb } from '@levada/resource-duckdb'
import { customers, orders } from './pipelines.ts'

export default defineApp({ name: 'shop', plugins: [postgres(), postgresTables(), duckdb(), files()], pipelines: [orders, customers] })
`

/** Production, and development of one user on the same server. */
function twoEnvironments(name: string): Readonly<Record<string, string>> {
  return shopWith({
    'levada.config.ts': config,
    'conf/base/catalog.yml': `shop.raw_orders: { type: csv, path: landing/orders.csv }
shop.raw_customers: { type: csv, path: landing/customers.csv }
"{domain}.{table}": { type: postgres.table, schema: "\${globals:prefix}{domain}", table: "{table}" }
`,
    'conf/base/engines.yml': 'default: postgres\n',
    'conf/base/resources.yml': JSON.stringify({ postgres: server }),
    'conf/prod/globals.yml': `prefix: ${name}_prod_\n`,
    'conf/prod/environment.yml': 'protected: true\n',
    'conf/dev/globals.yml': `prefix: "${name}_dev_\${env:LEVADA_TEST_USER}_"\n`,
    'conf/dev/environment.yml': 'reads: prod\n',
  })
}

const schemasLike = async (text: string): Promise<readonly string[]> =>
  (await run(`select nspname from pg_namespace where nspname like $1 order by 1`, [`${text}%`])).map(
    ([name]) => name!,
  )

describe('environments on one server', () => {
  test('dev reads what it has not built from prod, and writes under the name of its user', async () => {
    const name = `app${++apps}`
    using app = project(twoEnvironments(name))
    const user = { LEVADA_TEST_USER: `o'brien "x"` }
    const prod = await app.start(['run', '--env', 'prod'], user)
    expect(prod.stderr + prod.stdout).toContain('5 succeeded')
    const heads = `select asset, max(number) from levada.versions where asset like '"${name}_prod%' group by 1 order by 1`
    const before = await run(heads)
    expect(before.length).toBe(3)
    const plan = await app.start(['plan', 'shop.totals'], user)
    expect(plan.stdout).toContain('reads  shop.orders version 1 of environment prod')
    expect(plan.stdout).toContain(`postgres.table postgres:"${name}_dev_o'brien ""x""_shop".totals`)
    const made = await app.start(['run', 'shop.totals'], user)
    expect(made.stdout).toContain('shop.totals: 2 rows')
    expect(await run(heads)).toEqual(before)
    expect(await schemasLike(`${name}_`)).toEqual([`${name}_dev_o'brien "x"_shop`, `${name}_prod_shop`])
    expect(await run(`select count(*) from "${name}_dev_o'brien ""x""_shop".totals`)).toEqual([['2']])
  })

  test('a user that is not set is an error with its place, for dev only', async () => {
    using app = project(twoEnvironments(`app${++apps}`))
    const dev = await app.start(['plan'])
    expect(dev.exitCode).toBe(2)
    expect(dev.stderr).toContain('LEVADA_TEST_USER')
    expect(dev.stderr).toContain('conf/dev/globals.yml:1:')
    expect((await app.start(['plan', '--env', 'prod'])).exitCode).toBe(0)
  })

  test('what would be written where prod has it is refused, however the server is named', async () => {
    const name = `app${++apps}`
    using app = project({
      ...twoEnvironments(name),
      'conf/dev/globals.yml': `prefix: ${name}_prod_\n`,
      'conf/dev/resources.yml': JSON.stringify({ same: { type: 'postgres', ...server } }),
      'conf/dev/engines.yml': 'default: same\n',
      'conf/dev/catalog.yml': `"{domain}.{table}": { type: postgres.table, server: same, schema: "\${globals:prefix}{domain}", table: "{table}" }\n`,
    })
    expect((await app.levada('run', '--env', 'prod')).code).toBe(0)
    const { code, err } = await app.levada('run')
    expect(err).toContain('CATALOG_CLASH')
    expect(err).toContain("where environment 'prod' has it, which is only read")
    expect(code).toBe(2)
  })

  test('nor is it written where prod has another asset', async () => {
    const name = `app${++apps}`
    using app = project({
      ...twoEnvironments(name),
      'conf/dev/globals.yml': `prefix: ${name}_dev_\n`,
      'conf/dev/catalog.yml': `shop.totals: { type: postgres.table, schema: ${name}_prod_shop, table: customers }\n`,
    })
    expect((await app.levada('run', '--env', 'prod')).code).toBe(0)
    for (const command of ['plan', 'run']) {
      const { code, err } = await app.levada(command, 'shop.totals')
      expect(err).toContain("CATALOG_CLASH 'shop.totals' would be written to")
      expect(err).toContain("where environment 'prod' has 'shop.customers', which is only read")
      expect(code).toBe(2)
    }
    expect(await run(`select max(number) from levada.versions where asset like '"${name}_prod%'`)).toEqual([
      ['1'],
    ])
  })

  test.each(['127.0.0.1', 'localhost'])(
    'two assets at one place are found, if one names its server %s',
    async (host) => {
      const schema = `app${++apps}_one`
      using app = project({
        ...twoEnvironments(schema),
        'conf/base/resources.yml': JSON.stringify({
          postgres: server,
          same: { type: 'postgres', ...server, host },
        }),
        'conf/prod/catalog.yml': `shop.customers: { type: postgres.table, server: same, schema: ${schema}, table: totals }
shop.totals: { type: postgres.table, schema: ${schema}, table: totals }
`,
      })
      for (const [command, fails] of [
        ['check', 1],
        ['run', 2],
      ] as const) {
        const { err, out, code } = await app.levada(command, '--env', 'prod')
        expect(err + out).toMatch(
          /CATALOG_CLASH 'shop\.\w+' and 'shop\.\w+' \(conf\/prod\/catalog\.yml:\d:\d+\) are both stored at/,
        )
        expect(code).toBe(fails)
      }
      expect(await schemasLike(schema)).toEqual([])
    },
  )

  test('the same name on another server is another place', async () => {
    const name = `app${++apps}`
    await run(`create database ${name}`)
    using app = project({
      ...twoEnvironments(name),
      'conf/dev/globals.yml': `prefix: ${name}_prod_\n`,
      'conf/dev/resources.yml': JSON.stringify({ postgres: { ...server, database: name } }),
    })
    expect((await app.levada('run', '--env', 'prod')).code).toBe(0)
    const { code, out } = await app.levada('run', 'shop.totals')
    expect(out).toContain('shop.totals: 2 rows')
    expect(code).toBe(0)
    const plan = await app.levada('plan', 'shop.totals', '--force')
    expect(plan.out).toContain('of environment prod · moved to postgres')
  })

  test('one app writes an asset: another is told when the run is planned', async () => {
    const name = `app${++apps}`
    using app = project(twoEnvironments(name))
    expect((await app.levada('run', '--env', 'prod')).out).toContain('5 succeeded')
    app.write('levada.config.ts', config.replace("name: 'shop'", "name: 'rival'"))
    const { code, err } = await app.levada('run', '--env', 'prod')
    expect(err).toContain("FOREIGN_ASSET 'shop.orders' is written by the app 'shop'")
    expect(code).toBe(2)
    expect(await run(`select max(number) from levada.versions where asset like '"${name}_prod%'`)).toEqual([
      ['1'],
    ])
  })
})

describe('an external that Levada did not write', () => {
  const weather = (schema: string) => ({
    'weather.ts': `
import { asset, definePipeline, sql, sqlNode } from '@levada/core'
import { z } from 'zod'
export const rain = asset('met.rain', { schema: z.object({ city: z.string(), mm: z.int() }) })
const measure = sqlNode('measure', { inputs: {}, output: rain, sql: sql\`select 'Funchal' as city, 3 as mm\` })
export const weather = definePipeline('weather', { nodes: [measure] })
`,
    'levada.config.ts': `
import { asset, defineApp, definePipeline, external, sql, sqlNode } from '@levada/core'
import { postgresTables } from '@levada/io-postgres'
import { postgres } from '@levada/resource-postgres'
import { z } from 'zod'
import { rain, weather } from './weather.ts'

const wet = asset('shop.wet', { schema: z.object({ city: z.string() }) })
const node = sqlNode('wet', { inputs: { rain }, output: wet, sql: sql\`select city from rain where mm > 2\` })
export default defineApp({
  name: 'shop', plugins: [postgres(), postgresTables()],
  pipelines: [definePipeline('wet', { nodes: [node] })], externals: [external(weather)],
})
`,
    'conf/base/catalog.yml': `"{domain}.{table}": { type: postgres.table, schema: ${schema}, table: "{table}" }\n`,
    'conf/base/resources.yml': JSON.stringify({ postgres: server }),
    'conf/dev/.gitkeep': '',
  })

  test.each([
    ['without a column', 'city text, snow int', "has no column 'mm'; there are city, snow."],
    ['with another type', 'city text, mm text', "column 'mm' is string, expected int."],
  ])('%s is SOURCE_SCHEMA when the run is planned', async (_, columns, message) => {
    const schema = `app${++apps}_met`
    await run(`create schema ${schema}`)
    await run(`create table ${schema}.rain (${columns})`)
    using app = project(weather(schema))
    const { code, err } = await app.levada('plan')
    expect(err).toContain(`SOURCE_SCHEMA 'met.rain' in postgres:${schema}.rain`)
    expect(err).toContain(message)
    expect(err).toContain('conf/base/catalog.yml:1:')
    expect(code).toBe(2)
  })

  test('has no age that could be limited', async () => {
    const schema = `app${++apps}_met`
    await run(`create schema ${schema}`)
    await run(`create table ${schema}.rain (city text, mm int)`)
    using app = project(weather(schema))
    expect((await app.levada('plan')).code).toBe(0)
    app.write('conf/dev/environment.yml', 'externals: { met.rain: { max_age: 1h } }\n')
    const { code, err } = await app.levada('plan')
    expect(err).toContain(
      `NOT_SUPPORTED The age of 'met.rain' in postgres.table postgres:${schema}.rain is not known: it was not written by Levada.`,
    )
    expect(code).toBe(2)
  })
})
