// What runs again and what does not, and why.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import {
  asset,
  between,
  col,
  daily,
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
import { openApp, type LevadaEvent, type PlanOptions, type Session } from '@levada/core/run'
import { defineResource, definePlugin, engineType, type Plugin } from '@levada/core/spi'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { z } from 'zod'
import { project, shop } from './project.ts'

const tmp = join(import.meta.dirname, 'tmp/skipping')
let appDir: string
beforeEach(() => {
  mkdirSync(tmp, { recursive: true })
  appDir = mkdtempSync(join(tmp, 'app-'))
  mkdirSync(join(appDir, 'conf/base'), { recursive: true })
  writeFileSync(
    join(appDir, 'conf/base/catalog.yml'),
    `t.raw: { type: csv, path: raw.csv }\n'{domain}.{table}': { type: parquet, path: 'data/{table}' }\n`,
  )
  writeRaw('day,n\n2026-01-01,1\n2026-01-02,2\n')
})
afterAll(() => rmSync(tmp, { recursive: true, force: true }))

let clock = Date.parse('2026-01-01T00:00:00Z') / 1000
const writeRaw = (text: string): void => {
  const file = join(appDir, 'raw.csv')
  writeFileSync(file, text)
  clock += 1
  utimesSync(file, clock, clock)
}

const schema = z.object({ day: col.date(), n: z.int() })
const raw = source('t.raw', { schema })
type Name = 'a' | 'b' | 'c'

interface Options {
  readonly sql?: { readonly [K in Name]?: string }
  readonly plugins?: readonly Plugin[]
  readonly check?: number
}

const plugins: readonly Plugin[] = [duckdb(), parquet(), files()]
const text = (words: string) => sql([words] as unknown as TemplateStringsArray)
const range = ' where day >= $partition_start and day < $partition_end'
const byDay = <const N extends string>(name: N, max?: number) =>
  asset(`t.${name}`, {
    schema,
    partitions: [daily('day')],
    checks: max === undefined ? [] : [between('n', 0, max)],
  })

/** raw → a → b → c, and raw → d: rows by day. */
function chain({ sql: texts = {}, plugins: given = plugins, check }: Options = {}): App {
  const [a, b, c, d] = [byDay('a', check), byDay('b'), byDay('c'), byDay('d')]
  const from = (name: Name, input: string) => text(texts[name] ?? `select day, n from ${input}${range}`)
  const add = { add: z.int().default(0) }
  return defineApp({
    name: 'chain',
    plugins: given,
    pipelines: [
      definePipeline('t', {
        nodes: [
          sqlNode('a', { inputs: { raw }, output: a, sql: from('a', 'raw') }),
          sqlNode('b', {
            inputs: { a },
            output: b,
            params: add,
            sql: text(`select day, n + $add as n from a${range}`),
          }),
          sqlNode('c', { inputs: { b }, output: c, sql: from('c', 'b') }),
          sqlNode('d', { inputs: { raw }, output: d, sql: text(`select day, n from raw${range}`) }),
        ],
      }),
    ],
  }) as unknown as App
}

interface Told {
  /** What ran, by node: the reason. */
  readonly ran: Readonly<Record<string, string>>
  readonly skipped: readonly string[]
  readonly state: string
  readonly events: readonly LevadaEvent[]
}

type RunOptions = PlanOptions & { readonly selection?: string; readonly params?: object; readonly app?: App }

async function opened<T>(app: App, params: object, use: (session: Session) => Promise<T>): Promise<T> {
  await using session = (await openApp(app as never, {
    appDir,
    params: params as never,
  })) as unknown as Session
  return await use(session)
}

/** Plans and runs; a new session each time, as a new process would. */
const run = (app: App, { selection = '', params = {}, ...options }: RunOptions = {}): Promise<Told> =>
  opened(app, params, async (session) => {
    const plan = await session.plan(selection, options)
    const events: LevadaEvent[] = []
    const { state } = await session.run(plan, {
      sinks: [{ name: 'test', event: (event) => void events.push(event) }],
    })
    return {
      ran: Object.fromEntries(
        plan.steps.flatMap(({ work, node: name, reason }) => (work.kind === 'node' ? [[name, reason]] : [])),
      ),
      skipped: plan.skipped.map(({ node: name }) => name),
      state,
      events,
    }
  })

