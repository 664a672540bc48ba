import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { LevadaError } from '../errors/index.ts'
import {
  col,
  columnsOf,
  fit,
  isValue,
  readColumnsOf,
  rowJsonSchema,
  showField,
  typescriptFields,
  valueProblem,
  type ColumnType,
  type SqlType,
} from './index.ts'

const all = z.object({
  boolean: z.boolean(),
  int: z.int(),
  bigint: z.bigint(),
  float: z.number(),
  decimal: col.decimal(9, 2),
  string: z.string(),
  enum: z.enum(['a', "it's"]),
  date: col.date(),
  time: col.time(),
  timestamp: col.timestamp(),
  instant: col.instant(),
  uuid: col.uuid(),
  json: col.json(),
  list: z.array(z.int().nullable()),
  struct: z.object({ a: z.string(), 'b c': z.number().nullable() }),
  nullable: z.string().nullable().describe('May be absent.'),
})

let random = 0

function thrown(action: () => unknown): LevadaError {
  try {
    action()
  } catch (error) {
    return error as LevadaError
  }
  throw new Error('Nothing was thrown.')
}

describe('columnsOf', () => {
  test('knows every column type', () => {
    expect(columnsOf(all, 't').map((column) => `${column.name}: ${showField(column)}`)).toEqual([
      'boolean: boolean',
      'int: int',
      'bigint: bigint',
      'float: float',
      'decimal: decimal(9, 2)',
      'string: string',
      "enum: enum('a', 'it's')",
      'date: date',
      'time: time',
      'timestamp: timestamp',
      'instant: instant',
      'uuid: uuid',
      'json: json',
      'list: list<int | null>',
      'struct: struct<a: string, b c: float | null>',
      'nullable: string | null',
    ])
  })

  test('keeps a type through describe() and nullable(), whichever way it is written', () => {
    const schema = z.object({
      a: col.decimal(4, 1).describe('x').nullable(),
      b: z.string().describe('y'),
      c: col.date().describe('z'),
      d: z.number().int(),
      e: z.string().date(),
      f: z.string().uuid(),
      g: z.float64(),
      h: z.int64(),
    })
    expect(columnsOf(schema, 't').map(showField)).toEqual([
      'decimal(4, 1) | null',
      'string',
      'date',
      'int',
      'date',
      'uuid',
      'float',
      'bigint',
    ])
    expect(columnsOf(schema, 't').flatMap(({ description }) => description ?? [])).toEqual(['x', 'y', 'z'])
  })

  test.each([
    [z.int().min(3), 'min(3)', "between('x', 3, undefined)"],
    [z.bigint().max(9n), 'max(9)', "between('x', undefined, 9n)"],
    [z.number().positive().nullable(), 'positive()', "sqlCheck('x', 'select * from t where x <= 0')"],
    [z.number().lt(2), 'lt(2)', "'select * from t where x >= 2'"],
    [z.int().multipleOf(2), 'multipleOf(2)', "'select * from t where x % 2 <> 0'"],
    [z.string().min(2).max(5), 'min(2)', "matches('x', /^(.|\\n){2,}$/)"],
    [z.string().length(3), 'length(3)', "matches('x', /^(.|\\n){3}$/)"],
    [z.string().regex(/^a+$/), 'regex(/^a+$/)', "matches('x', /^a+$/)"],
    [z.string().startsWith('a'), "the format 'starts_with'", "matches('x', /…/)"],
    [z.email(), "the format 'email'", "matches('x', /…/)"],
    [z.uint32(), "the format 'uint32'", "between('x', 0, 4294967295)"],
    [z.array(z.int()).nonempty(), 'min(1)', "'select * from t where array_length(x, 1) < 1'"],
    [z.array(z.int().min(1)), 'min(1)', "sqlCheck('x[]', 'select …')"],
    [z.object({ lat: z.number().max(90) }), 'max(90)', "sqlCheck('x.lat', 'select …')"],
    [col.decimal(9, 2).min(3), 'min(3)', "matches('x', "],
    [col.date().min(5), 'min(5)', "matches('x', "],
    [z.iso.datetime({ precision: 3 }), 'a precision of 3 digits', 'round in a node'],
    [z.uuidv4(), "the version v4 is no part of a uuid's type", 'col.uuid()'],
    [z.coerce.number(), 'z.coerce.number() changes values', 'z.number()'],
  ])('refuses what a column would lose in the contract: %#', (schema, why, instead) => {
    for (const read of [columnsOf, readColumnsOf]) {
      const error = thrown(() => read(z.object({ x: schema }), 's.t'))
      expect(error).toMatchObject({ code: 'COLUMN_TYPE', message: expect.stringContaining(why) as string })
      expect(error.message).toMatch(/^Column s\.t\.x/)
      expect(error.hint).toContain(instead)
    }
  })

  test('keeps what is said of a column: unit, default, deprecation, an open enum; the outer wins', () => {
    const schema = z.object({
      a: z.int().meta({ unit: 'minutes' }).nullable().describe('How long.').default(5),
      b: col.deprecated(z.bigint().describe('Old.').default(7n), {
        since: '2.1.0',
        remove: '3.0.0',
        use: 'a',
      }),
      c: col.openEnum(['x', 'y']).describe('in').nullable().describe('out').default(null),
      d: col.deprecated(
        z.array(z.string()).default(() => []),
        { since: '1.0.0-rc.1' },
      ),
    })
    expect(columnsOf(schema, 't')).toEqual([
      {
        name: 'a',
        type: { kind: 'int' },
        nullable: true,
        description: 'How long.',
        unit: 'minutes',
        default: 5,
      },
      {
        name: 'b',
        type: { kind: 'bigint' },
        nullable: false,
        description: 'Old.',
        default: '7',
        deprecated: { since: '2.1.0', remove: '3.0.0', use: 'a' },
      },
      {
        name: 'c',
        type: { kind: 'enum', values: ['x', 'y'], open: true },
        nullable: true,
        description: 'out',
        default: null,
      },
      {
        name: 'd',
        type: { kind: 'list', item: { type: { kind: 'string' }, nullable: false } },
        nullable: false,
        default: [],
        deprecated: { since: '1.0.0-rc.1' },
      },
    ])
    expect(columnsOf(schema, 't').map(showField)[2]).toBe("enum('x', 'y', …) | null")
  })

  test.each([
    [{ remove: '3.0.0' }, 'deprecated says since which version it is'],
    [true, 'deprecated says since which version it is'],
    [{ since: 'soon' }, 'deprecated.since is a version such as \'2.1.0\', not "soon"'],
    [{ since: '1.0.0', removed: '2.0.0' }, "deprecated has no 'removed'. Did you mean 'remove'?"],
    [{ since: '1.0.0', use: '' }, 'deprecated.use names a column or an asset'],
  ])('refuses the deprecation %j', (deprecation, text) => {
    const schema = z.object({ c: z.int().meta({ deprecated: deprecation as never }) })
    expect(() => columnsOf(schema, 'd.t')).toThrow(
      expect.objectContaining({
        code: 'GENERATE',
        message: expect.stringContaining(`Column d.t.c: ${text}`),
      }),
    )
  })

  test('a deprecation names a column that is there', () => {
    const schema = z.object({
      delay: z.int(),
      old: col.deprecated(z.int(), { since: '1.0.0', use: 'dealy' }),
    })
    expect(() => columnsOf(schema, 'd.t')).toThrow(
      "Column d.t.old says to use 'dealy', which is not a column. Did you mean 'delay'?",
    )
  })

  test('refuses two columns that differ in case only', () => {
    expect(() => columnsOf(z.object({ Id: z.int(), id: z.int() }), 'd.t')).toThrow(
      /Columns d\.t\.Id and d\.t\.id differ in case only/,
    )
  })

  test.each([
    ['z.date()', z.date(), 'loses microseconds'],
    ['a transform', z.string().transform(Number), 'a transform is code'],
    ['z.custom()', z.custom<string>(), 'no type that a table could hold'],
    ['z.any()', z.any(), 'no type that a table could hold'],
    ['a union', z.union([z.string(), z.int()]), 'no type that a table could hold'],
    ['a numeric enum', z.enum({ a: 1 }), 'strings only'],
    ['a datetime with offset', z.iso.datetime({ offset: true }), 'col.instant()'],
    ['a pipe', z.string().pipe(z.string()), 'a transform is code'],
    ['a change of values', z.string().trim(), 'it changes values'],
    ['a refinement', z.string().refine((text) => text !== 'x'), 'make it a check of the asset'],
    ['a default of another type', z.int().default(1.5), 'its default 1.5 is not an int'],
    ['a default that JSON has no word for', z.number().default(Infinity), 'is not plain JSON'],
    ['a default that changes', z.string().default(() => `${random++}`), 'is another one each time'],
    ['a default in a struct', z.object({ a: z.int().default(1) }), 'give one to the column'],
    ['a default of an item', z.array(z.int().default(1)), 'an item is not optional and has no default'],
    ['a prefault', z.int().prefault(1), 'no type that a table could hold'],
    ['a unit that is no text', z.int().meta({ unit: 60 }), 'its unit is 60, which is no text'],
    ['an enum said to be open', z.enum(['a']).meta({ open: true }), 'a z.enum([…]) is not open'],
    ['a decimal that is too wide', col.decimal(40, 2), 'precision 1 to 38'],
  ])('refuses %s', (_, schema, text) => {
    expect(() => columnsOf(z.object({ c: schema }), 'd.t')).toThrow(
      expect.objectContaining({ code: 'COLUMN_TYPE', message: expect.stringContaining(text) }),
    )
    expect(() => columnsOf(z.object({ c: schema }), 'd.t')).toThrow('d.t.c')
  })
})

