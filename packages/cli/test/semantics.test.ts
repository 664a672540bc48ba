// What runs do, on real parts. The numbers are those of docs/semantics.md.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  asset,
  between,
  defineApp,
  definePipeline,
  node,
  resource,
  source,
  sql,
  sqlNode,
  view,
  type App,
} from '@levada/core'
import { openApp, type LevadaEvent, type Session } from '@levada/core/run'
import { defineResource } from '@levada/core/spi'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { project, shop } from './project.ts'

const tmp = join(import.meta.dirname, 'tmp/semantics')
let appDir: string
beforeEach(() => {
  mkdirSync(tmp, { recursive: true })
  appDir = mkdtempSync(join(tmp, 'app-'))
  mkdirSync(join(appDir, 'conf/base'), { recursive: true })
  writeFileSync(
    join(appDir, 'conf/base/catalog.yml'),
    `t.raw: { type: csv, path: raw.csv }\n'{domain}.{table}': { type: parquet, path: 'data/{domain}/{table}' }\n`,
  )
  writeFileSync(join(appDir, 'raw.csv'), 'id\n1\n2\n')
})
afterAll(() => rmSync(tmp, { recursive: true, force: true }))

const schema = z.object({ id: z.int() })
const raw = source('t.raw', { schema, checks: [between('id', 0, 100)] })
const numbers = asset('t.numbers', { schema, checks: [between('id', 0, 50)] })
const doubled = asset('t.doubled', { schema })
const stage = sqlNode('stage', { inputs: { raw }, output: numbers, sql: sql`select id from raw` })
const double = sqlNode('double', {
  inputs: { numbers },
  output: doubled,
  sql: sql`select id * 2 as id from numbers`,
})

const appOf = (nodes: readonly unknown[], more: object = {}): App =>
  defineApp({
    name: 'app',
    plugins: [duckdb(), parquet(), files()],
    pipelines: [definePipeline('t', { nodes: nodes as never })] as never,
    ...more,
  }) as never

async function opened<T>(app: App, use: (session: Session) => Promise<T>): Promise<T> {
  await using session = (await openApp(app as never, { appDir })) as unknown as Session
  return await use(session)
}

interface Told {
  readonly state: string
  readonly steps: Readonly<Record<string, string>>
  readonly errors: readonly string[]
  readonly events: readonly LevadaEvent[]
  readonly rows: Readonly<Record<string, readonly unknown[]>>
}

const run = (
  app: App,
  selection = '',
  options: { runner?: 'sequential' | 'concurrent' } = {},
): Promise<Told> =>
  opened(app, async (session) => {
    const events: LevadaEvent[] = []
    const plan = await session.plan(selection, { force: true })
    const { state, steps, materializations } = await session.run(plan, {
      ...options,
      sinks: [{ name: 'test', event: (event) => void events.push(event) }],
    })
    const rows: Record<string, readonly unknown[]> = {}
    for (const name of materializations.keys()) rows[name] = await session.load(name).rows()
    return {
      state,
      steps: Object.fromEntries(steps),
      errors: events.flatMap((event) =>
        event.type === 'step_finished'
          ? (event.errors ?? []).map(({ code, message }) => `${code} ${message}`)
          : [],
      ),
      events,
      rows,
    }
  })

/** A function node that makes `t.made`. */
const made = asset('t.made', { schema })
type Write = (rows: { readonly id: number } | readonly { readonly id: number }[]) => Promise<void>
const making = (make: (write: Write) => Promise<void>) =>
  node('make', { outputs: { made }, run: (_, { outputs }) => make((rows) => outputs.made.write(rows)) })

