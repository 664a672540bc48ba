import type { Column, ColumnType } from '@levada/core/spi'

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

/** Every type of docs/column-types.md. */
export const types: Readonly<Record<string, ColumnType>> = {
  ...Object.fromEntries(simple.map((kind) => [kind, { kind }])),
  decimal: { kind: 'decimal', precision: 12, scale: 2 },
  wide_decimal: { kind: 'decimal', precision: 38, scale: 10 },
  enum: { kind: 'enum', values: ['a', "it's", 'Ü'] },
  list: { kind: 'list', item: { type: { kind: 'int' }, nullable: true } },
  struct: {
    kind: 'struct',
    fields: [
      { name: 'n', type: { kind: 'bigint' }, nullable: true },
      { name: 'in side', type: { kind: 'string' }, nullable: false },
    ],
  },
  nested: {
    kind: 'list',
    item: {
      type: { kind: 'struct', fields: [{ name: 'd', type: { kind: 'date' }, nullable: true }] },
      nullable: true,
    },
  },
}

export const id: Column = { name: 'id', type: { kind: 'int' }, nullable: false }
export const note: Column = { name: 'note', type: { kind: 'string' }, nullable: true }
export const day: Column = { name: 'day', type: { kind: 'date' }, nullable: false }

/** A nullable column of every type, and `id`, which tells the rows apart. */
export const everyColumn: readonly Column[] = [
  id,
  ...Object.entries(types).map(([name, type]): Column => ({ name: `c_${name}`, type, nullable: true })),
]
