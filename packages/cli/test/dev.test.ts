import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, test } from 'vitest'
import { project, shop, shopWith, type Project } from './project.ts'

interface Event {
  readonly type: string
  readonly node?: string
  readonly nodes?: readonly string[]
  readonly partitions?: readonly Readonly<Record<string, string>>[]
  readonly outputs?: readonly { asset: string; rows: readonly Readonly<Record<string, unknown>>[] }[]
  readonly checks?: readonly { check: string; outcome: string }[]
  readonly errors?: readonly { code: string; file?: string; line?: number; column?: number }[]
  readonly files?: readonly string[]
  readonly elapsed_ms?: number
}

/** The real command, its events as they come. */
function watching(app: Project, ...args: string[]) {
  const command = app.start(['dev', '--json', ...args])
  const lines = createInterface({ input: command.stdout })
  const events = lines[Symbol.asyncIterator]()
  const seen: Event[] = []
  return {
    /** The next event of a kind; others are passed over. */
    async until(type: string): Promise<Event> {
      for (;;) {
        const { value, done } = await events.next()
        if (done) throw new Error(`ended before '${type}': ${JSON.stringify(seen)} ${(await command).stderr}`)
        const event = JSON.parse(value as string) as Event
        seen.push(event)
        if (event.type === type) return event
      }
    },
    async end(): Promise<number | undefined> {
      command.kill('SIGINT')
      return (await command).exitCode
    },
  }
}

const rowsOf = (event: Event) => event.outputs!.map(({ rows }) => rows)
const ready = async (dev: ReturnType<typeof watching>): Promise<void> => {
  await dev.until('bound')
}

