import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createEngine } from '../src/create-engine.ts'
import type { DuckdbConfig } from '../src/plugin.ts'
import { duckdb } from '../src/index.ts'
import { batches, column, failure, openBench, query, rowsOf } from './harness.ts'

const n = column('n', 'int')
const long = query('select count(*) as n from range(40000000000) t(i) where i % 7 = hash(i) % 11')

describe('read', () => {
  test('values that JavaScript or ISO text cannot hold are errors that name the column', async () => {
    await using bench = await openBench()
    const cases = [
      ['select 9007199254740992::bigint as n', n],
      ["select 'infinity'::date as n", column('n', 'date')],
      ["select '-infinity'::timestamp as n", column('n', 'timestamp')],
      ["select '5000000-01-01'::date as n", column('n', 'date')],
      ["select 'c' as n", column('n', { kind: 'enum', values: ['a'] })],
      ['select 170141183460469231731687303715884105727::hugeint as n', n],
    ] as const
    for (const [text, only] of cases) {
      const error = await failure(bench.session.read(query(text), [only]).then(rowsOf))
      expect([error.code, error.message], text).toEqual(['VALUE_RANGE', expect.stringContaining('column n')])
    }
  })

  test('years BC and beyond 9999, and the order of a query', async () => {
    await using bench = await openBench()
    const text = `select d::date as d, (d || 'T10:00:00.5')::timestamp as t from (values ('-0044-03-15'), ('0000-01-01'), ('12345-12-31')) v(d) order by 1 desc`
    expect(
      await rowsOf(await bench.session.read(query(text), [column('d', 'date'), column('t', 'timestamp')])),
    ).toEqual([
      { d: '12345-12-31', t: '12345-12-31T10:00:00.500000' },
      { d: '0000-01-01', t: '0000-01-01T10:00:00.500000' },
      { d: '-0044-03-15', t: '-0044-03-15T10:00:00.500000' },
    ])
  })

  test('instants are UTC whatever the machine says', async () => {
    await using bench = await openBench()
    const text = `select timestamptz '2001-06-01 12:00:00+02:00' as i, timestamptz '2001-06-01 00:30:00'::date as d`
    expect(
      await rowsOf(await bench.session.read(query(text), [column('i', 'instant'), column('d', 'date')])),
    ).toEqual([{ i: '2001-06-01T10:00:00Z', d: '2001-06-01' }])
  })

  test('many rows come in their order when the query has one; a cursor may be left early', async () => {
    await using bench = await openBench()
    const text = 'select range as n from range(200000) order by hash(range) % 1000, range'
    const rows = await rowsOf(await bench.session.read(query(`select n from (${text}) order by n desc`), [n]))
    expect(rows.every((row, i) => row['n'] === 199_999 - i)).toBe(true)
    for await (const some of (await bench.session.read(query(text), [n])).rows()) {
      expect(some.length).toBeGreaterThan(0)
      break
    }
    await bench.session.read(query(text), [n])
  })

  test('the same relation is realised once', async () => {
    await using bench = await openBench()
    let opened = 0
    const once = {
      kind: 'batches' as const,
      columns: [n],
      async *batches() {
        opened++
        yield { length: 1, columns: [[1]] }
      },
    }
    const both = query('select a.n from a, b', { a: once, b: query('select n from x', { x: once }) })
    await Promise.all([bench.session.bind(both), bench.session.read(both, [n]).then(rowsOf)])
    expect(opened).toBe(1)
  })
})

describe('cancellation', () => {
  test.for(['read', 'write', 'partitioned', 'writer'] as const)('%s stops at once', async (how) => {
    await using bench = await openBench()
    const controller = new AbortController()
    const { signal } = controller
    const parts = query(`select i as n, (i % 50)::varchar as p from range(4000000000) t(i)`)
    const work = {
      read: async () => void (await rowsOf(await bench.session.read(long, [n], { signal }))),
      write: async () => void (await bench.session.write(long, [n], bench.target(), { signal })),
      partitioned: async () =>
        void (await bench.session.write(parts, [n, column('p', 'string')], bench.target('parquet', ['p']), {
          signal,
        })),
      writer: async () => {
        const writer = await bench.session.writer([n], bench.target(), { signal })
        for (;;) {
          await writer.write(Array.from({ length: 2048 }, (_, i) => ({ n: i })))
          await sleep(1)
        }
      },
    }[how]()
    const done = failure(work)
    await sleep(300)
    const start = performance.now()
    controller.abort()
    expect((await done).code).toBe('CANCELLED')
    expect(performance.now() - start).toBeLessThan(150)
  })

  test('a signal that has already aborted', async () => {
    await using bench = await openBench()
    expect(
      (await failure(bench.session.write(long, [n], bench.target(), { signal: AbortSignal.abort() }))).code,
    ).toBe('CANCELLED')
  })

  test('closing a session ends what runs on it', async () => {
    await using bench = await openBench()
    const session = await bench.engine.open()
    const done = failure(session.write(long, [n], bench.target()))
    await sleep(200)
    await session[Symbol.asyncDispose]()
    expect((await done).code).toBe('CANCELLED')
  })
})