test('typescriptFields writes the type that zod infers', () => {
  expect(typescriptFields(columnsOf(all, 't')).join('\n')).toBe(`  boolean: boolean
  int: number
  bigint: bigint
  float: number
  decimal: string
  string: string
  enum: 'a' | 'it\\'s'
  date: string
  time: string
  timestamp: string
  instant: string
  uuid: string
  json: JsonValue
  list: (number | null)[]
  struct: { a: string; 'b c': number | null }
  /** May be absent. */
  nullable: string | null`)
})

test('rowJsonSchema: 64-bit integers of bigint columns are text, every column is required', () => {
  const schema = rowJsonSchema(columnsOf(all, 't'))
  expect(schema['required']).toHaveLength(16)
  expect(schema['properties']).toMatchObject({
    int: { type: 'integer' },
    bigint: { type: 'string', format: 'int64' },
    nullable: { anyOf: [{ type: 'string' }, { type: 'null' }] },
  })
})

describe('fit: the assignment table', () => {
  const integer = (bits: 8 | 16 | 32 | 64 | 128, signed = true): SqlType => ({
    kind: 'integer',
    bits,
    signed,
  })
  const decimal = (
    precision: number,
    scale: number,
  ): { kind: 'decimal'; precision: number; scale: number } => ({ kind: 'decimal', precision, scale })
  test.each<[SqlType, ColumnType, string]>([
    [integer(64), { kind: 'int' }, 'equal'],
    [integer(32), { kind: 'int' }, 'widen'],
    [integer(32, false), { kind: 'bigint' }, 'widen'],
    [integer(64, false), { kind: 'int' }, 'checked'],
    [integer(128), { kind: 'int' }, 'checked'],
    [decimal(38, 0), { kind: 'int' }, 'checked'],
    [decimal(9, 2), { kind: 'int' }, 'refused'],
    [{ kind: 'float', bits: 64 }, { kind: 'int' }, 'refused'],
    [{ kind: 'float', bits: 32 }, { kind: 'float' }, 'widen'],
    [integer(64), { kind: 'float' }, 'checked'],
    [decimal(9, 2), decimal(9, 2), 'equal'],
    [decimal(9, 2), decimal(12, 3), 'widen'],
    [decimal(38, 2), decimal(9, 2), 'checked'],
    [decimal(9, 3), decimal(12, 2), 'refused'],
    [{ kind: 'float', bits: 64 }, decimal(9, 2), 'refused'],
    [{ kind: 'enum', values: ['a'] }, { kind: 'enum', values: ['a', 'b'] }, 'widen'],
    [{ kind: 'enum', values: ['a', 'c'] }, { kind: 'enum', values: ['a', 'b'] }, 'checked'],
    [{ kind: 'string' }, { kind: 'enum', values: ['a'] }, 'checked'],
    [{ kind: 'enum', values: ['a'] }, { kind: 'string' }, 'widen'],
    [{ kind: 'date' }, { kind: 'timestamp' }, 'widen'],
    [{ kind: 'timestamp' }, { kind: 'date' }, 'refused'],
    [{ kind: 'timestamp' }, { kind: 'instant' }, 'refused'],
    [{ kind: 'string' }, { kind: 'date' }, 'refused'],
    [{ kind: 'null' }, { kind: 'date' }, 'widen'],
    [
      { kind: 'list', item: integer(32) },
      { kind: 'list', item: { type: { kind: 'int' }, nullable: true } },
      'widen',
    ],
    [
      { kind: 'struct', fields: [{ name: 'a', type: integer(128) }] },
      { kind: 'struct', fields: [{ name: 'a', type: { kind: 'int' }, nullable: false }] },
      'checked',
    ],
    [
      { kind: 'struct', fields: [{ name: 'b', type: integer(64) }] },
      { kind: 'struct', fields: [{ name: 'a', type: { kind: 'int' }, nullable: false }] },
      'refused',
    ],
    [{ kind: 'other', name: 'BLOB' }, { kind: 'string' }, 'refused'],
  ])('%j to %j: %s', (from, to, expected) => {
    expect(fit(from, to)).toBe(expected)
  })
})

