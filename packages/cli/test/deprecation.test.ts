import { describe, expect, test } from 'vitest'
import { project, shop, shopWith } from './project.ts'

const pipelines = shop['pipelines.ts']!
const report = `
const ordered = expects('shop.orders', z.object({ customer: z.string(), day: col.date() }))
const people = expects('shop.customers', z.object({ name: z.string() }))
const counts = asset('report.counts', { schema: z.object({ customer: z.string(), n: z.int() }), checks: [relationship('customer', people, 'name')] })
export const report = definePipeline('report', {
  nodes: [sqlNode('count-orders', { inputs: { ordered }, output: counts, sql: new URL('./count.sql', import.meta.url) })],
})
`
/** The shop with a pipeline of another team that reads what goes. */
const app = (change: (text: string) => string) => ({
  ...shopWith({}),
  'levada.config.ts': shop['levada.config.ts']!.replace(
    'import { customers, orders }',
    'import { customers, orders, report }',
  ).replace('[orders, customers]', '[orders, customers, report]'),
  'pipelines.ts':
    change(pipelines.replace('import { asset', 'import { expects, relationship, asset')) + report,
  'count.sql': 'select customer, count(*) as n from ordered group by customer\n',
})

describe('what is deprecated', () => {
  const columns = app((text) =>
    text.replace(
      'customer: z.string(), amount: z.number() }),\n  key',
      "customer: col.deprecated(z.string(), { since: '2.1.0', remove: '3.0.0', use: 'id' }), amount: z.number() }),\n  key",
    ),
  )
  const column =
    "! Node 'report/count-orders' reads 'shop.orders'.customer, which is deprecated since 2.1.0 and removed in 3.0.0. Use id. (count.sql)"

  test('a column warns its consumers in check, plan and run, each once; the exit code stays', async () => {
    using shopApp = project(columns)
    for (const command of ['check', 'plan', 'run']) {
      const { code, out } = await shopApp.levada(command)
      expect(out.split('\n').filter((line) => line.startsWith('!'))).toEqual([column])
      expect(code).toBe(0)
    }
    const { notices } = JSON.parse((await shopApp.levada('check', '--json')).out) as { notices: string[] }
    expect(notices).toEqual([column.slice(2)])
  })

  test('levada show tells it of the column', async () => {
    using shopApp = project(columns)
    const { out } = await shopApp.levada('show', 'shop.orders')
    expect(out).toMatch(/customer +string +Deprecated since 2\.1\.0 and removed in 3\.0\.0\. Use id\./)
  })

  test('what the selection does not read is not told', async () => {
    using shopApp = project(columns)
    // The pipeline that provides the column reads it itself.
    expect((await shopApp.levada('plan', 'shop.totals+')).out).not.toContain('deprecated')
  })

  test('a whole asset warns, and a check that reads it', async () => {
    using shopApp = project(
      app((text) =>
        text.replace(
          "asset('shop.customers', {",
          "asset('shop.customers', { deprecated: { since: '1.4.0', use: 'shop.people' },",
        ),
      ),
    )
    const { code, out } = await shopApp.levada('check')
    expect(out.split('\n').filter((line) => line.startsWith('!'))).toEqual([
      "! Node 'report/count-orders' reads 'shop.customers', which is deprecated since 1.4.0. Use 'shop.people'. (count.sql)",
    ])
    expect(code).toBe(0)
  })
})