describe('runs', () => {
  test('J5, M2: null for a row is an error; no rows are rows', async () => {
    const { state, errors } = await run(appOf([making((write) => write(null as never))]))
    expect(state).toBe('failed')
    expect(errors).toEqual(["ROW_INVALID 't.made': null is no row; write takes a row or an array of rows"])
    const set = await run(appOf([making((write) => write(new Set([{ id: 1 }]) as never))]))
    expect(set.errors).toEqual([
      "ROW_INVALID 't.made': an iterable is no row; write takes a row or an array of rows",
    ])
    expect(await run(appOf([making(async () => {})]))).toMatchObject({
      state: 'succeeded',
      rows: { 't.made': [] },
    })
  })

  test('J7: a run gives what it published, by asset key, and no rows', async () => {
    const result = await opened(appOf([stage, double]), async (session) => session.run(await session.plan()))
    expect([...result.materializations.keys()]).toEqual(['t.numbers', 't.doubled'])
    expect(result.materializations.get('t.numbers')).toMatchObject({
      number: 1,
      rows: 2,
      runId: result.runId,
    })
    expect(JSON.stringify([...result.materializations])).not.toContain('"id":2')
  })

  test.each(['sequential', 'concurrent'] as const)(
    'J8: a value reaches the end of a diamond, %s',
    async (runner) => {
      const of = (name: string) => asset(`d.${name}` as 'd.x', { schema })
      const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map(of) as [
        ReturnType<typeof of>,
        ...ReturnType<typeof of>[],
      ]
      const end = asset('d.z', { schema: z.object({ c: z.int(), d: z.int(), e: z.int() }) })
      const copy = (name: string, from: typeof a, to: typeof a) =>
        sqlNode(name, { inputs: { from }, output: to, sql: sql`select id from "from"` })
      const app = appOf([
        sqlNode('start', { output: a, sql: sql`select 42 as id` }),
        copy('b', a, b!),
        copy('c', b!, c!),
        copy('d', b!, d!),
        copy('e', b!, e!),
        sqlNode('end', {
          inputs: { c: c!, d: d!, e: e! },
          output: end,
          sql: sql`select c.id as c, d.id as d, e.id as e from c, d, e`,
        }),
      ])
      expect((await run(app, '', { runner })).rows['d.z']).toEqual([{ c: 42, d: 42, e: 42 }])
    },
  )

  test('J13: the second run skips all, has the same rows, and leaves the catalog as it was', async () => {
    const app = appOf([stage, double])
    const twice = await opened(app, async (session) => {
      const explained = session.explain('catalog.t.doubled.path')?.value
      await session.run(await session.plan())
      const first = await session.load('t.doubled').rows()
      const plan = await session.plan()
      await session.run(plan)
      expect(session.explain('catalog.t.doubled.path')?.value).toBe(explained)
      return { first, plan, second: await session.load('t.doubled').rows() }
    })
    expect(twice.plan.skipped.map(({ node: name, reason }) => [name, reason])).toEqual([
      ['stage', 'unchanged'],
      ['double', 'unchanged'],
    ])
    expect(twice.plan.steps.filter(({ work }) => work.kind === 'node')).toEqual([])
    expect(twice.second).toEqual(twice.first)
  })

  test('J16: a node writes as often as it likes, and all of it is published once', async () => {
    const ten = making(async (write) => {
      for (let id = 0; id < 10; id++) await write({ id })
    })
    const { events, rows } = await run(appOf([ten]))
    expect(rows['t.made']).toEqual(Array.from({ length: 10 }, (_, id) => ({ id })))
    expect(events.filter(({ type }) => type === 'asset_materialized')).toHaveLength(1)
  })

  test('J17: two outputs are written in turn, and published when both have passed their checks', async () => {
    const left = asset('t.left', { schema })
    const right = asset('t.right', { schema, checks: [between('id', 0, 81)] })
    const squares = (count: number) =>
      appOf([
        node('squares', {
          outputs: { left, right },
          async run(_, { outputs }) {
            for (let id = 0; id < count; id++) {
              await outputs.left.write({ id })
              await outputs.right.write({ id: id * id })
            }
          },
        }),
      ])
    const { rows, state } = await run(squares(10))
    expect([state, rows['t.left']?.length, rows['t.right']?.at(-1)]).toEqual(['succeeded', 10, { id: 81 }])
    const failed = await run(squares(11))
    expect([failed.state, Object.keys(failed.rows)]).toEqual(['failed', []])
    // Neither has eleven rows.
    expect(await opened(squares(11), (session) => session.load('t.left').count())).toBe(10)
  })

  test('U19: a step that fails publishes nothing and leaves nothing of what it staged', async () => {
    const first = await run(appOf([making((write) => write({ id: 1 }))]))
    expect(first.state).toBe('succeeded')
    const folder = join(appDir, 'data/t/made/data')
    const before = readdirSync(folder)
    const throwing = making(async (write) => {
      await write({ id: 2 })
      throw new Error('too late')
    })
    const { state, errors } = await run(appOf([throwing]))
    expect([state, errors[0]]).toEqual(['failed', "NODE_FAILED Node 't/make' threw Error: too late"])
    expect(readdirSync(folder)).toEqual(before)
    expect(await opened(appOf([throwing]), (session) => session.load('t.made').rows())).toEqual([{ id: 1 }])
  })

  test('V2: a value that does not fit its column is an error, and none is changed to fit', async () => {
    const types = asset('t.types', {
      schema: z.object({ n: z.int(), kind: z.enum(['csv', 'prq']), list: z.array(z.int()).nullable() }),
    })
    const write = (row: object) =>
      appOf([
        node('make', { outputs: { types }, run: (_, { outputs }) => outputs.types.write(row as never) }),
      ])
    expect((await run(write({ n: 1, kind: 'csv', list: [1] }))).state).toBe('succeeded')
    for (const wrong of [
      { n: 1.5, kind: 'csv', list: null },
      { n: '1', kind: 'csv', list: null },
      { n: 1, kind: 'json', list: null },
      { n: 1, kind: 'csv', list: {} },
      { n: 1, kind: 'csv', list: ['a'] },
      { n: [], kind: 'csv', list: null },
    ])
      expect((await run(write(wrong))).errors.join()).toMatch(/ROW_INVALID|CHECK_FAILED/)
  })
})