test('fit of what is stored: a struct is taken by names, and may have more', () => {
  const stored: SqlType = {
    kind: 'list',
    item: {
      kind: 'struct',
      fields: [
        { name: 'b', type: { kind: 'date' } },
        { name: 'a', type: { kind: 'string' } },
      ],
    },
  }
  const list = (...names: readonly string[]): ColumnType => ({
    kind: 'list',
    item: {
      type: {
        kind: 'struct',
        fields: names.map((name) => ({ name, type: { kind: 'string' }, nullable: true })),
      },
      nullable: false,
    },
  })
  expect([fit(stored, list('a'), true), fit(stored, list('a'))]).toEqual(['equal', 'refused'])
  expect([fit(stored, list('b'), true), fit(stored, list('a', 'c'), true)]).toEqual(['refused', 'refused'])
})

describe('isValue: the value rules', () => {
  const [
    boolean,
    int,
    bigint,
    float,
    decimal,
    string,
    enumeration,
    date,
    time,
    timestamp,
    instant,
    uuid,
    json,
    list,
    struct,
    nullable,
  ] = columnsOf(all, 't')
  test.each([
    [boolean!, [true], ['true', 1, null]],
    [int!, [0, -1, 2 ** 53 - 1], [1.5, 2 ** 53, 1n, '1']],
    [bigint!, [0n, 2n ** 63n - 1n, -(2n ** 63n)], [1, 2n ** 63n]],
    [float!, [0, 1.5, Number.NaN, Infinity], ['1', 1n]],
    [decimal!, ['0', '-1234567.89', '1.5', '007.10'], ['12345678.9', '1.234', '1e3', 1, '']],
    [string!, ['', 'é'], [1, undefined]],
    [enumeration!, ['a'], ['b', null]],
    [date!, ['2001-03-04', '2000-02-29'], ['2001-02-29', '2001-3-4', '2001-03-04T00:00:00', new Date()]],
    [time!, ['12:30:00', '00:00:00.000001'], ['24:00:00', '12:30:00Z']],
    [
      timestamp!,
      ['2001-03-04T12:30:00', '2001-03-04T12:30:00.123456'],
      ['2001-03-04', '2001-03-04T12:30:00Z', '2001-02-30T00:00:00'],
    ],
    [instant!, ['2001-03-04T12:30:00Z'], ['2001-03-04T12:30:00', '2001-03-04T12:30:00+01:00']],
    [uuid!, ['123e4567-e89b-12d3-a456-426614174000'], ['123e4567']],
    [json!, [null, 1, 'a', [1, { a: null }]], [undefined, 1n, Number.NaN]],
    [list!, [[], [1, null]], [[1.5], 'a']],
    [struct!, [{ a: 'x', 'b c': null }], [{ a: 'x' }, { a: 'x', 'b c': 1, d: 2 }]],
    [nullable!, [null, 'a'], [undefined, 1]],
  ])('%j', (column, good, bad) => {
    for (const value of good)
      expect([value, isValue(column, value) || (column.type.kind === 'json' && value === null)]).toEqual([
        value,
        true,
      ])
    for (const value of bad) expect([value, isValue(column, value)]).toEqual([value, false])
  })

  test('valueProblem names value and type', () => {
    expect(valueProblem(int!, 1.5)).toBe('1.5 is not an int')
    expect(valueProblem(nullable!, undefined)).toBe('nothing is not a string | null')
  })
})
