import type { Column, ColumnType, Field, FileFormat, Relation } from '@levada/core/spi'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
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

/** More rows than a chunk, of values that fast-check chooses and shrinks. */
const rowsOver = (values: readonly unknown[]): Row[] =>
  Array.from({ length: 2500 }, (_, id) => ({ id, v: values[(id * 7 + (id >> 8)) % values.length] }))
const byId = (rows: readonly Row[]): readonly Row[] =>
  rows.toSorted((a, b) => (a['id'] as number) - (b['id'] as number))
const lists = (field: Field): fc.Arbitrary<unknown[]> =>
  fc.array(valueOf(field), { minLength: 1, maxLength: 400, size: 'max' })

async function write(
  bench: Bench,
  format: FileFormat,
  columns: readonly Column[],
  rows: readonly Row[],
): Promise<Relation> {
  const target = bench.target(format)
  const writer = await bench.session.writer(columns, target)
  for (const [from, to] of [
    [0, 10],
    [10, 2200],
    [2200, rows.length],
  ] as const)
    await writer.write(rows.slice(from, to))
  const written = await writer.finish()
  expect(written.rows).toBe(rows.length)
  return { kind: 'scan', location: locationOf(target, written), columns }
}

describe('rows written and read are equal', () => {
  test.for(types.flatMap(([name, type]) => [true, false].map((nullable) => [name, nullable, type] as const)))(
    'parquet: %s, nullable %s',
    async ([, nullable, type]) => {
      await using bench = await openBench()
      const columns: readonly Column[] = [column('id', 'int', false), { name: 'v', type, nullable }]
      const property = fc.asyncProperty(lists({ type, nullable }), async (values) => {
        const rows = rowsOver(values)
        const scan = await write(bench, 'parquet', columns, rows)
        expect(byId(await rowsOf(await bench.session.read(scan, columns)))).toEqual(rows)
        const found: Row[] = []
        for await (const { length, columns: read } of (await bench.session.read(scan, columns)).batches()) {
          for (let r = 0; r < length; r++) found.push({ id: read[0]![r], v: read[1]![r] })
        }
        expect(byId(found)).toEqual(rows)
      })
      await fc.assert(property, { numRuns: 3, seed: 7 })
    },
  )

  test.for(
    types.flatMap(([name, type]) =>
      (['csv', 'json', 'ndjson'] as const).map((format) => [name, format, type] as const),
    ),
  )('%s: %s', async ([, format, type]) => {
    await using bench = await openBench()
    const columns: readonly Column[] = [column('id', 'int', false), { name: 'v', type, nullable: true }]
    const property = fc.asyncProperty(lists({ type, nullable: true }), async (values) => {
      const rows = rowsOver(values)
      const scan = await write(bench, format, columns, rows)
      expect(byId(await rowsOf(await bench.session.read(scan, columns)))).toEqual(rows)
    })
    await fc.assert(property, { numRuns: 3, seed: 7 })
  })

  test('batches of a dataset become a relation', async () => {
    await using bench = await openBench()
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
    const rows = byId(
      (await rowsOf(await bench.session.read(relation, columns))).map(({ n, m }) => ({ id: n, m })),
    )
    expect(rows.length).toBe(7500)
    expect(rows[7499]).toEqual({ id: 7499, m: '1.50' })
  })
})