describe('levada dev', () => {
  test('saving an SQL file shows its rows, of the latest partition, and publishes nothing', async () => {
    using app = project(shop)
    await app.levada('run')
    const versions = (): string[] => readdirSync(join(app.dir, 'data/shop/totals/manifests'))
    const before = versions()
    const dev = watching(app)
    await ready(dev)
    app.write(
      'total.sql',
      'select day, count(*) as orders, sum(amount) * 2 as amount from orders group by day\n',
    )
    const shown = await dev.until('preview')
    expect(shown.node).toBe('orders/total')
    expect(rowsOf(shown)).toEqual([[{ day: '2026-01-02', orders: 1, amount: 1200 }]])
    expect(shown.checks!.map(({ outcome }) => outcome)).toEqual(shown.checks!.map(() => 'passed'))
    expect(shown.elapsed_ms).toBeGreaterThan(0)
    expect(versions()).toEqual(before)
    expect(await dev.end()).toBe(0)
  })

  test('an editor that renames is seen, errors have their place, and the loop goes on', async () => {
    using app = project(shop)
    await app.levada('run')
    const dev = watching(app, '--partition', '2026-01-01')
    await ready(dev)
    app.write('stage.sql.new', 'select id, day, custmer, amount\nfrom raw\n')
    renameSync(join(app.dir, 'stage.sql.new'), join(app.dir, 'stage.sql'))
    const { errors } = await dev.until('errors')
    expect(errors).toMatchObject([{ code: 'SQL_BIND', file: 'stage.sql', line: 1, column: 17 }])
    app.write('stage.sql', shop['stage.sql']!)
    const shown = await dev.until('preview')
    expect(shown.partitions).toEqual([{ day: '2026-01-01' }])
    expect(rowsOf(shown)[0]!.map(({ id }) => id)).toEqual([1, 2])
    app.write('stage.sql', "select id, date '2026-01-02' as day, customer, amount from raw\n")
    expect((await dev.until('errors')).errors).toMatchObject([{ code: 'ROW_OUT_OF_RANGE' }])
    expect(await dev.end()).toBe(0)
  })

  test('changed TypeScript is loaded again, and what it concerns is run: a check, a helper, a syntax error', async () => {
    using app = project(
      shopWith({
        'pipelines.ts': shop['pipelines.ts']!.replace(
          'import { asset,',
          "import { greet } from './greet.ts'\nimport { node, asset,",
        ).replace(
          'nodes: [stageCustomers]',
          `nodes: [stageCustomers, node('greet', {
  inputs: { customers: customersAsset },
  outputs: { out: asset('shop.greetings', { schema: z.object({ text: z.string() }) }) },
  async run({ customers }, { outputs }) {
    for await (const { name } of customers.rows()) await outputs.out.write({ text: greet(name) })
  },
})]`,
        ),
        'greet.ts': 'export const greet = (name: string): string => `Hello ${name}`\n',
      }),
    )
    await app.levada('run')
    const dev = watching(app)
    await ready(dev)
    app.write('greet.ts', 'export const greet = (name: string): string => `Bye ${name}`\n')
    const greeted = await dev.until('preview')
    expect(greeted.node).toBe('customers/greet')
    expect(new Set(rowsOf(greeted)[0]!.map(({ text }) => text))).toEqual(new Set(['Bye ann', 'Bye bob']))
    await dev.until('bound')

    const text = readFileSync(join(app.dir, 'pipelines.ts'), 'utf8')
    app.write('pipelines.ts', text.replace("between('amount', 0, 1000)", "between('amount', 0, 100)"))
    const checked = await dev.until('preview')
    expect(checked.node).toBe('orders/stage')
    expect(checked.checks!.filter(({ outcome }) => outcome === 'failed').map(({ check }) => check)).toEqual([
      'between(amount, 0, 100)',
      'between(amount, 0, 500)',
    ])
    await dev.until('bound')

    app.write('pipelines.ts', text.replace('const totals =', 'const totals = ='))
    const line = text.split('\n').findIndex((each) => each.startsWith('const totals')) + 1
    expect((await dev.until('errors')).errors).toMatchObject([
      { code: 'MODULE_FAILED', file: 'pipelines.ts', line },
    ])
    app.write('pipelines.ts', text)
    expect((await dev.until('preview')).node).toBe('orders/stage')
    await ready(dev)
    expect(await dev.end()).toBe(0)
  })

  test('NULL and a value that no enum has are told by the checks, with their rows', async () => {
    using app = project(
      shopWith({
        'pipelines.ts': shop['pipelines.ts']!.replace(
          "asset('shop.customers', { schema: z.object({ name: z.string(), city: z.string() })",
          "asset('shop.customers', { schema: z.object({ name: z.string(), city: z.enum(['Funchal', 'NA']) })",
        ),
      }),
    )
    await app.levada('run')
    const dev = watching(app)
    await ready(dev)
    app.write(
      'customers.sql',
      "select nullif(name, 'bob') as name, replace(city, 'NA', 'Machico') as city from raw\n",
    )
    const { checks } = await dev.until('preview')
    expect(checks!.filter(({ outcome }) => outcome !== 'passed')).toMatchObject([
      { asset: 'shop.customers', check: 'notNull(name)', sample: [{ name: null, city: 'Machico' }] },
      { asset: 'shop.customers', check: 'acceptedValues(city)', sample: [{ name: null, city: 'Machico' }] },
    ])
    expect(await dev.end()).toBe(0)
  })

  test('what is not built is told; a name that nothing has ends it', async () => {
    using app = project(shop)
    const dev = watching(app, 'shop.totals')
    expect((await dev.until('errors')).errors).toMatchObject([{ code: 'NOT_MATERIALIZED' }])
    await ready(dev)
    expect(await dev.end()).toBe(0)
    const { code, err } = await app.levada('dev', '--node', 'shop.total')
    expect(err).toContain("Did you mean 'shop.totals'?")
    expect(code).toBe(2)
  })

  test('a node that acts is bound, not run; settings are read again', async () => {
    using app = project(
      shopWith({
        'pipelines.ts': shop['pipelines.ts']!.replace('import { asset,', 'import { node, asset,').replace(
          'nodes: [stageCustomers]',
          "nodes: [stageCustomers, node('act', { inputs: { customers: customersAsset }, run() { throw new Error('acted') } })]",
        ),
      }),
    )
    await app.levada('run', 'pipeline:orders')
    const dev = watching(app, '--node', 'total')
    expect(rowsOf(await dev.until('preview'))[0]).toMatchObject([{ amount: 600 }])
    await ready(dev)
    app.write('conf/base/parameters.yml', 'orders:\n  factor: 10\n')
    expect(rowsOf(await dev.until('preview'))[0]).toMatchObject([{ amount: 6000 }])
    await ready(dev)
    expect(await dev.end()).toBe(0)
    const acting = watching(app, '--node', 'act')
    expect((await acting.until('skipped')).node).toBe('customers/act')
    await ready(acting)
    expect(await acting.end()).toBe(0)
  })

  test('a change of conf/ runs the nodes that it concerns, and no other; editors write beside it', async () => {
    using app = project(shop)
    await app.levada('run')
    const dev = watching(app)
    await ready(dev)
    app.write('customers.sql', 'select name, upper(city) as city from raw\n')
    expect((await dev.until('preview')).node).toBe('customers/stage-customers')
    app.write('conf/base/parameters.yml', 'orders:\n  factor: 10\n')
    expect((await dev.until('concerned')).nodes).toEqual(['orders/total'])
    expect(rowsOf(await dev.until('preview'))[0]).toMatchObject([{ amount: 6000 }])
    await ready(dev)
    app.write('conf/base/.catalog.yml.swp', 'x')
    app.write('conf/base/4913', '')
    app.write('conf/base/catalog.yml~', 'x')
    await new Promise((resolve) => setTimeout(resolve, 200))
    rmSync(join(app.dir, 'conf/base/4913'))
    app.write(
      'conf/base/catalog.yml',
      shop['conf/base/catalog.yml']!.replace('landing/customers.csv', 'landing/nobody.csv'),
    )
    expect((await dev.until('changed')).files).toEqual(['conf/base/catalog.yml'])
    expect((await dev.until('concerned')).nodes).toEqual(['customers/stage-customers'])
    expect(await dev.until('errors')).toMatchObject({
      node: 'customers/stage-customers',
      errors: [{ code: 'DATA_MISSING', file: 'conf/base/catalog.yml', line: 2 }],
    })
    expect(await dev.until('bound')).toMatchObject({ errors: 1 })
    app.write('conf/base/globals.yml', 'nobody: reads it\n')
    expect((await dev.until('concerned')).nodes).toEqual([])
    await ready(dev)
    expect(await dev.end()).toBe(0)
  })

  test('a last day that is only half there is not taken', async () => {
    const rows = ['01', '02', '03'].flatMap((day) =>
      Array.from({ length: day === '03' ? 1 : 10 }, (_, i) => `${i},2026-01-${day},ann,1`),
    )
    using app = project(shopWith({ 'landing/orders.csv': `id,day,customer,amount\n${rows.join('\n')}\n` }))
    await app.levada('run')
    const dev = watching(app, 'shop.totals')
    expect(rowsOf(await dev.until('preview'))).toMatchObject([[{ day: '2026-01-02', orders: 10 }]])
    await ready(dev)
    expect(await dev.end()).toBe(0)
  })

  test('prints plain lines where there is no terminal', async () => {
    using app = project(shop)
    await app.levada('run')
    const command = app.start(['dev', 'shop.totals'])
    const lines: string[] = []
    for await (const line of createInterface({ input: command.stdout })) {
      lines.push(line)
      if (line.includes('statements bound')) command.kill('SIGINT')
    }
    expect((await command).exitCode).toBe(0)
    const text = lines.join('\n')
    expect(text).toMatch(/shop\.totals 1 of 1 row · from a sample: partition day=2026-01-02 of shop\.orders/)
    expect(text).toMatch(/✓ orders\/total · rows in \d+ ms · 4 checks passed on these rows · not published/)
    expect(text).not.toContain('\u001b')
  })
})
