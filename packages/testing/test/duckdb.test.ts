import { tmpdir } from 'node:os'
import { afterAll, describe, expect, test } from 'vitest'
import type { Engine, EngineSession } from '@levada/core/spi'
import { engineConformance, type OptOuts, type Runner } from '../src/index.ts'
import { duckdb } from '@levada/resource-duckdb'

const context = { name: 'duckdb', root: tmpdir(), env: 'test' }
const engine: Engine = await duckdb().engines['duckdb']!.create({ threads: 2 } as never, context)
afterAll(() => engine.close())

const json = {
  class: 'notImplemented',
  reason: 'describing a file guesses structs, and refuses a JSON value with keys that differ in case only',
} as const
const optOut: OptOuts = {
  'values of every type come back from json files': json,
  'values of every type come back from ndjson files': json,
}

engineConformance({ describe, test, expect }, { name: 'duckdb', engine, optOut })

/** Titles of the cases that are red for sessions with a fault. */
async function red(
  fault: (session: EngineSession) => Partial<EngineSession>,
  only: RegExp,
): Promise<string[]> {
  const cases: { readonly title: string; readonly run: () => Promise<void> }[] = []
  const runner: Runner = {
    describe: (_, body) => body(),
    test: (title, run) => void (only.test(title) && cases.push({ title, run })),
    expect,
  }
  const open = async (): Promise<EngineSession> => {
    const session = await engine.open()
    return { ...session, [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](), ...fault(session) }
  }
  engineConformance(runner, { name: 'planted', engine: { ...engine, open }, optOut })
  const found: string[] = []
  for (const { title, run } of cases) await run().catch(() => found.push(title))
  return found
}

describe('engineConformance', () => {
  const quick = /^(bind|describe|a scan|partitions|writer|cancellable: nothing|what was written|an optional)/

  test('is green for sessions that are only wrapped', async () =>
    expect(await red(() => ({}), quick)).toEqual([]))

  test.each<[string, string, Parameters<typeof red>[0]]>([
    [
      'that reads tables that are not declared',
      'bind() refuses a table that is not an input with its place',
      ({ bind }) => ({
        bind: (query) =>
          bind({ ...query, inputs: { ...query.inputs, other: { kind: 'empty', columns: [] } } }).catch(
            () => [],
          ),
      }),
    ],
    [
      'that loses places',
      'bind() refuses an unknown column with its place',
      ({ bind }) => ({ bind: (query) => bind({ ...query, sql: { ...query.sql, line: 1 } }) }),
    ],
    [
      'that forgets partitions',
      'partitions are told one by one; files hold one each, with its column',
      ({ write }) => ({
        write: (query, columns, target) =>
          write(query, columns, { ...target, partitionBy: [] } as typeof target),
      }),
    ],
    [
      'that counts wrongly',
      'what was written is told by file',
      ({ write }) => ({ write: async (...args) => ({ ...(await write(...args)), sizeBytes: 0 }) }),
    ],
    [
      'that is deaf to signals',
      'cancellable: nothing begins after the signal',
      ({ read }) => ({ read: (_, columns) => read({ kind: 'empty', columns }, columns) }),
    ],
    [
      'that drops rows that do not fit',
      'writer() refuses a row that lacks a column',
      ({ writer }) => ({
        writer: async (...args) => ({ ...(await writer(...args)), write: async () => {} }),
      }),
    ],
  ])('is red for a session %s', async (_, title, fault) => expect(await red(fault, quick)).toContain(title))
})
