// What a resumed run does. The numbers are those of docs/semantics.md.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asset, defineApp, definePipeline, node, source, sql, sqlNode, view, type App } from '@levada/core'
import { openApp, type RunOptions, type Session } from '@levada/core/run'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { memory } from '@levada/testing'
import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'

const tmp = join(import.meta.dirname, 'tmp/resume-semantics')
let appDir: string
/** Nodes that throw. */
const down = new Set<string>()
beforeEach(() => {
  mkdirSync(tmp, { recursive: true })
  appDir = mkdtempSync(join(tmp, 'app-'))
  mkdirSync(join(appDir, 'conf/base'), { recursive: true })
  writeFileSync(join(appDir, 'raw.csv'), 'id\n1\n2\n')
  down.clear()
})
afterAll(() => rmSync(tmp, { recursive: true, force: true }))

const schema = z.object({ id: z.int() })
const table = (name: string) => asset(`t.${name}`, { schema })
type Table = ReturnType<typeof table>

/** Copies its inputs into its outputs, unless it is down. */
const copying = (name: string, inputs: Readonly<Record<string, Table>>, outputs: readonly Table[]) =>
  node(name, {
    inputs,
    outputs: Object.fromEntries(outputs.map((each) => [each.name.slice(2), each])),
    async run(given, { outputs: writers }) {
      if (down.has(name)) throw new Error(`${name} is down`)
      const ids: number[] = []
      for (const input of Object.values(given)) for await (const { id } of input.rows()) ids.push(id)
      for (const writer of Object.values(writers)) for (const id of ids) await writer.write({ id })
    },
  })

const kinds = ['memory', 'parquet'] as const
const conf = (kind: (typeof kinds)[number]): void =>
  writeFileSync(
    join(appDir, 'conf/base/catalog.yml'),
    `t.raw: { type: csv, path: raw.csv }\n'{domain}.{table}': { type: ${kind}${kind === 'parquet' ? ", path: 'data/{domain}/{table}'" : ''} }\n`,
  )

const appOf = (nodes: readonly unknown[]): App =>
  defineApp({
    name: 'app',
    plugins: [duckdb(), parquet(), files(), memory()],
    pipelines: [definePipeline('t', { nodes: nodes as never })] as never,
  }) as never

const opened = async (app: App): Promise<Session> =>
  (await openApp(app as never, { appDir })) as unknown as Session

interface Part {
  readonly runId: string
  readonly state: string
  /** Steps by what they came to. */
  readonly steps: Readonly<Record<string, string>>
}

const run = async (session: Session, selection = '', options: RunOptions = {}): Promise<Part> => {
  const { runId, state, steps } = await session.run(await session.plan(selection), options)
  return { runId, state, steps: Object.fromEntries(steps) }
}
const resume = async (session: Session, id: string): Promise<Part> => {
  const { runId, state, steps } = await session.run(await session.resume(id))
  return { runId, state, steps: Object.fromEntries(steps) }
}
const idsOf = async (session: Session, name: string): Promise<readonly unknown[]> =>
  (await session.load(name).rows()).map(({ id }) => id)