describe('what is stored', () => {
  test('H4, M1: what was never built is missing in the plan, and cannot be read', async () => {
    await opened(appOf([stage, double]), async (session) => {
      const { steps } = await session.plan()
      expect(steps.filter(({ work }) => work.kind === 'node').map(({ reason }) => reason)).toEqual([
        'missing',
        'missing',
      ])
      await expect(session.load('t.numbers').rows()).rejects.toMatchObject({ code: 'NOT_MATERIALIZED' })
      await expect(session.plan('t.doubled')).rejects.toMatchObject({ code: 'NOT_MATERIALIZED' })
    })
  })

  test('H8: a run reads what its plan has pinned; a new plan takes what is current', async () => {
    const of = (factor: string) =>
      appOf([
        sqlNode('stage', { output: numbers, sql: sql([`select ${factor} as id`] as never) }),
        sqlNode('double', {
          inputs: { numbers },
          output: doubled,
          sql: sql`select id * 2 as id from numbers`,
        }),
      ])
    await run(of('1'))
    await opened(of('1'), async (session) => {
      const plan = await session.plan('t.doubled', { force: true })
      expect(plan.steps[0]!.inputs[0]!.version!.number).toBe(1)
      await run(of('7'), 't.numbers')
      await session.run(plan)
      expect(await session.load('t.doubled').rows()).toEqual([{ id: 2 }])
      const next = await session.plan('t.doubled', { force: true })
      expect(next.steps[0]!.inputs[0]!.version!.number).toBe(2)
      await session.run(next)
      expect(await session.load('t.doubled').rows()).toEqual([{ id: 14 }])
    })
  })

  test('H2c, G17: a pin or restore() gives the first version, otherwise it is the current; what has none restores none', async () => {
    const of = (id: number) =>
      appOf([sqlNode('make', { output: made, sql: sql([`select ${id} as id`] as never) })])
    await run(of(1))
    const first = await opened(of(1), (session) => session.load('t.made').version())
    await run(of(2))
    await opened(of(2), async (session) => {
      expect(await session.load('t.made').rows()).toEqual([{ id: 2 }])
      const { dataset } = session.catalog.entry('t.made')
      const [old, current] = [await dataset.locate(first), await dataset.locate(await dataset.head())]
      expect(old).not.toEqual(current)
      const request = {
        app: 'app',
        runId: 'test',
        inputs: {},
        mayRebase: false,
        createdAt: new Date().toISOString(),
      }
      const third = await dataset.restore(first!, 'again', request as never)
      expect([third.number, third.rows]).toEqual([3, 1])
      expect(await session.load('t.made').rows()).toEqual([{ id: 1 }])
    })
    await opened(appOf([stage]), async (session) => {
      await expect(
        session.catalog.entry('t.raw').dataset.restore(first!, 'again', {} as never),
      ).rejects.toMatchObject({
        code: 'NOT_SUPPORTED',
      })
    })
  })

  test('M5: what a node changes after it wrote, or a reader after it read, changes nothing that is stored', async () => {
    const app = appOf([
      making(async (write) => {
        const row = { id: 1 }
        const rows = [{ id: 2 }]
        await write(row)
        row.id = 9
        await write(rows)
        rows[0]!.id = 9
      }),
    ])
    await run(app)
    await opened(app, async (session) => {
      const read = await session.load('t.made').rows()
      expect(read).toEqual([{ id: 1 }, { id: 2 }])
      ;(read[0] as { id: number }).id = 9
      expect(await session.load('t.made').rows()).toEqual([{ id: 1 }, { id: 2 }])
    })
  })

  test('G14: an asset that there is not is an error with the nearest', async () => {
    await opened(appOf([stage]), async (session) => {
      expect(() => session.load('t.number')).toThrow(
        expect.objectContaining({
          code: 'ASSET_UNKNOWN',
          message: expect.stringContaining("Did you mean 't.numbers'?"),
        }),
      )
    })
    using app = project(shop)
    expect((await app.levada('show', 'shop.order')).err).toContain("Did you mean 'shop.orders'?")
  })

  test('G13: a list takes a selection, with globs, also of what is not stored yet', async () => {
    using app = project(shop)
    const listed = async (...words: string[]): Promise<unknown> => {
      const { out, err } = await app.levada('list', 'assets', ...words, '--json')
      return out === '' ? err : (JSON.parse(out) as { asset: string }[]).map(({ asset: name }) => name)
    }
    expect(await listed('shop.o*')).toEqual(['shop.orders'])
    expect(await listed('shop.raw_*')).toEqual(['shop.raw_orders', 'shop.raw_customers'])
    expect(await listed('shop.totals', 'tag:nightly')).toEqual(['shop.orders', 'shop.totals'])
    expect(await listed('+shop.totals', 'shop.customers')).toEqual([
      'shop.orders',
      'shop.totals',
      'shop.customers',
      'shop.raw_orders',
    ])
    expect((await app.levada('list', 'assets', 'Shop.o*')).err).toContain('SELECTION_UNKNOWN')
    expect((await app.levada('list', 'assets', '((')).err).toContain('SELECTION_SYNTAX')
  })
})

