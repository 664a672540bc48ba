import type { ColumnType, Field } from '@levada/core/spi'
import * as fc from 'fast-check'

const pad = (n: number, width = 2): string => (n < 0 ? '-' : '') + String(Math.abs(n)).padStart(width, '0')

const year = fc.oneof(
  fc.integer({ min: -9999, max: -1 }),
  fc.integer({ min: 0, max: 9999 }),
  fc.integer({ min: 1900, max: 2100 }),
  fc.integer({ min: 10_000, max: 200_000 }),
)
const day = fc
  .tuple(year, fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
  .map(([y, m, d]) => `${pad(y, 4)}-${pad(m)}-${pad(d)}`)
const clock = fc
  .tuple(fc.integer({ min: 0, max: 86_399 }), fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 999_999 })))
  .map(
    ([s, f]) =>
      `${pad(Math.floor(s / 3600))}:${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}${f === 0 ? '' : `.${pad(f, 6)}`}`,
  )

const hard = [
  '',
  'NA',
  'null',
  '"',
  ',',
  "'",
  '\\',
  'a\nb',
  '\0',
  'a\0b',
  '\ufeffx',
  '日本',
  'é'.repeat(6),
  'é'.repeat(7),
  'x'.repeat(4),
  'x'.repeat(12),
  'x'.repeat(13),
  '😀'.repeat(3),
  '😀'.repeat(40),
]
const text = fc.oneof(
  fc.constantFrom(...hard),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 14 }),
)

function decimal(precision: number, scale: number): fc.Arbitrary<string> {
  const limit = 10n ** BigInt(precision) - 1n
  return fc.bigInt({ min: -limit, max: limit }).map((n) => {
    const digits = String(n < 0n ? -n : n).padStart(scale + 1, '0')
    const point = digits.length - scale
    return `${n < 0n ? '-' : ''}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ''}`
  })
}

/** Values of a type, never null: edges often, the rest anywhere in the range. */
function plain(type: ColumnType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'boolean':
      return fc.boolean()
    case 'int': {
      const edges = [-0x80000000, 0x80000000, 0x7fffffff, 0xffffffff, 2 ** 53 - 1, -(2 ** 53) + 1, -1, 0]
      return fc.oneof(fc.constantFrom(...edges), fc.maxSafeInteger(), fc.integer()).map((n) => n + 0)
    }
    case 'bigint':
      return fc.oneof(
        fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 0n, -1n),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      )
    case 'float':
      return fc.double()
    case 'string':
      return text
    case 'date':
      return day
    case 'time':
      return clock
    case 'timestamp':
      return fc.tuple(day, clock).map(([d, t]) => `${d}T${t}`)
    case 'instant':
      return fc.tuple(day, clock).map(([d, t]) => `${d}T${t}Z`)
    case 'uuid':
      return fc.uuid()
    case 'json':
      return fc
        .jsonValue({ maxDepth: 3 })
        .filter((value) => value !== null)
        .map((value) => JSON.parse(JSON.stringify(value)) as unknown)
    case 'decimal':
      return decimal(type.precision, type.scale)
    case 'enum':
      return fc.constantFrom(...type.values)
    case 'list':
      return fc.array(valueOf(type.item), { maxLength: 5 })
    case 'struct':
      return fc.record(Object.fromEntries(type.fields.map((field) => [field.name, valueOf(field)])), {
        noNullPrototype: true,
      })
  }
}

export const valueOf = ({ type, nullable }: Field): fc.Arbitrary<unknown> =>
  nullable
    ? fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 4, arbitrary: plain(type) })
    : plain(type)