/** In order of their days. */
const rows = (app: App, name: string): Promise<readonly unknown[]> =>
  opened(app, {}, async (session) =>
    [...(await session.load(name).rows())].toSorted((a, b) => (String(a['day']) < String(b['day']) ? -1 : 1)),
  )

const all = ['a', 'b', 'c', 'd']

describe('a second run', () => {
  test('U1: of what has not changed runs nothing, and says so', async () => {
    const first = await run(chain())
    expect(first.ran).toEqual({ a: 'missing', b: 'missing', c: 'missing', d: 'missing' })
    const second = await run(chain())
    expect(second).toMatchObject({ ran: {}, skipped: all, state: 'nothing' })
    expect(second.events.filter(({ type }) => type === 'step_finished')).toEqual(
      all.map((name) =>
        expect.objectContaining({ step_id: `t/${name}`, state: 'skipped', skip_reason: 'unchanged' }),
      ),
    )
  })

  test('U2: runs what has other code, and what is made from that; comments and white space are no change', async () => {
    await run(chain())
    expect((await run(chain({ sql: { a: `select day,  n /* n */ from raw${range}` } }))).ran).toEqual({})
    const { ran } = await run(chain({ sql: { a: 'select day, n + 0 as n from raw' } }))
    expect(ran).toEqual({ a: 'code changed', b: 't.a made by this run', c: 't.b made by this run' })
  })

  test('U4: runs what reads a source that changed', async () => {
    await run(chain())
    writeRaw('day,n\n2026-01-01,1\n2026-01-02,3\n')
    const { ran } = await run(chain())
    expect(ran).toMatchObject({ a: 't.raw changed', b: 't.a made by this run', d: 't.raw changed' })
    expect(await rows(chain(), 't.c')).toContainEqual({ day: '2026-01-02', n: 3 })
  })

  test('U5: runs what reads an asset that was made anew, although its rows are the same', async () => {
    await run(chain())
    await run(chain({ sql: { a: 'select day, n * 1 as n from raw' } }), { selection: 't.a' })
    const { ran } = await run(chain({ sql: { a: 'select day, n * 1 as n from raw' } }), { selection: 't.b' })
    expect(ran).toEqual({ b: 't.a changed' })
  })

  test('U7: with another value of a param runs the nodes that take it; the same value runs nothing', async () => {
    await run(chain())
    expect((await run(chain(), { params: { t: { add: 0 } } })).ran).toEqual({})
    const { ran, skipped } = await run(chain(), { params: { t: { add: 13 } } })
    expect(ran).toEqual({ b: 'param add changed', c: 't.b made by this run' })
    expect(skipped).toEqual(['a', 'd'])
    expect(await rows(chain(), 't.c')).toContainEqual({ day: '2026-01-01', n: 14 })
  })

  test('U8: of a node that fails now publishes nothing and leaves what it reads skipped; the next run tries again', async () => {
    await run(chain())
    const fails = chain({ sql: { c: `select day, n / 0 + error('no') as n from b` } })
    const { ran, skipped, state } = await run(fails)
    expect({ ran, skipped, state }).toEqual({
      ran: { c: 'code changed' },
      skipped: ['a', 'b', 'd'],
      state: 'failed',
    })
    expect(Object.keys((await run(fails)).ran)).toEqual(['c'])
    expect((await run(chain())).ran).toEqual({})
  })

  test('U12: is not moved by descriptions, owners and tags', async () => {
    const described = (about: object) =>
      defineApp({
        name: 'chain',
        plugins,
        pipelines: [
          definePipeline('t', {
            nodes: [
              sqlNode('a', {
                inputs: { raw },
                output: asset('t.a', { schema, ...about }),
                sql: text('select day, n from raw'),
              }),
            ],
          }),
        ],
      }) as unknown as App
    await run(described({}))
    expect((await run(described({ description: 'Numbers.', owner: 'me', tags: ['x'] }))).ran).toEqual({})
  })

  test('runs what has another schema, or other checks, and names that', async () => {
    await run(chain())
    expect((await run(chain({ check: 10 }), { selection: 't.a' })).ran).toEqual({ a: 'checks changed' })
    const wider = defineApp({
      name: 'chain',
      plugins,
      pipelines: [
        definePipeline('t', {
          nodes: [
            sqlNode('d', {
              inputs: { raw },
              output: asset('t.d', { schema: schema.extend({ m: z.int() }), partitions: [daily('day')] }),
              sql: text('select day, n, n as m from raw'),
            }),
          ],
        }),
      ],
    }) as unknown as App
    expect((await run(wider)).ran).toEqual({ d: 'schema changed' })
  })

  test('U21: --force runs all that is selected; earlier versions stay', async () => {
    await run(chain())
    const { ran } = await run(chain(), { force: true, selection: 't.a+' })
    expect(ran).toEqual({ a: 'forced', b: 'forced', c: 'forced' })
    const versions = await opened(chain(), {}, (session) => session.catalog.entry('t.a').dataset.head())
    expect(versions?.number).toBe(2)
    expect((await run(chain())).ran).toEqual({})
  })

  test('J13: gives the same rows and leaves the catalog as it was', async () => {
    await run(chain())
    const catalog = readFileSync(join(appDir, 'conf/base/catalog.yml'), 'utf8')
    const before = await rows(chain(), 't.c')
    expect((await run(chain())).state).toBe('nothing')
    expect(await rows(chain(), 't.c')).toEqual(before)
    expect(readFileSync(join(appDir, 'conf/base/catalog.yml'), 'utf8')).toBe(catalog)
  })

  test('asks no engine and starts none', async () => {
    await run(chain())
    const untouchable = definePlugin('duckdb', {
      engines: {
        duckdb: engineType({
          config: z.strictObject({}),
          create: () => Promise.reject(new Error('The engine was started.')),
        }),
      },
    })
    const app = chain({ plugins: [untouchable, parquet(), files()] })
    expect(await run(app)).toMatchObject({ state: 'nothing', skipped: all })
    writeRaw('day,n\n2026-01-01,5\n')
    await expect(run(app)).rejects.toThrow('The engine was started.')
  })

  test('runs what was written before versions recorded what they are made from', async () => {
    await run(chain())
    const file = join(appDir, 'data/d/manifests/00000001.json')
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as { partitions: object[]; whole?: object }
    delete manifest.whole
    manifest.partitions = manifest.partitions.map((partition) => ({ ...partition, made: undefined }))
    writeFileSync(file, JSON.stringify(manifest))
    expect((await run(chain())).ran).toEqual({ d: 'made before versions recorded what from' })
    expect((await run(chain())).ran).toEqual({})
  })
})

