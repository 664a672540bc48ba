import { describe, expect, test } from 'vitest'
import { project, shop, shopWith } from './project.ts'

const config = shop['levada.config.ts']!
const pipelines = shop['pipelines.ts']!
const catalog = shop['conf/base/catalog.yml']!

/** A node in TypeScript in the place of the SQL that stages orders. */
const functionNode = (write: string): Readonly<Record<string, string>> => ({
  'pipelines.ts': pipelines
    .replace('import { asset,', 'import { node, asset,')
    .replace(
      /const stage = .*\n/,
      `const stage = node('stage', {\n  inputs: { raw: rawOrders },\n  outputs: { out: ordersAsset },\n  run: (_, { outputs }) => outputs.out.write(${write} as never),\n})\n`,
    ),
})

/** Orders by customer, too. */
const byCustomer = (values: string): Readonly<Record<string, string>> => ({
  'pipelines.ts': pipelines
    .replace('import { asset,', 'import { staticValues, asset,')
    .replace("[daily('day')]", `[daily('day'), staticValues('customer', ${values})]`),
})

describe('an error says where, and what to do about it', () => {
  test.each([
    [
      'a package that is not installed',
      { 'levada.config.ts': `${config}import 'not-there'\n` },
      ['check'],
      ["Cannot find package 'not-there'.", /at levada\.config\.ts:\d+:8/, 'Add the package to package.json'],
    ],
    [
      'a ${…} without quotes',
      {
        'conf/base/catalog.yml': catalog.replace(
          'path: landing/orders.csv',
          'path: ${globals:root}/orders.csv',
        ),
      },
      ['check'],
      [
        'CONFIG_SYNTAX',
        'conf/base/catalog.yml:1:',
        'Put a text that has ${…} or {…} in quotes: "data/{table}".',
      ],
    ],
    [
      'a {table} without quotes',
      { 'conf/base/catalog.yml': catalog.replace('"data/{domain}/{table}"', '{domain}/{table}') },
      ['check'],
      ['CONFIG_SYNTAX', 'conf/base/catalog.yml:3:', 'in quotes: "data/{table}".'],
    ],
    [
      'rows of another day from TypeScript',
      functionNode("{ id: 1, day: '2026-01-05', customer: 'ann', amount: 1 }"),
      ['run', 'shop.orders', '--partition', '2026-01-01'],
      [
        "ROW_OUT_OF_RANGE 1 row of 'shop.orders' lies outside day=2026-01-01",
        /at pipelines\.ts:\d+:15/,
        'Write only the rows of the partitions that the node is given as `partitions`.',
      ],
    ],
    [
      'rows of another day from SQL',
      { 'stage.sql': 'select * from raw' },
      ['run', 'shop.orders', '--partition', '2026-01-01'],
      ['ROW_OUT_OF_RANGE', 'at stage.sql', 'Filter by $partition_start'],
    ],
    [
      'rows of a value that no partition has',
      byCustomer("['ann']"),
      ['run', 'shop.orders'],
      [
        'lies outside the bounds of its partitions: day=2026-01-01/customer=bob',
        /→ Leave such rows out in the node, or add 'bob'.* to the values of 'customer' where 'shop\.orders' declares its partitions\./,
      ],
    ],
    [
      'rows of another value than is asked for',
      byCustomer("['ann', 'bob', 'cid']"),
      ['run', 'shop.orders', '--partition', '2026-01-01,customer=ann'],
      ['→ Filter by it in the node: where customer = any($partition_values_customer).'],
    ],
    [
      'two days',
      {},
      ['run', 'shop.orders', '--partition', '2026-01-01,2026-01-02'],
      [
        "there are two for 'day'.",
        '→ Write a range, 2001-03-04..2001-03-05, or run them one after the other.',
      ],
    ],
    [
      'a row that does not fit',
      functionNode("{ id: 1, day: '2026-01-05', customer: 'ann', amount: 'much' }"),
      ['run', 'shop.orders'],
      ['ROW_INVALID', /at pipelines\.ts:\d+:15/],
    ],
    [
      'a dataset type that is misspelt',
      { 'conf/base/catalog.yml': catalog.replace('type: parquet', 'type: parket') },
      ['check'],
      ["Did you mean 'parquet'?", 'Correct the type, or list the plugin that has it in levada.config.ts.'],
    ],
    [
      'a file in a query',
      {},
      ['query', "select * from read_csv('landing/orders.csv')"],
      ['SQL_TABLE_UNDECLARED', 'A query reads the assets of the app. To read a file, declare a source(…)'],
    ],
    [
      'a circle',
      {
        'pipelines.ts': pipelines
          .replace('import { asset,', 'import { expects, asset,')
          .replace(
            'inputs: { raw: rawOrders }',
            "inputs: { raw: rawOrders, earlier: expects('shop.totals', z.object({ day: col.date() })) }",
          ),
      },
      ['check'],
      [
        "orders/stage → orders/total → orders/stage. orders/stage reads 'shop.totals', orders/total reads 'shop.orders'.",
        /at levada\.config\.ts:\d+:16/,
      ],
    ],
    [
      'an asset of two pipelines',
      {
        'levada.config.ts': config.replace(
          '[orders, customers]',
          '[orders, { ...orders, name: "more" } as never]',
        ),
      },
      ['plan'],
      [
        "'shop.orders' is provided by 'orders' and by 'more'.",
        /at levada\.config\.ts:\d+:16/,
        'One of them has to go: leave a pipeline out of the app, or rename its asset.',
      ],
    ],
    [
      'a day that does not exist',
      {},
      ['run', '--partition', '2026-02-30'],
      [
        "'2026-02-30' is not a day of 'shop.orders'.day: the calendar has no such day.",
        'Name a day that exists.',
      ],
    ],
    [
      'a nullable column in a key',
      {
        'pipelines.ts': pipelines.replace(
          "name: z.string(), city: z.string() }), key: ['name']",
          "name: z.string().nullable(), city: z.string() }), key: ['name']",
        ),
      },
      ['check'],
      ['COLUMN_TYPE Column shop.customers.name is nullable() and part of the key.', 'leave nullable() out'],
    ],
    [
      'a pipeline as an asset',
      {},
      ['run', 'customers'],
      [
        "No asset or node of the app is named 'customers'. Did you mean 'pipeline:customers' or 'shop.customers'?",
      ],
    ],
    ['a tag as an asset', {}, ['run', 'nightly'], ["Did you mean 'job:nightly' or 'tag:nightly'?"]],
    [
      'a parameter without its file',
      { 'conf/base/parameters.yml': 'orders:\n  factor: 2\n' },
      ['explain', 'orders.factor'],
      ["Did you mean 'parameters.orders.factor'?"],
    ],
    [
      'a misspelt key of an entry',
      {},
      ['explain', 'catalog.shop.orders.pathh'],
      ["Did you mean 'catalog.shop.orders.path'?"],
    ],
  ] as const)('%s', async (_, files, words, texts) => {
    using app = project(shopWith(files))
    const { out, err, code } = await app.levada(...words)
    const printed = `${out}\n${err}`
    for (const text of texts)
      if (text instanceof RegExp) expect(printed).toMatch(text)
      else expect(printed).toContain(text)
    expect(code).toBeGreaterThan(0)
  })

  test('an entry that a pattern gives to whatever name says when no asset has it', async () => {
    using app = project(shopWith({}))
    expect((await app.levada('explain', 'catalog.shop.order.path')).out).toContain(
      "no asset of the app is named 'shop.order'. Did you mean 'shop.orders'",
    )
  })

  test('a package that only CommonJS would find is told at its import too', async () => {
    using app = project({
      ...shopWith({ 'levada.config.ts': `${config}import 'far-away'\n` }),
      'far/far-away/package.json': '{ "name": "far-away", "main": "./index.cjs" }',
      'far/far-away/index.cjs': '',
    })
    const { stderr } = await app.start(['check'], { NODE_PATH: `${app.dir}/far` })
    expect(stderr).toContain(
      "levada.config.ts could not be loaded: Cannot find package 'far-away'.\n  at levada.config.ts:",
    )
    expect(stderr).not.toContain('index.cjs')
  })

  test('a plugin that is missing is told once for each line of the catalog', async () => {
    using app = project(shopWith({ 'levada.config.ts': config.replace('parquet(), files()', 'files()') }))
    for (const command of ['check', 'plan', 'run']) {
      const { out, err } = await app.levada(command)
      expect(`${out}${err}`.match(/PLUGIN_MISSING The entry/g)).toHaveLength(1)
    }
  })

  test('generated files that are stale say what differs', async () => {
    const source = (
      columns: string,
    ): string => `import { asset, definePipeline, sql, sqlNode } from '@levada/core'
import { z } from 'zod'
const one = asset('shop.one', { schema: z.object({ ${columns} }) })
export default definePipeline('orders', { nodes: [sqlNode('count', { output: one, sql: sql\`select 1 as n\` })] })
`
    using app = project({
      'package.json': '{ "name": "@acme/orders", "type": "module" }\n',
      'src/pipeline.ts': source('n: z.int()'),
    })
    await app.levada('generate', '.')
    app.write('src/pipeline.ts', source('n: z.int(), note: z.string()'))
    const more = (await app.levada('generate', '--check', '.')).err
    expect(more).toContain(
      "ports.ts does not match the source of the package: it should say 'note: string' of 'shop.one'.",
    )
    expect(more).toContain(
      'contract.json does not match the source of the package: provides › shop.one › columns › note is missing.',
    )
    await app.levada('generate', '.')
    app.write('src/pipeline.ts', source('n: z.int()'))
    const less = (await app.levada('generate', '--check', '.')).err
    expect(less).toContain("it should not say 'note: string' of 'shop.one'.")
    expect(less).toContain('provides › shop.one › columns › note is no longer there.')
  })
})
