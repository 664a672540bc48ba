// Schemas, changes of them, and rows, for fast-check.
import fc from 'fast-check'
import type { Column, ColumnType, Field } from '../src/model.ts'

const kinds = [
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
const words = ['red', 'green', 'blue', "it's"]
const names = ['a', 'b', 'c', 'd', 'e']

const enumType = fc
  .record({ values: fc.subarray(words, { minLength: 1 }), open: fc.boolean() })
  .map(({ values, open }): ColumnType => ({ kind: 'enum', values, ...(open && { open: true as const }) }))
const decimalType = fc
  .record({ before: fc.integer({ min: 2, max: 12 }), scale: fc.integer({ min: 0, max: 6 }) })
  .map(({ before, scale }): ColumnType => ({ kind: 'decimal', precision: before + scale, scale }))
const plainType: fc.Arbitrary<ColumnType> = fc.oneof(
  { arbitrary: fc.constantFrom(...kinds).map((kind): ColumnType => ({ kind })), weight: 4 },
  { arbitrary: enumType, weight: 2 },
  { arbitrary: decimalType, weight: 2 },
)

function typeAt(depth: number): fc.Arbitrary<ColumnType> {
  if (depth === 0) return plainType
  return fc.oneof(
    { arbitrary: plainType, weight: 5 },
    { arbitrary: fieldAt(depth - 1).map((item): ColumnType => ({ kind: 'list', item })), weight: 1 },
    { arbitrary: columnsAt(depth - 1).map((fields): ColumnType => ({ kind: 'struct', fields })), weight: 1 },
  )
}
const fieldAt = (depth: number): fc.Arbitrary<Field> =>
  fc.record({ type: typeAt(depth), nullable: fc.boolean() })
const columnsAt = (depth: number): fc.Arbitrary<readonly Column[]> =>
  fc
    .uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 4 })
    .chain((chosen) =>
      fc.tuple(...chosen.map((name) => fieldAt(depth).map((field): Column => ({ name, ...field })))),
    )

/** The columns of an asset, nested up to two levels. */
const schemas: fc.Arbitrary<readonly Column[]> = columnsAt(2)

/** A schema and what somebody made of it, in one to three steps. */
export const changedSchemas: fc.Arbitrary<readonly [readonly Column[], readonly Column[]]> = schemas.chain(
  (old) => fc.tuple(fc.constant(old), steps(old, 3)),
)

const steps = (columns: readonly Column[], left: number): fc.Arbitrary<readonly Column[]> =>
  left === 0
    ? fc.constant(columns)
    : changeOf(columns).chain((next) =>
        fc.oneof(
          { arbitrary: fc.constant(next), weight: 2 },
          { arbitrary: steps(next, left - 1), weight: 1 },
        ),
      )

function changeOf(columns: readonly Column[]): fc.Arbitrary<readonly Column[]> {
  const free = names.filter((name) => !columns.some((column) => column.name === name))
  const added =
    free.length === 0
      ? []
      : [
          fc
            .record({ name: fc.constantFrom(...free), field: fieldAt(1), at: fc.nat(columns.length) })
            .map(({ name, field, at }) => columns.toSpliced(at, 0, { name, ...field })),
        ]
  const removed = columns.length < 2 ? [] : [fc.nat(columns.length - 1).map((at) => columns.toSpliced(at, 1))]
  const inside = fc
    .nat(columns.length - 1)
    .chain((at) => changedColumn(columns[at]!).map((column) => columns.with(at, column)))
  return fc.oneof(
    { arbitrary: inside, weight: 6 },
    ...added.map((arbitrary) => ({ arbitrary, weight: 2 })),
    ...removed.map((arbitrary) => ({ arbitrary, weight: 1 })),
    { arbitrary: fc.shuffledSubarray([...columns], { minLength: columns.length }), weight: 1 },
  )
}

const changedColumn = (column: Column): fc.Arbitrary<Column> =>
  fc.oneof(
    { arbitrary: changedField(column).map((field): Column => ({ ...column, ...field })), weight: 8 },
    { arbitrary: fc.constant<Column>({ ...column, description: 'Another text.' }), weight: 1 },
    {
      arbitrary: fc.constantFrom('minutes', 'hours').map((unit): Column => ({ ...column, unit })),
      weight: 1,
    },
  )