describe('checks', () => {
  test('N1: those of a source run before its first reader, and block it', async () => {
    writeFileSync(join(appDir, 'raw.csv'), 'id\n1\n101\n')
    const { state, steps, events } = await run(appOf([stage, double]))
    expect(state).toBe('failed')
    expect(steps).toEqual({ 'source:t.raw': 'failed', 't/stage': 'skipped', 't/double': 'skipped' })
    const failed = events
      .flatMap((event) => (event.type === 'check_finished' ? [event.result] : []))
      .find(({ outcome }) => outcome === 'failed')
    expect(failed).toMatchObject({ asset: 't.raw', scope: 'source', failed_rows: 1 })
  })

  test('N2: what fails on the rows that are staged publishes nothing', async () => {
    writeFileSync(join(appDir, 'raw.csv'), 'id\n1\n77\n')
    const { steps, rows } = await run(appOf([stage, double]))
    expect(steps).toEqual({ 'source:t.raw': 'succeeded', 't/stage': 'failed', 't/double': 'skipped' })
    expect(rows).toEqual({})
    await opened(appOf([stage]), async (session) => {
      await expect(session.load('t.numbers').rows()).rejects.toMatchObject({ code: 'NOT_MATERIALIZED' })
    })
  })
})

describe('what an app gives', () => {
  test('I31: code gives the environment and params, and nothing of what stands in conf/', async () => {
    mkdirSync(join(appDir, 'conf/prod'), { recursive: true })
    writeFileSync(join(appDir, 'conf/prod/parameters.yml'), 't: { add: 5 }\n')
    const app = appOf([
      sqlNode('add', { output: made, params: { add: z.int() }, sql: sql`select 1 + $add as id` }),
    ])
    const rows = async (options: object): Promise<unknown> => {
      await using session = (await openApp(app as never, { appDir, ...options })) as unknown as Session
      await session.run(await session.plan('', { force: true }))
      return await session.load('t.made').rows()
    }
    expect(await rows({ env: 'prod' })).toEqual([{ id: 6 }])
    expect(await rows({ env: 'prod', params: { t: { add: 10 } } })).toEqual([{ id: 11 }])
    // Not an option: the catalog stays that of conf/.
    expect(await rows({ env: 'prod', catalog: { 't.made': { type: 'csv', path: 'x.csv' } } })).toEqual([
      { id: 6 },
    ])
  })

  test('R4: a resource that two pipelines name is one instance', async () => {
    let setups = 0
    const used: unknown[] = []
    const notify = resource<object>('@acme/notify#Notifier')
    const use = (name: string) =>
      definePipeline(name, {
        nodes: [
          node('use', {
            outputs: { out: asset(`${name}.out` as 'x.out', { schema }) },
            resources: { notify },
            run(_, { resources }) {
              used.push(resources.notify)
            },
          }),
        ] as never,
      })
    const app = defineApp({
      name: 'app',
      plugins: [duckdb(), parquet()],
      pipelines: [use('one'), use('two')] as never,
      resources: {
        notify: defineResource('counted', { config: z.object({}), setup: () => ({ number: ++setups }) }),
      },
    }) as never
    expect((await run(app)).state).toBe('succeeded')
    expect(setups).toBe(1)
    expect(used).toHaveLength(2)
    expect(used[0]).toBe(used[1])
  })
})