describe('partitions', () => {
  test('one that is unchanged is skipped; one that was never written is missing', async () => {
    const partition = '2026-01-01'
    expect((await run(chain(), { partition, selection: 't.a t.b' })).ran).toEqual({
      a: 'missing',
      b: 'missing',
    })
    expect(await run(chain(), { partition, selection: 't.a t.b' })).toMatchObject({
      ran: {},
      state: 'nothing',
    })
    expect((await run(chain(), { partition: '2026-01-02', selection: 't.a' })).ran).toEqual({ a: 'missing' })
  })

  test('one without rows is remembered', async () => {
    await run(chain(), { partition: '2026-01-01' })
    const partition = '2026-02-01'
    expect((await run(chain(), { partition, selection: 't.b' })).ran).toEqual({ b: 'missing' })
    expect((await run(chain(), { partition, selection: 't.b' })).ran).toEqual({})
  })

  test('those that a run of all left without rows are known to be empty', async () => {
    const but = (day: string) => ({ sql: { c: `select day, n from b where day <> date '${day}' and n < 9` } })
    const here = '2026-01-02'
    await run(chain(but(here)))
    for (const partition of [here, '2026-02-01', { day: { from: '2025-12-01', to: '2026-01-31' } }])
      for (const options of [{}, { onlyMissing: true }])
        expect((await run(chain(but(here)), { partition, ...options })).ran).toEqual({})
    expect((await rows(chain(), 't.c')).length).toBe(1)

    // A day arrives.
    const partition = '2026-02-01'
    writeRaw('day,n\n2026-01-01,1\n2026-01-02,2\n2026-02-01,3\n')
    expect((await run(chain(but(here)), { partition, selection: 't.b', onlyMissing: true })).ran).toEqual({})
    const added = await run(chain(but(here)), { partition, onlyMissing: true })
    expect(added.ran).toMatchObject({ a: 'missing', b: 'missing', c: 'missing' })
    // The other code makes something of the day that had no rows.
    expect((await run(chain(but(here)), { partition: here, selection: 't.c' })).ran).toEqual({})
    const other = { partition: here, selection: 't.c', onlyMissing: true }
    expect((await run(chain(but('2026-03-01')), other)).ran).toEqual({})
    expect((await run(chain(but('2026-03-01')), { ...other, onlyMissing: false })).ran).toEqual({
      c: 'code changed',
    })
  })

  test('days that were found empty by themselves stay so after a run of all', async () => {
    const none = { sql: { c: 'select day, n from b where n > 99' } }
    await run(chain(none))
    await run(chain(none), { partition: '2026-01-02', force: true })
    await run(chain(none), { force: true })
    expect((await run(chain(none), { partition: '2026-01-02' })).ran).toEqual({})
    expect((await run(chain(none))).ran).toEqual({})
  })

  test('only those whose own part of an input changed run', async () => {
    await run(chain())
    await run(chain(), { partition: '2026-01-02', selection: 't.a', force: true })
    expect((await run(chain(), { partition: '2026-01-01', selection: 't.b' })).ran).toEqual({})
    expect((await run(chain(), { partition: '2026-01-02', selection: 't.b' })).ran).toEqual({
      b: 't.a changed',
    })
    expect((await run(chain(), { selection: 't.b' })).ran).toEqual({})
    await run(chain(), { partition: '2026-01-01', selection: 't.a', force: true })
    expect((await run(chain(), { selection: 't.b' })).ran).toEqual({ b: 't.a changed' })
  })

  /** raw → a → b, by day; a makes the days that it is told. */
  const days = (...list: string[]) =>
    chain({
      sql: { a: `select * from raw${range} and day in (${list.map((day) => `date '${day}'`).join()})` },
    })
  const stepsOf = (app: App, options: RunOptions = {}): Promise<readonly string[]> =>
    opened(app, {}, async (session) => {
      const { steps } = await session.plan(options.selection ?? '', options)
      return steps.map(({ id, partitions }) => [id, ...(partitions ?? []).map(({ day }) => day)].join(' '))
    })

  test('a run of all runs those that changed or arrived, and no others', async () => {
    const three = ['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-05']
    writeRaw(`day,n\n${three.map((day, i) => `${day},${i}`).join('\n')}\n`)
    await run(days(...three), { selection: 't.a t.b' })
    const partition = { partition: '2026-01-02', selection: 't.a', force: true }
    await run(days(...three), partition)
    expect(await stepsOf(days(...three), { selection: 't.b' })).toEqual(['t/b 2026-01-02'])
    await run(days(...three), { ...partition, partition: '2026-01-05' })
    expect(await stepsOf(days(...three), { selection: 't.b' })).toEqual([
      't/b@2026-01-02 2026-01-02',
      't/b@2026-01-05 2026-01-05',
    ])
    const before = await rows(days(...three), 't.b')
    expect((await run(days(...three), { selection: 't.b' })).state).toBe('succeeded')
    expect(await rows(days(...three), 't.b')).toEqual(before)
    expect((await run(days(...three), { selection: 't.b' })).ran).toEqual({})

    writeRaw(`day,n\n${[...three, '2026-01-06'].map((day, i) => `${day},${i}`).join('\n')}\n`)
    await run(chain(), { partition: '2026-01-06', selection: 't.a' })
    expect(await stepsOf(days(...three), { selection: 't.b' })).toEqual(['t/b 2026-01-06'])
    await run(days(...three), { selection: 't.b' })
    expect(await rows(days(...three), 't.b')).toContainEqual({ day: '2026-01-06', n: 4 })
    expect((await run(days(...three), { selection: 't.b' })).ran).toEqual({})
    // Another check concerns all of them, in one piece.
    expect(await stepsOf(chain({ check: 10 }), { selection: 't.a' })).toEqual(['source:t.raw', 't/a'])
  })

  test('one that is gone from an input is gone from what is made of it', async () => {
    await run(chain(), { selection: 't.a t.b' })
    await run(chain({ sql: { a: `select * from raw${range} and n > 1` } }), { selection: 't.a' })
    const { ran } = await run(chain({ sql: { a: `select * from raw${range} and n > 1` } }), {
      selection: 't.b',
    })
    expect(ran).toEqual({ b: 't.a changed' })
    expect(await rows(chain(), 't.b')).toEqual([{ day: '2026-01-02', n: 2 }])
  })

  test('one that arrived in an input makes its readers run', async () => {
    const days = (...list: string[]) =>
      chain({
        sql: { a: `select * from raw${range} and day in (${list.map((day) => `date '${day}'`).join()})` },
      })
    await run(days('2026-01-01'), { partition: '2026-01-01', selection: 't.a t.b' })
    await run(days('2026-01-01'), { selection: 't.b', force: true })
    await run(chain(), { partition: '2026-01-02', selection: 't.a' })
    expect((await run(chain(), { selection: 't.b' })).ran).toEqual({ b: 't.a changed' })
    expect((await run(chain(), { selection: 't.b' })).ran).toEqual({})
  })
})

