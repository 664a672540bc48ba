import { describe, expect, test } from 'vitest'
import { project, shop, shopWith } from './project.ts'

const config = shop['levada.config.ts']!
/** Customers once as they are and once under other names; a consumer that reads the second. */
const files = shopWith({
  'levada.config.ts': config
    .replace('import { customers, orders }', 'import { customers, greeted, orders }')
    .replace(
      '[orders, customers]',
      `[orders, customers,
    orders.with({ name: 'again', assets: { 'shop.orders': 'again.orders', 'shop.totals': 'again.sums' } }),
    customers.with({ name: 'clients', assets: { 'shop.customers': 'crm.clients', 'shop.raw_customers': 'crm.raw' } }),
    greeted.with({ assets: { 'shop.customers': 'crm.clients' } })]`,
    )
    .replace(
      'jobs: {',
      "params: { again: { factor: 10 } },\n  jobs: { second: { select: ['crm.clients', 'pipeline:again'] },",
    ),
  'pipelines.ts': `${shop['pipelines.ts']!.replace(
    'import { asset',
    'import { expects, node, relationship, sqlCheck, asset',
  ).replace(
    "key: ['name'] })",
    "key: ['name'], checks: [sqlCheck('named', \"select * from customers where name = ''\")] })",
  )}
const people = expects('shop.customers', z.object({ name: z.string() }))
const greetings = asset('shop.greetings', { schema: z.object({ name: z.string(), text: z.string() }), checks: [relationship('name', people, 'name')] })
export const greeted = definePipeline('greeted', { nodes: [node('greet', { inputs: { people }, outputs: { greetings },
  async run({ people }, { outputs }) { for await (const { name } of people.rows()) await outputs.greetings.write({ name, text: 'Hello ' + name }) } })] })
`,
  'landing/clients.csv': 'name,city\nzoe,Lisboa\n',
  'conf/base/catalog.yml': `crm.raw: { type: csv, path: landing/clients.csv }\n${shop['conf/base/catalog.yml']!}`,
})

describe('pipeline.with', () => {
  test('one package twice in one app: both run, each with its own assets, params and checks', async () => {
    using app = project(files)
    expect(await app.levada('check')).toMatchObject({ code: 0, err: '' })
    expect(await app.levada('run')).toMatchObject({ code: 0, err: '' })
    const rows = async (sql: string): Promise<unknown> =>
      JSON.parse((await app.levada('query', sql, '--json')).out) as unknown
    expect(await rows('select * from crm.clients')).toEqual([{ name: 'zoe', city: 'Lisboa' }])
    expect(await rows('select text from shop.greetings')).toEqual([{ text: 'Hello zoe' }])
    expect(
      await rows(
        'select t.amount as once, a.amount as again from shop.totals t join again.sums a using (day) order by 1',
      ),
    ).toEqual([
      { once: 30.5, again: 305 },
      { once: 600, again: 6000 },
    ])
    // The check of the renamed asset reads it by the name that its author knew.
    app.write('landing/clients.csv', 'name,city\n"",Lisboa\n')
    const { code, out } = await app.levada('run', 'crm.clients')
    expect(code).toBe(1)
    expect(out).toContain('error crm.clients named: 1 of 1 row fails')
  })

  test('a job, a plan and a mistake name the assets as they are called here', async () => {
    using app = project(files)
    const { out } = await app.levada('plan', '--job', 'second')
    expect(out).toMatch(/clients.*crm\.clients/s)
    expect(out).toMatch(/again.*again\.sums/s)
    app.write(
      'levada.config.ts',
      files['levada.config.ts']!.replace(
        "'shop.raw_customers': 'crm.raw'",
        "'shop.raw_costumers': 'crm.raw'",
      ),
    )
    const { code, err } = await app.levada('check')
    expect(code).toBe(2)
    expect(err).toContain(
      "error PIPELINE_INVALID Pipeline 'customers' has no asset 'shop.raw_costumers' to rename. Did you mean 'shop.raw_customers' or 'shop.customers'?\n  at levada.config.ts:13:",
    )
  })
})