describe('only what is missing', () => {
  const of = (name: string, inputs: object) =>
    view(name, { inputs: inputs as never, sql: sql`select id from source` })
  const planned = (app: App) =>
    opened(app, async (session) => {
      const { steps, skipped } = await session.plan('', { onlyMissing: true })
      return {
        steps: steps.filter(({ work }) => work.kind === 'node').map(({ node: name, views }) => [name, views]),
        skipped: skipped.map(({ node: name, reason }) => [name, reason]),
      }
    })

  test('L7: a view has no step, so that it costs nothing when what reads it is stored', async () => {
    const clean = of('clean', { source: raw })
    const app = appOf([
      sqlNode('stage', { inputs: { clean }, output: numbers, sql: sql`select id from clean` }),
    ])
    expect(await planned(app)).toEqual({ steps: [['stage', ['clean']]], skipped: [] })
    await run(app)
    expect(await planned(app)).toEqual({ steps: [], skipped: [['stage', 'exists']] })
  })

  test('L8: a diamond of views is one step, of the asset at its end', async () => {
    const shared = of('shared', { source: raw })
    const [left, right] = [of('one', { source: shared }), of('two', { source: shared })]
    const app = appOf([
      sqlNode('end', {
        inputs: { left, right },
        output: numbers,
        sql: sql`select "left".id from "left" join "right" using (id)`,
      }),
    ])
    expect(await planned(app)).toEqual({ steps: [['end', ['shared', 'one', 'two']]], skipped: [] })
    expect((await run(app)).rows['t.numbers']).toHaveLength(2)
  })

  test('L11: an asset that the catalog does not store is an error, and never only in memory', async () => {
    writeFileSync(join(appDir, 'conf/base/catalog.yml'), 't.raw: { type: csv, path: raw.csv }\n')
    await expect(planned(appOf([stage]))).rejects.toMatchObject({
      code: 'CATALOG_MISSING',
      message: expect.stringContaining("'t.numbers'"),
    })
  })
})