describe('--only-missing', () => {
  const remove = (name: string): void => rmSync(join(appDir, 'data', name), { recursive: true, force: true })
  const onlyMissing = { onlyMissing: true } as const

  test('L1: what is missing runs', async () => {
    expect(Object.keys((await run(chain(), { ...onlyMissing, selection: 't.a' })).ran)).toEqual(['a'])
  })
  test('L2: what reads only views and exists is skipped, with the reason', async () => {
    const inner = view('inner', { inputs: { raw }, sql: text('select day, n from raw') })
    const app = defineApp({
      name: 'chain',
      plugins,
      pipelines: [
        definePipeline('t', {
          nodes: [
            sqlNode('c', { inputs: { inner }, output: byDay('c'), sql: text('select day, n from "inner"') }),
          ],
        }),
      ],
    }) as unknown as App
    await run(app)
    const again = await run(app, onlyMissing)
    expect(again).toMatchObject({ ran: {}, skipped: ['c'], state: 'nothing' })
    expect(again.events).toContainEqual(expect.objectContaining({ step_id: 't/c', skip_reason: 'exists' }))
  })
  test('L4: A → B (exists) → C (missing): only C runs, even when the code of B changed', async () => {
    await run(chain())
    remove('c')
    const changed = chain({ sql: { a: 'select day, n + 1 as n from raw' } })
    expect(await run(changed, { ...onlyMissing, selection: 't.a+' })).toMatchObject({
      ran: { c: 'missing' },
      skipped: ['a', 'b'],
    })
  })
  test('L5: of two chains each runs what it misses', async () => {
    await run(chain())
    remove('b')
    remove('d')
    expect(Object.keys((await run(chain(), onlyMissing)).ran)).toEqual(['b', 'd'])
  })
  test('L10: one missing output of several runs the node', async () => {
    const [left, right] = [byDay('left'), byDay('right')]
    const app = defineApp({
      name: 'chain',
      plugins,
      pipelines: [
        definePipeline('t', {
          nodes: [
            node('both', {
              version: '1',
              inputs: { raw },
              outputs: { left, right },
              async run({ raw: input }, { outputs }) {
                for await (const row of input.rows()) {
                  await outputs.left.write(row)
                  await outputs.right.write(row)
                }
              },
            }),
          ],
        }),
      ],
    }) as unknown as App
    await run(app)
    expect((await run(app, onlyMissing)).ran).toEqual({})
    remove('right')
    expect((await run(app, onlyMissing)).ran).toEqual({ both: 'missing' })
  })
  test('L13: what goes wrong while looking at what is stored is told', async () => {
    await run(chain())
    writeFileSync(join(appDir, 'data/a/manifests/00000002.json'), '{"format":2}')
    await expect(run(chain(), onlyMissing)).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
  })
  test('L14: without it fingerprints decide', async () => {
    await run(chain())
    const changed = chain({ sql: { c: 'select day, n + 1 as n from b' } })
    expect((await run(changed, onlyMissing)).ran).toEqual({})
    expect((await run(changed)).ran).toEqual({ c: 'code changed' })
  })
  test('a partition that is stored is left out, one that is not runs', async () => {
    await run(chain(), { partition: '2026-01-01', selection: 't.a' })
    const options = { ...onlyMissing, selection: 't.a' }
    expect((await run(chain(), { ...options, partition: '2026-01-01' })).ran).toEqual({})
    expect((await run(chain(), { ...options, partition: '2026-01-02' })).ran).toEqual({ a: 'missing' })
  })
})

