import type { ColumnType, Field } from '@levada/core/spi'
import * as fc from 'fast-check'
import type { Row } from '../rows.ts'
import { everyColumn } from './columns.ts'

const digits = (value: number | bigint, width: number): string => String(value).padStart(width, '0')
const nasty = [
  '',
  ' ',
  'NULL',
  'null',
  '\\N',
  '"',
  "'",
  'a,b',
  'a;b',
  'two\nlines',
  '\r\n',
  '\t',
  '\\',
  '%',
  '日本',
  'NaN',
  '{}',
]

const date = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true })
  .map((value) => value.toISOString().slice(0, 10))

/** Microseconds where there are some. */
const time = fc.nat({ max: 86_399 }).chain((seconds) =>
  fc.oneof(fc.constant(0), fc.nat({ max: 999_999 })).map((micros) => {
    const clock = new Date(seconds * 1000).toISOString().slice(11, 19)
    return micros === 0 ? clock : `${clock}.${digits(micros, 6)}`
  }),
)

function decimal(precision: number, scale: number): fc.Arbitrary<string> {
  const most = 10n ** BigInt(precision) - 1n
  return fc.bigInt({ min: -most, max: most }).map((value) => {
    const text = digits(value < 0n ? -value : value, scale + 1)
    return `${value < 0n ? '-' : ''}${text.slice(0, -scale)}.${text.slice(-scale)}`
  })
}

/** Runners give a case some seconds, which the search for a smaller example would exceed. */
export const property: fc.Parameters<unknown> = { numRuns: 10, interruptAfterTimeLimit: 4000 }

/** A value of a type, as docs/column-types.md says; without -0, which nothing keeps. */
export function valueOf(type: ColumnType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'boolean':
      return fc.boolean()
    case 'int':
      return fc.maxSafeInteger()
    case 'bigint':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    case 'float':
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)
    case 'string':
      return fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom(...nasty))
    case 'date':
      return date
    case 'time':
      return time
    case 'timestamp':
    case 'instant':
      return fc.tuple(date, time).map((parts) => parts.join('T') + (type.kind === 'instant' ? 'Z' : ''))
    case 'uuid':
      return fc.uuid()
    case 'json':
      return fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown)
    case 'decimal':
      return decimal(type.precision, type.scale)
    case 'enum':
      return fc.constantFrom(...type.values)
    case 'list':
      return fc.array(fieldOf(type.item), { maxLength: 4 })
    case 'struct':
      return fc.record(Object.fromEntries(type.fields.map((field) => [field.name, fieldOf(field)])), {
        noNullPrototype: true,
      })
  }
}

const fieldOf = ({ type, nullable }: Field): fc.Arbitrary<unknown> =>
  nullable ? fc.option(valueOf(type), { nil: null, freq: 4 }) : valueOf(type)

/** Rows of {@link everyColumn}, told apart by `id`. */
const everyRows: fc.Arbitrary<readonly Row[]> = fc
  .array(
    fc.record(Object.fromEntries(everyColumn.map((column) => [column.name, fieldOf(column)])), {
      noNullPrototype: true,
    }),
    {
      minLength: 1,
      maxLength: 20,
    },
  )
  .map((rows) => rows.map((row, index) => ({ ...row, id: index })))

/** What is known to go wrong, tried every time. */
const awkwardRows: readonly Row[] = [...nasty, 'end'].map((text, i) => ({
  ...Object.fromEntries(everyColumn.map(({ name }) => [name, null])),
  id: i,
  c_string: text,
  c_struct: { n: 2n ** 63n - 1n, 'in side': text },
  c_json: { [text]: text },
  c_wide_decimal: '-9904605575609031036386640290.6386640290',
  c_list: [],
  c_nested: [null, { d: null }],
}))

/** Tries a law on rows of every type. */
export const forEveryRows = (law: (rows: readonly Row[]) => Promise<void>): Promise<void> =>
  fc.assert(fc.asyncProperty(everyRows, law), {
    ...property,
    examples: [
      [awkwardRows],
      [awkwardRows.slice(0, 1).map((row) => ({ ...row, c_json: { key: 1, KEY: 2 } }))],
    ],
  })
