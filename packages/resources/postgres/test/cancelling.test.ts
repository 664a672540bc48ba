import { tmpdir } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { afterAll, describe, expect, inject, test } from 'vitest'
import type { Batch, Column, Engine, EngineSession, Query, Relation } from '@levada/core/spi'
import { postgres, postgresServer } from '../src/index.ts'

const context = { name: 'postgres', root: tmpdir(), env: 'test' }
const create = (settings: object = {}): Promise<Engine> =>
  postgres().engines['postgres']!.create({ ...inject('postgres'), ...settings } as never, context)
const engine = await create()
const watcher = await create()
afterAll(() => Promise.all([engine.close(), watcher.close()]))
const { run } = postgresServer(watcher)
const { system } = postgresServer(engine)

const n: Column = { name: 'n', type: { kind: 'int' }, nullable: true }
const query = (text: string, more: Partial<Query> = {}): Query => ({
  kind: 'query',
  name: 'node',
  sql: { text, file: 'node.sql', line: 1, column: 1 },
  inputs: {},
  params: {},
  ...more,
})
const drain = async (session: EngineSession, relation: Relation, signal: AbortSignal): Promise<void> => {
  for await (const _ of (await session.read(relation, [n], { signal })).rows());
}
async function* forever(): AsyncGenerator<Batch> {
  const values = Array.from({ length: 5000 }, (_, i) => i)
  for (;;) {
    yield { length: values.length, columns: [values] }
    await setTimeout(1)
  }
}

let tables = 0
type Work = (session: EngineSession, marker: string, signal: AbortSignal) => Promise<unknown>
const target = async (marker: string) => {
  const name = `public.${marker}`
  await run(`create table ${name} (n bigint)`)
  return { kind: 'table', system, name, partitionBy: [] } as const
}

describe('what is interrupted is told to stop by pg_cancel_backend', () => {
  const endless = (marker: string): string =>
    `select a as n from generate_series(1, 1000000000) as ${marker}(a)`
  test.each<[string, RegExp, Work]>([
    ['COPY … TO', /^copy \(/i, (session, marker, signal) => drain(session, query(endless(marker)), signal)],
    [
      'a cursor, of a query with params',
      /^fetch|^declare/i,
      (session, marker, signal) =>
        drain(
          session,
          query(`select count(*) as n from generate_series(1, 1000000000) as ${marker}(a) where a > $least`, {
            params: { least: { type: { kind: 'int' }, value: 1 } },
          }),
          signal,
        ),
    ],
    [
      'INSERT',
      /^insert/i,
      async (session, marker, signal) =>
        session.write(query(endless(marker)), [n], await target(marker), { signal }),
    ],
    [
      'a query that a view would keep',
      /^select/i,
      (session, marker, signal) =>
        session.write(query(endless(marker)), [n], { kind: 'query', system }, { signal }),
    ],
    [
      'COPY … FROM',
      /^copy /i,
      async (session, marker, signal) => {
        const writer = await session.writer([n], await target(marker), { signal })
        try {
          for (;;) {
            await writer.write(Array.from({ length: 5000 }, (_, i) => ({ n: i })))
            // Whoever looks for the statement has this thread, too.
            await setTimeout(5)
          }
        } catch (error) {
          await writer.abort()
          throw error
        }
      },
    ],
    [
      'COPY … FROM into a temporary table',
      /^copy pg_temp/i,
      (session, _, signal) => {
        const endlessRows: Relation = { kind: 'batches', columns: [n], batches: forever }
        return drain(session, query('select n from t', { inputs: { t: endlessRows } }), signal)
      },
    ],
  ])('%s', async (_, text, work) => {
    await using session = await engine.open()
    const marker = `endless_${++tables}`
    const controller = new AbortController()
    const done = work(session, marker, controller.signal).then(
      () => 'finished',
      (error: { code?: string }) => error.code ?? error,
    )
    const active = async (): Promise<readonly string[]> =>
      (
        await run(
          `select pid, query from pg_stat_activity where state = 'active' and application_name = 'levada' and pid <> pg_backend_pid() and (query like $1 or query like 'copy pg_temp%' or query like 'fetch%')`,
          [`%${marker}%`],
        )
      )
        .filter(([, sql]) => text.test(sql!))
        .map(([pid]) => pid!)
    const ended = new AbortController()
    void done.then(() => ended.abort())
    while (!ended.signal.aborted && (await active()).length === 0) await setTimeout(10)
    const [pid] = await active()
    const start = performance.now()
    controller.abort()
    expect(await done).toBe('CANCELLED')
    while ((await active()).length > 0) await setTimeout(10)
    expect(performance.now() - start).toBeLessThan(5000)
    expect(pid).toMatch(/^\d+$/)
    // Cancelled, not killed: other sessions and the next statement go on.
    await using next = await engine.open()
    await drain(next, query('select 1 as n'), new AbortController().signal)
  })
})

test('a signal that comes when all is done stops nothing that comes next', async () => {
  await using session = await engine.open()
  for (let i = 0; i < 20; i++) {
    const controller = new AbortController()
    const first = drain(session, query('select 1 as n'), controller.signal).catch(() => undefined)
    await setTimeout(i / 10)
    controller.abort()
    await first
    await drain(session, query('select 2 as n'), new AbortController().signal)
  }
})

test('binding runs nothing', async () => {
  await using session = await engine.open()
  const start = performance.now()
  const columns = await session.bind(
    query('select count(*) as n, 1 / 0 as x from generate_series(1, 1000000000) as g where g > $least', {
      params: { least: { type: { kind: 'int' }, value: undefined } },
    }),
  )
  expect(columns.map(({ name }) => name)).toEqual(['n', 'x'])
  expect(performance.now() - start).toBeLessThan(2000)
})