const changedField = ({ type, nullable }: Field): fc.Arbitrary<Field> =>
  fc.oneof(
    { arbitrary: fc.constant<Field>({ type, nullable: !nullable }), weight: 2 },
    { arbitrary: changedType(type).map((next): Field => ({ type: next, nullable })), weight: 6 },
  )

function changedType(type: ColumnType): fc.Arbitrary<ColumnType> {
  switch (type.kind) {
    case 'decimal':
      return fc.oneof(
        fc.constant<ColumnType>({ ...type, precision: type.precision + 3 }),
        decimalType,
        fc.constant<ColumnType>({ kind: 'float' }),
      )
    case 'enum':
      return fc.oneof(
        enumType,
        fc.constant<ColumnType>({ ...type, values: words }),
        fc.constant<ColumnType>({ ...type, values: type.values.slice(0, 1) }),
        fc.constant<ColumnType>({ kind: 'string' }),
      )
    case 'string':
      return fc.oneof(enumType, plainType)
    case 'int':
      return fc.constantFrom<ColumnType>({ kind: 'float' }, { kind: 'bigint' }, { kind: 'string' })
    case 'list':
      return changedField(type.item).map((item): ColumnType => ({ kind: 'list', item }))
    case 'struct':
      return changeOf(type.fields).map((fields): ColumnType => ({ kind: 'struct', fields }))
    default:
      return plainType
  }
}

/** Rows that are valid under a schema. Decimals have one digit before the point, so that a wider one fits where it has to. */
export const rowsOf = (
  columns: readonly Column[],
): fc.Arbitrary<readonly Readonly<Record<string, unknown>>[]> =>
  fc.array(rowOf(columns), { minLength: 1, maxLength: 4 })

const rowOf = (columns: readonly Column[]): fc.Arbitrary<Readonly<Record<string, unknown>>> =>
  fc.record(Object.fromEntries(columns.map((column) => [column.name, valueOf(column)])), {
    noNullPrototype: true,
  })

function valueOf({ type, nullable }: Field): fc.Arbitrary<unknown> {
  const value = plainValue(type)
  return nullable && type.kind !== 'json' ? fc.option(value, { freq: 3 }) : value
}

const two = (max: number, min = 0): fc.Arbitrary<string> =>
  fc.integer({ min, max }).map((n) => String(n).padStart(2, '0'))
const dates = fc
  .tuple(fc.integer({ min: 1900, max: 2100 }), two(12, 1), two(28, 1))
  .map((parts) => parts.join('-'))
const times = fc.tuple(two(23), two(59), two(59)).map((parts) => parts.join(':'))

function plainValue(type: ColumnType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'boolean':
      return fc.boolean()
    case 'int':
      return fc.maxSafeInteger()
    case 'bigint':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    case 'float':
      return fc.double({ noNaN: true, noDefaultInfinity: true })
    case 'decimal':
      return fc
        .tuple(
          fc.integer({ min: 1, max: 9 }),
          fc.array(fc.nat(9), { minLength: type.scale, maxLength: type.scale }),
        )
        .map(([whole, digits]) => (type.scale === 0 ? String(whole) : `${whole}.${digits.join('')}`))
    case 'enum':
      return fc.constantFrom(...type.values)
    case 'string':
      return fc.string({ maxLength: 5 }).map((text) => text.replaceAll('\0', ''))
    case 'date':
      return dates
    case 'time':
      return times
    case 'timestamp':
      return fc.tuple(dates, times).map((parts) => parts.join('T'))
    case 'instant':
      return fc.tuple(dates, times).map((parts) => `${parts.join('T')}Z`)
    case 'uuid':
      return fc.uuid()
    case 'json':
      return fc.constantFrom({ n: 1 }, [1, 'a'], 'text', 3, true)
    case 'list':
      return fc.array(valueOf(type.item), { maxLength: 3 })
    case 'struct':
      return rowOf(type.fields)
  }
}
