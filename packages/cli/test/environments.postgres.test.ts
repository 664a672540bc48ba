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
    const plan = await app.levada('plan', 'shop.totals')
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