describe.each(kinds)('resuming, on %s', (kind) => {
  const raw = source('t.raw', { schema })
  const [a0, b0, a2, b2, a4, b4] = ['a0', 'b0', 'a2', 'b2', 'a4', 'b4'].map(table) as [
    Table,
    Table,
    Table,
    Table,
    Table,
    Table,
  ]
  const over = (name: string, input: Table) =>
    view(name, { inputs: { input }, schema, sql: sql`select id from input` })
  const [a1, b1, a3, b3] = [over('a1', a0), over('b1', b0), over('a3', a2), over('b3', b2)]
  /** `two` reads views of a0 and b0, and writes a2 and b2; behind views of those are four-a and four-b. */
  const graph = () => {
    conf(kind)
    return appOf([
      sqlNode('zero-a', { inputs: { raw }, output: a0, sql: sql`select id from raw` }),
      sqlNode('zero-b', { inputs: { raw }, output: b0, sql: sql`select id + 10 as id from raw` }),
      copying('two', { a1, b1 } as never, [a2, b2]),
      copying('four-a', { a3 } as never, [a4]),
      copying('four-b', { b3 } as never, [b4]),
    ])
  }

  test('K1: nothing finished: every step runs, with the first run’s pins', async () => {
    const app = graph()
    await using session = await opened(app)
    await run(session, 't.a0 t.b0')
    const stopped = new AbortController()
    stopped.abort()
    const first = await run(session, 't.a2+ t.b2+', { signal: stopped.signal })
    expect(first.state).toBe('cancelled')
    expect(Object.values(first.steps)).toEqual(['skipped', 'skipped', 'skipped'])
    // Another run publishes what it has pinned.
    writeFileSync(join(appDir, 'raw.csv'), 'id\n7\n')
    await run(session, 't.a0 t.b0')
    expect(await idsOf(session, 't.a0')).toEqual([7])
    const { runId, steps } = await resume(session, first.runId)
    expect(runId).toBe(first.runId)
    expect(steps).toEqual({ 't/two': 'succeeded', 't/four-a': 'succeeded', 't/four-b': 'succeeded' })
    expect(await idsOf(session, 't.a4')).toEqual([1, 2, 11, 12])
  })

  test('K2: views are fused, so that only the nodes behind them run again', async () => {
    const app = graph()
    await using session = await opened(app)
    down.add('two')
    const first = await run(session)
    expect(first.steps).toMatchObject({ 't/zero-a': 'succeeded', 't/two': 'failed', 't/four-a': 'skipped' })
    down.clear()
    expect((await resume(session, first.runId)).steps).toEqual({
      't/two': 'succeeded',
      't/four-a': 'succeeded',
      't/four-b': 'succeeded',
    })
  })

  test('K4: a view before the failed node is fused: only that node runs again', async () => {
    const app = graph()
    await using session = await opened(app)
    down.add('four-a')
    const first = await run(session)
    expect(first.steps).toMatchObject({ 't/four-a': 'failed', 't/four-b': 'succeeded' })
    // Still down: the run fails again, and goes on once more.
    expect(await resume(session, first.runId)).toMatchObject({
      state: 'failed',
      steps: { 't/four-a': 'failed' },
    })
    down.clear()
    expect((await resume(session, first.runId)).steps).toEqual({ 't/four-a': 'succeeded' })
    expect(await idsOf(session, 't.a4')).toEqual([1, 2, 11, 12])
  })

  test('K5: views are fused: the failed step alone runs again', async () => {
    conf(kind)
    const [left, right, both] = ['left', 'right', 'both'].map(table) as [Table, Table, Table]
    const third = view('third', {
      inputs: { input: over('first', left) },
      schema,
      sql: sql`select id from input`,
    })
    await using session = await opened(
      appOf([
        sqlNode('l', { inputs: { raw }, output: left, sql: sql`select id from raw` }),
        sqlNode('r', { inputs: { raw }, output: right, sql: sql`select id + 10 as id from raw` }),
        copying('four', { second: over('second', right), third } as never, [both]),
      ]),
    )
    down.add('four')
    const first = await run(session)
    down.clear()
    expect((await resume(session, first.runId)).steps).toEqual({ 't/four': 'succeeded' })
    expect(await idsOf(session, 't.both')).toEqual([11, 12, 1, 2])
  })
})

/** A random graph in layers: of each node the tables that it reads, all made before. */
const graphs = fc.array(fc.array(fc.nat(20), { maxLength: 3 }), { minLength: 1, maxLength: 7 })

test('K8, K10: finished and resumed steps are disjoint and make the plan: exactly what has not finished runs', async () => {
  await fc.assert(
    fc.asyncProperty(graphs, fc.array(fc.nat(6), { maxLength: 4 }), async (reads, failing) => {
      conf('memory')
      rmSync(join(appDir, '.levada'), { recursive: true, force: true })
      down.clear()
      for (const i of failing) down.add(`n${i}`)
      const tables = reads.map((_, i) => table(`n${i}`))
      const nodes = reads.map((from, i) => {
        const inputs = i === 0 ? [] : [...new Set(from.map((n) => n % i))]
        return copying(`n${i}`, Object.fromEntries(inputs.map((n) => [`i${n}`, tables[n]!])), [tables[i]!])
      })
      await using session = await opened(appOf(nodes))
      const planned = (await session.plan()).steps.map(({ id }) => id)
      let part = await run(session)
      const finished = new Set<string>()
      const { runId } = part
      for (;;) {
        for (const [id, state] of Object.entries(part.steps))
          if (state === 'succeeded') {
            expect(finished.has(id)).toBe(false)
            finished.add(id)
          }
        const plan = await session.resume(runId)
        const left = plan.steps.map(({ id }) => id)
        expect(new Set(plan.resumes!.finished)).toEqual(finished)
        expect([...finished, ...left].toSorted()).toEqual(planned.toSorted())
        expect(left.filter((id) => finished.has(id))).toEqual([])
        if (left.length === 0) return
        const [first] = down
        if (first !== undefined) down.delete(first)
        part = await resume(session, runId)
        expect(Object.keys(part.steps).toSorted()).toEqual(left.toSorted())
      }
    }),
    { numRuns: 15, seed: 7 },
  )
})

test('what a run began with is small and has no rows', async () => {
  conf('memory')
  const tables = Array.from({ length: 50 }, (_, i) => table(`n${i}`))
  await using session = await opened(
    appOf(tables.map((each, i) => copying(`n${i}`, i === 0 ? {} : { before: tables[i - 1]! }, [each]))),
  )
  const { runId } = await run(session)
  const text = readFileSync(join(appDir, '.levada/runs', runId, 'run.json'), 'utf8')
  expect((JSON.parse(text) as { steps: unknown[] }).steps).toHaveLength(50)
  expect(text.length / 50).toBeLessThan(400)
})