describe('nodes of TypeScript', () => {
  const counted = (options: { version?: string; outputs: boolean; service: boolean; reads: boolean }) => {
    const service = resource<{ go(): void }>('@levada/cli#Service')
    const out = asset('t.out', { schema })
    return defineApp({
      name: 'chain',
      plugins,
      ...(options.service && {
        resources: {
          service: defineResource('service', {
            config: z.strictObject({}),
            setup: async () => ({ go() {} }),
          }),
        },
      }),
      pipelines: [
        definePipeline('t', {
          nodes: [
            node('act', {
              ...(options.version !== undefined && { version: options.version }),
              inputs: (options.reads ? { raw } : {}) as { raw: typeof raw },
              outputs: options.outputs ? { out } : {},
              resources: options.service ? { service } : {},
              run() {},
            }),
          ],
        }),
      ],
    } as never) as unknown as App
  }

  test('the version that the author gives decides', async () => {
    const app = (version: string) => counted({ version, outputs: true, service: false, reads: true })
    await run(app('1'))
    expect((await run(app('1'))).ran).toEqual({})
    expect((await run(app('2'))).ran).toEqual({ act: 'code changed' })
  })
  test('one without outputs always runs', async () => {
    const app = counted({ version: '1', outputs: false, service: false, reads: true })
    for (const reason of ['always runs', 'always runs']) expect((await run(app)).ran).toEqual({ act: reason })
  })
  test('one that fetches from a service, and reads nothing else, always runs', async () => {
    const fetching = counted({ version: '1', outputs: true, service: true, reads: false })
    for (const reason of ['always runs', 'always runs'])
      expect((await run(fetching)).ran).toEqual({ act: reason })
  })
})

