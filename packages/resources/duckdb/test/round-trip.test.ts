import type { Column, ColumnType, EngineSession, Field, FileFormat, Relation } from '@levada/core/spi'
import * as fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { column, locationOf, openBench, rowsOf, type Bench, type Row } from './harness.ts'
import { valueOf } from './values.ts'

const item = (type: ColumnType): Field => ({ type, nullable: true })
const simple = [
  'boolean',
  'int',
  'bigint',
  'float',
  'string',
  'date',
  'time',
  'timestamp',
  'instant',
  'uuid',
  'json',
] as const
const types: readonly (readonly [string, ColumnType])[] = [
  ...simple.map((kind) => [kind, { kind }] as const),
  ['decimal(4,1)', { kind: 'decimal', precision: 4, scale: 1 }],
  ['decimal(9,2)', { kind: 'decimal', precision: 9, scale: 2 }],
  ['decimal(18,0)', { kind: 'decimal', precision: 18, scale: 0 }],
  ['decimal(38,10)', { kind: 'decimal', precision: 38, scale: 10 }],
  ['decimal(38,38)', { kind: 'decimal', precision: 38, scale: 38 }],
  ['enum', { kind: 'enum', values: ['on', "o'f", 'a longer value', 'é'] }],
  ['enum of 300', { kind: 'enum', values: Array.from({ length: 300 }, (_, i) => `value ${i}`) }],
  ...simple.map((kind) => [`list of ${kind}`, { kind: 'list', item: item({ kind }) }] as const),
  ['list of decimal', { kind: 'list', item: item({ kind: 'decimal', precision: 30, scale: 3 }) }],
  ['list of enum', { kind: 'list', item: item({ kind: 'enum', values: ['a', 'b'] }) }],
  ['list of lists', { kind: 'list', item: item({ kind: 'list', item: item({ kind: 'string' }) }) }],
  [
    'struct',
    {
      kind: 'struct',
      fields: [
        column('a b', 'int'),
        column('"q"', 'string'),
        column('d', 'date'),
        column('t', 'timestamp'),
        column('u', 'uuid'),
        column('m', { kind: 'decimal', precision: 9, scale: 3 }),
        column('l', {
          kind: 'list',
          item: item({ kind: 'struct', fields: [column('x', 'bigint'), column('j', 'json')] }),
        }),
      ],
    },
  ],
]

/** A few rows, or more than a chunk holds, of values that fast-check chooses and shrinks. */
const rowsOver = (values: readonly unknown[], count: number): Row[] =>
  Array.from({ length: count }, (_, id) => ({ id, v: values[(id * 7 + (id >> 8)) % values.length] }))
const byId = (rows: readonly Row[]): readonly Row[] =>
  rows.toSorted((a, b) => (a['id'] as number) - (b['id'] as number))
const valuesOf = (field: Field): fc.Arbitrary<unknown[]> =>
  fc.array(valueOf(field), { minLength: 1, maxLength: 60, size: 'max' })
/** DuckDB's Parquet dictionaries take -0 and 0 for one value: whichever comes first is stored. */
const oneZero = (value: unknown): unknown =>
  typeof value === 'number' ? value + 0 : Array.isArray(value) ? value.map(oneZero) : value
const counts = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 100 }) },
  { weight: 1, arbitrary: fc.constant(2500) },
)

/** `toEqual` is slow, so that it is left to name the difference. */
function expectRows(found: readonly Row[], rows: readonly Row[]): void {
  const sorted = byId(found)
  if (!isDeepStrictEqual(sorted, rows)) expect(sorted).toEqual(rows)
}

/** The seed is random, and printed by a failure; shrinking ends in time for that. */
const settings = { numRuns: 4, interruptAfterTimeLimit: 20_000 }

let bench: Bench
let session: EngineSession
beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench[Symbol.asyncDispose]())
// A session that has read many relations is slow; an engine takes time to start.
beforeEach(async () => {
  session = await bench.engine.open()
})
afterEach(() => session[Symbol.asyncDispose]())

async function write(
  format: FileFormat,
  columns: readonly Column[],
  rows: readonly Row[],
): Promise<Relation> {
  const target = bench.target(format)
  const writer = await session.writer(columns, target)
  for (const [from, to] of [
    [0, 10],
    [10, 2200],
    [2200, rows.length],
  ] as const)
    if (from < rows.length) await writer.write(rows.slice(from, to))
  const written = await writer.finish()
  expect(written.rows).toBe(rows.length)
  return { kind: 'scan', location: locationOf(target, written), columns }
}

describe('rows written and read are equal', () => {
  test.for(types.flatMap(([name, type]) => [true, false].map((nullable) => [name, nullable, type] as const)))(
    'parquet: %s, nullable %s',
    async ([, nullable, type]) => {
      const columns: readonly Column[] = [column('id', 'int', false), { name: 'v', type, nullable }]
      const property = fc.asyncProperty(valuesOf({ type, nullable }), counts, async (values, count) => {
        const rows = rowsOver(values.map(oneZero), count)
        const scan = await write('parquet', columns, rows)
        expectRows(await rowsOf(await session.read(scan, columns)), rows)
        const found: Row[] = []
        for await (const { length, columns: read } of (await session.read(scan, columns)).batches()) {
          for (let r = 0; r < length; r++) found.push({ id: read[0]![r], v: read[1]![r] })
        }
        expectRows(found, rows)
      })
      await fc.assert(property, settings)
    },
  )

  test.for(
    types.flatMap(([name, type]) =>
      (['csv', 'json', 'ndjson'] as const).map((format) => [name, format, type] as const),
    ),
  )('%s: %s', async ([, format, type]) => {
    const columns: readonly Column[] = [column('id', 'int', false), { name: 'v', type, nullable: true }]
    const property = fc.asyncProperty(valuesOf({ type, nullable: true }), counts, async (values, count) => {
      const rows = rowsOver(values, count)
      const scan = await write(format, columns, rows)
      expectRows(await rowsOf(await session.read(scan, columns)), rows)
    })
    await fc.assert(property, settings)
  })

  test('batches of a dataset become a relation', async () => {
    const columns = [column('n', 'int'), column('m', { kind: 'decimal', precision: 9, scale: 2 })]
    const relation = {
      kind: 'batches' as const,
      columns,
      async *batches() {
        for (let i = 0; i < 3; i++)
          yield {
            length: 2500,
            columns: [
              Array.from({ length: 2500 }, (_, r) => i * 2500 + r),
              Array.from({ length: 2500 }, () => '1.50'),
            ],
          }
      },
    }
    const rows = byId((await rowsOf(await session.read(relation, columns))).map(({ n, m }) => ({ id: n, m })))
    expect(rows.length).toBe(7500)
    expect(rows[7499]).toEqual({ id: 7499, m: '1.50' })
  })
})
