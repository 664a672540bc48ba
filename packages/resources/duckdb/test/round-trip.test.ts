import type { Column, ColumnType, Field } from '@levada/core/spi'
import { describe, expect, test } from 'vitest'
import { column, locationOf, openBench, rowsOf, type Row } from './harness.ts'
import { seeded, valueOf } from './values.ts'

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

/** More rows than a chunk, with few and with many NULLs. */
const rowsFor = (type: ColumnType, nullable: boolean): Row[] => {
  const random = seeded(nullable ? 7 : 8)
  return Array.from({ length: 5000 }, (_, i) => ({ id: i, v: valueOf({ type, nullable }, random) }))
}
const byId = (rows: readonly Row[]): readonly Row[] =>
  rows.toSorted((a, b) => (a['id'] as number) - (b['id'] as number))

describe('rows written and read are equal', () => {
  test.for(types)('parquet: %s', async ([, type]) => {
    await using bench = await openBench()
    for (const nullable of [true, false]) {
      const columns: readonly Column[] = [column('id', 'int', false), { name: 'v', type, nullable }]
      const rows = rowsFor(type, nullable)
      const target = bench.target()
      const writer = await bench.session.writer(columns, target)
      await writer.write(rows.slice(0, 10))
      await writer.write(rows.slice(10, 4500))
      await writer.write(rows.slice(4500))
      const written = await writer.finish()
      expect(written.rows).toBe(rows.length)
      const scan = { kind: 'scan' as const, location: locationOf(target, written), columns }
      expect(byId(await rowsOf(await bench.session.read(scan, columns)))).toEqual(rows)
      const found: Row[] = []
      for await (const {
        length,
        columns: [ids, values],
      } of (await bench.session.read(scan, columns)).batches()) {
        for (let r = 0; r < length; r++) found.push({ id: ids![r], v: values![r] })
      }
      expect(byId(found)).toEqual(rows)
    }
  })

  const inText = types.filter(([name]) => !/^(list|struct)/.test(name))
  test.for(
    inText.flatMap(([name, type]) =>
      (['csv', 'json', 'ndjson'] as const).map((format) => [name, format, type] as const),
    ),
  )('%s: %s', async ([name, format, type]) => {
    await using bench = await openBench()
    const columns: readonly Column[] = [column('id', 'int', false), { name: 'v', type, nullable: true }]
    // What text formats cannot hold: years that DuckDB writes with "(BC)", and NaN and -0 in JSON.
    const fits = (value: unknown): boolean =>
      !(
        typeof value === 'string' &&
        ['date', 'timestamp', 'instant'].includes(name) &&
        !/^[12]\d{3}-/.test(value)
      ) &&
      !(typeof value === 'number' && format !== 'csv' && !Number.isFinite(value)) &&
      !(format === 'csv' && typeof value === 'string' && name === 'string' && /[\0\r]/.test(value))
    const rows = rowsFor(type, true)
      .slice(0, 3000)
      .filter(({ v }) => fits(v))
    const target = bench.target(format)
    const writer = await bench.session.writer(columns, target)
    await writer.write(rows)
    const written = await writer.finish()
    const scan = { kind: 'scan' as const, location: locationOf(target, written), columns }
    expect(byId(await rowsOf(await bench.session.read(scan, columns)))).toEqual(rows)
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