describe('engine', () => {
  test('sessions run side by side and leave nothing', async () => {
    await using bench = await openBench()
    await Promise.all(
      Array.from({ length: 8 }, async (_, i) => {
        await using session = await bench.engine.open()
        const t = batches([n], { length: 1, columns: [[i]] })
        const param = { x: { type: { kind: 'int' } as const, value: i } }
        expect(
          await rowsOf(await session.read(query('select n + $x as n from t', { t }, param), [n])),
        ).toEqual([{ n: i * 2 }])
        await session.write(query('select n from t', { t }), [n], bench.target())
      }),
    )
  })

  test('settings take effect; wrong ones are named', async () => {
    await using bench = await openBench({ memory_limit: '300MB', threads: 1 })
    const text = `select current_setting('threads') as n, current_setting('TimeZone') as z, current_setting('temp_directory') as d, current_setting('memory_limit') as m`
    const [row] = await rowsOf(
      await bench.session.read(query(text), [
        n,
        column('z', 'string'),
        column('d', 'string'),
        column('m', 'string'),
      ]),
    )
    expect(row).toEqual({ n: 1, z: 'UTC', d: `${bench.dir}/.levada/tmp`, m: '286.1 MiB' })
    const config = duckdb().engines['duckdb']!.config as unknown as {
      safeParse(value: unknown): { success: boolean }
    }
    expect(config.safeParse({ memory_limit: '4GB', threads: 2, temp_directory: 'tmp' }).success).toBe(true)
    expect(config.safeParse({ memory: '4GB' }).success).toBe(false)
    expect(config.safeParse({ memory_limit: 'lots' }).success).toBe(false)
    const context = { name: 'main', root: '/dev/null', env: 'test' }
    expect((await failure(createEngine({}, context))).code).toBe('STORAGE')
  })

  test('a share of the memory is one of what the process may have, as of the default, which is four fifths', async () => {
    const limitOf = async (config: DuckdbConfig): Promise<number> => {
      await using bench = await openBench({ threads: 1, ...config })
      const cursor = await bench.session.read(query(`select current_setting('memory_limit') as m`), [
        column('m', 'string'),
      ])
      const [row] = await rowsOf(cursor)
      const [, size, unit] = /^([\d.]+) ([KMGT])iB$/.exec(String(row!['m']))!
      return Number(size) * 1024 ** 'KMGT'.indexOf(unit!)
    }
    const share = (await limitOf({ memory_limit: '20%' })) / (await limitOf({}))
    expect(share).toBeCloseTo(0.25, 2)
  })

  test('out of memory is said with its remedy', async () => {
    await using bench = await openBench({ memory_limit: '40MB', threads: 1 })
    const text = "select list(i::varchar || repeat('x', 40)) as l from range(3000000) t(i)"
    const error = await failure(
      bench.session.write(
        query(text),
        [column('l', { kind: 'list', item: column('x', 'string') })],
        bench.target(),
      ),
    )
    expect([error.code, error.hint]).toEqual(['SQL_FAILED', expect.stringContaining('memory_limit')])
  })

  test('the dialect quotes', async () => {
    await using bench = await openBench()
    const { dialect } = bench.engine
    const checks = [
      [`${dialect.literal("it's", { kind: 'string' })} = 'it''s'`],
      [`${dialect.literal('2001-03-04', { kind: 'date' })} < date '2001-03-05'`],
      [
        `${dialect.literal('2001-03-04T10:00:00Z', { kind: 'instant' })} = timestamptz '2001-03-04 10:00:00+00'`,
      ],
      [`${dialect.literal(2n ** 62n, { kind: 'bigint' })} = 4611686018427387904`],
      [`${dialect.literal('1.10', { kind: 'decimal', precision: 9, scale: 2 })} = 1.1`],
      [`${dialect.literal(0.5, { kind: 'int' })} = 0.5`],
      [`${dialect.literal(-Infinity, { kind: 'float' })} < 0`],
      [dialect.literal(true, { kind: 'boolean' })],
      [dialect.matches(`'a''b'`, "^a'b$")],
    ] as const
    const text = `select ${checks.map(([sql], i) => `${sql} as c${i}`).join(', ')}`
    const columns = checks.map((_, i) => column(`c${i}`, 'boolean'))
    const [row] = await rowsOf(await bench.session.read(query(text), columns))
    expect(Object.values(row!)).toEqual(checks.map(() => true))
    expect(dialect.identifier('a"b')).toBe('"a""b"')
  })
})