describe('levada run', () => {
  /** Fails as soon as a package of DuckDB is loaded. */
  const withoutDuckdb = {
    NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(
      `import { registerHooks } from 'node:module'
       registerHooks({ resolve(specifier, context, next) {
         if (specifier.startsWith('@duckdb/')) throw new Error('DuckDB was loaded')
         return next(specifier, context)
       } })`,
    )}`,
  }

  test('a warm run loads no DuckDB, says that nothing is to do, and exits 0; so does a plan', async () => {
    using app = project(shop)
    const cold = await app.start(['run'], withoutDuckdb)
    expect(cold.stderr).toContain('DuckDB was loaded')
    expect((await app.levada('run')).code).toBe(0)
    for (const command of ['run', 'plan']) {
      const { exitCode, stdout, stderr } = await app.start([command], withoutDuckdb)
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
      expect(stdout).toContain('Nothing to do: 3 steps unchanged.')
    }
  })

  test('run and plan tell what is left out beside what runs; --force and --only-missing exclude each other', async () => {
    using app = project(shop)
    await app.levada('run')
    const param = ['--param', 'orders.factor=2']
    const planned = await app.levada('plan', ...param)
    expect(planned.out).toContain('orders/total  param factor changed')
    expect(planned.out).toMatch(/2 steps unchanged:\n- orders\/stage\n- customers\/stage-customers/)
    const json = JSON.parse((await app.levada('plan', '--json', ...param)).out) as Record<string, unknown[]>
    expect(json['steps']).toMatchObject([{ reasons: [{ kind: 'params', names: ['factor'] }] }])
    expect(json['skipped']).toMatchObject([
      { id: 'orders/stage', reason: 'unchanged' },
      { id: 'customers/stage-customers', reason: 'unchanged' },
    ])
    const ran = await app.levada('run', ...param)
    expect(ran.out).toContain('steps: 1 succeeded, 2 unchanged')
    const both = await app.levada('run', '--force', '--only-missing')
    expect(both).toMatchObject({ code: 2 })
    expect(both.err).toContain('--force runs everything, --only-missing what has nothing stored.')
  })

  test('the checks of a source run before a reader that runs, and not before one that is skipped', async () => {
    using app = project(shop)
    const names = async (...words: string[]): Promise<string[]> => {
      const { out } = await app.levada('plan', '--json', ...words)
      return (JSON.parse(out) as { steps: { node: string }[] }).steps.map(({ node: name }) => name)
    }
    expect(await names()).toContain('source:shop.raw_customers')
    await app.levada('run')
    expect(await names()).toEqual([])
    expect(await names('--param', 'orders.factor=2')).toEqual(['total'])
    expect(await names('--force')).toContain('source:shop.raw_customers')
  })
})
