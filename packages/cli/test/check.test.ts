import { describe, expect, test } from 'vitest'
import { project, shop, shopWith } from './project.ts'

const pipelines = shop['pipelines.ts']!
const config = shop['levada.config.ts']!

describe('levada check', () => {
  test('a job that selects nothing is an error, of check and of what runs it', async () => {
    using app = project(
      shopWith({
        'levada.config.ts': config.replace(
          "select: 'pipeline:orders' }",
          "select: 'tag:nightly' }, hourly: { select: ['tag:nihgtly'] as never }, both: { select: ['tag:nihgtly', 'shop.totals'] as never }",
        ),
      }),
    )
    const said = "No asset of the app has the tag 'nihgtly'. Did you mean 'nightly'?"
    const { code, out, err } = await app.levada('check')
    expect(err).toContain(`error SELECTION_EMPTY Job 'hourly' selects nothing. ${said}`)
    expect(err).not.toContain('both')
    expect(out).toContain(`! Job 'both': ${said}`)
    expect(code).toBe(1)
    for (const command of ['run', 'plan']) {
      const tried = await app.levada(command, '--job', 'hourly')
      expect(tried.err).toContain(`error SELECTION_EMPTY Job 'hourly' selects nothing. ${said}`)
      expect(tried.code).toBe(2)
    }
  })

  test('passes on a sound app, and binds its SQL without any data', async () => {
    using app = project(shopWith({ 'landing/orders.csv': '', 'landing/customers.csv': '' }))
    const { code, out } = await app.levada('check')
    expect(out).toContain('✓ dev: 5 statements bound')
    expect(code).toBe(0)
  })

  test.each([
    [
      'an unknown column',
      { 'stage.sql': 'select id, day, customer,\n  amuont as amount\nfrom raw\n' },
      'SQL_BIND',
      'stage.sql:2:3',
      'amount',
    ],
    [
      'an ambiguous column',
      { 'total.sql': 'select day, 1 as orders, amount\nfrom orders a join orders b using (id)\n' },
      'SQL_BIND',
      'total.sql:1:8',
      'mbiguous',
    ],
    [
      'a syntax error',
      { 'total.sql': 'select day, count(*) as orders\nfrom orders\ngroup bye day\n' },
      'SQL_SYNTAX',
      'total.sql:3:7',
      'bye',
    ],
    [
      'a result of another type',
      { 'customers.sql': 'select name, current_date as city from raw\n' },
      'SQL_RESULT',
      'customers.sql:1:1',
      "city: date, but 'shop.customers' declares string",
    ],
    [
      'a result without a column',
      { 'customers.sql': 'select name from raw\n' },
      'SQL_RESULT',
      'customers.sql:1:1',
      "no column 'city'",
    ],
    [
      'a result with another column',
      { 'customers.sql': 'select name, city, 1 as n from raw\n' },
      'SQL_RESULT',
      'customers.sql:1:1',
      "column 'n'",
    ],
    [
      'an undeclared table',
      {
        'total.sql':
          'select o.day, 1 as orders, 1.0::double as amount\nfrom orders o\njoin customers using (customer)\n',
      },
      'SQL_TABLE_UNDECLARED',
      'total.sql:3:6',
      'customers',
    ],
    [
      'a file read behind the back of the catalog',
      { 'customers.sql': "select name, city\nfrom 'landing/customers.csv'\n" },
      'SQL_TABLE_UNDECLARED',
      'customers.sql:2:6',
      'landing/customers.csv',
    ],
    [
      'an undeclared param',
      {
        'total.sql':
          'select day, count(*) as orders, sum(amount) * $facter as amount\nfrom orders\ngroup by day\n',
      },
      'SQL_PARAM_UNDECLARED',
      'total.sql:1:47',
      "Did you mean 'factor'?",
    ],
    [
      'more than a select',
      { 'customers.sql': 'delete from raw\n' },
      'SQL_NOT_SELECT',
      'customers.sql:1:1',
      'SELECT',
    ],
    [
      'a missing SQL file',
      { 'pipelines.ts': pipelines.replace('./customers.sql', './customer.sql') },
      'SQL_FILE_MISSING',
      'customer.sql',
      'stage-customers',
    ],
    [
      'a missing param',
      { 'pipelines.ts': pipelines.replace('z.number().default(1)', 'z.number()') },
      'PARAM_MISSING',
      '',
      "'factor'",
    ],
    [
      'a param of the wrong type',
      { 'conf/base/parameters.yml': 'orders:\n  factor: high\n' },
      'PARAM_INVALID',
      'conf/base/parameters.yml:2:11',
      'orders.factor',
    ],
    [
      'a missing credential',
      {
        'conf/base/catalog.yml': shop['conf/base/catalog.yml']!.replace(
          'path: landing/customers.csv',
          'path: "${secret:landing/customers}"',
        ),
      },
      'CREDENTIAL_MISSING',
      'conf/base/catalog.yml:2',
      'landing/customers',
    ],
    [
      'an asset that no entry stores',
      { 'conf/base/catalog.yml': 'shop.orders: { type: parquet, path: data/orders }\n' },
      'CATALOG_MISSING',
      'conf/base/catalog.yml',
      'shop.totals',
    ],
    [
      'two assets at one place',
      { 'conf/base/catalog.yml': shop['conf/base/catalog.yml']!.replace('{domain}/{table}"', '{domain}"') },
      'CATALOG_CLASH',
      'conf/base/catalog.yml:3',
      'shop.orders',
    ],
    [
      'a dataset type that no plugin has',
      { 'conf/base/catalog.yml': shop['conf/base/catalog.yml']!.replace('type: parquet', 'type: parket') },
      'PLUGIN_MISSING',
      'conf/base/catalog.yml:3',
      "Did you mean 'parquet'?",
    ],
    [
      'an unknown key of an entry',
      { 'conf/base/catalog.yml': shop['conf/base/catalog.yml']!.replace('path: "data', 'pth: "data') },
      'CONFIG_INVALID',
      'conf/base/catalog.yml:3',
      "Did you mean 'path'?",
    ],
    [
      'an unknown file in conf',
      { 'conf/base/catalogue.yml': '' },
      'CONFIG_FILE_UNKNOWN',
      'conf/base/catalogue.yml',
      'catalog.yml',
    ],
    [
      'an asset that is built but stored read-only',
      {
        'conf/base/catalog.yml': `${shop['conf/base/catalog.yml']!}shop.customers: { type: csv, path: landing/out.csv }\n`,
      },
      'NOT_SUPPORTED',
      'conf/base/catalog.yml:4',
      'shop.customers',
    ],
    [
      'a check that does not bind',
      {
        'pipelines.ts': pipelines
          .replace('import { asset,', 'import { sqlCheck, asset,')
          .replace(
            "key: ['name'] })",
            "key: ['name'], checks: [sqlCheck('no towns', 'select * from customers where town is null')] })",
          ),
      },
      'SQL_BIND',
      'no towns',
      'town',
    ],
  ] as const)('finds %s: %s at %s', async (_, files, code, place, text) => {
    using app = project(shopWith(files as Record<string, string>))
    const { code: exit, err } = await app.levada('check')
    expect(exit).toBe(1)
    expect(err).toContain(`error ${code}`)
    expect(err).toContain(place)
    expect(err).toContain(text)
  })

  test('looks at every environment', async () => {
    using app = project(
      shopWith({
        'conf/prod/catalog.yml':
          'shop.raw_orders: { type: csv, path: "${env:NOWHERE_TO_BE_FOUND}/orders.csv" }\n',
      }),
    )
    const { code, out, err } = await app.levada('check')
    expect(code).toBe(1)
    expect(out).toContain('✓ dev')
    expect(out).toContain('✗ prod')
    expect(err).toContain('conf/prod/catalog.yml:1')
    const json = JSON.parse((await app.levada('check', '--json')).out) as {
      environments: { env: string; errors: { code: string; line: number }[] }[]
    }
    expect(json.environments.map(({ env, errors }) => [env, errors.map((error) => error.code)])).toEqual([
      ['dev', []],
      ['prod', ['CONFIG_INTERPOLATION']],
    ])
  })

  test('composition errors are found on what is installed, where the compiler sees no difference', async () => {
    const rival =
      "export const rival = definePipeline('rival', { nodes: [sqlNode('r', { inputs: { o: expects('shop.orders', z.object({ day: z.string(), amount: z.int() })) }, output: asset('rival.out', { schema: z.object({ day: z.string() }) }), sql: new URL('./customers.sql', import.meta.url) })] })"
    using app = project(
      shopWith({
        'pipelines.ts': `${pipelines.replace('import { asset', 'import { expects, asset')}\n${rival}\n`,
        'levada.config.ts': config
          .replace('{ customers, orders }', '{ customers, orders, rival }')
          .replace('[orders, customers]', '[orders, customers, rival]'),
      }),
    )
    const { code, err } = await app.levada('check')
    expect(code).toBe(1)
    expect(err).toContain("rival: needs 'shop.orders'.day: string, but 'orders' provides date.")
    expect(err).toContain("rival: needs 'shop.orders'.amount: int, but 'orders' provides float.")
  })
})
