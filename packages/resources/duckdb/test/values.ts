import type { ColumnType, Field } from '@levada/core/spi'

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export type Random = () => number
export function seeded(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const between = (random: Random, min: number, max: number): number =>
  min + Math.floor(random() * (max - min + 1))
const one = <T>(random: Random, values: readonly T[]): T => values[between(random, 0, values.length - 1)]!
const pad = (n: number, width = 2): string => (n < 0 ? '-' : '') + String(Math.abs(n)).padStart(width, '0')

function bits(random: Random, count: number): bigint {
  let value = 0n
  for (let i = 0; i < count; i += 16) value = (value << 16n) | BigInt(between(random, 0, 65_535))
  return BigInt.asUintN(count, value)
}

function day(random: Random): string {
  const [min, max] = one(random, [
    [-9999, -1],
    [0, 9999],
    [1900, 2100],
    [10_000, 200_000],
  ] as const)
  return `${pad(between(random, min, max), 4)}-${pad(between(random, 1, 12))}-${pad(between(random, 1, 28))}`
}

function clock(random: Random): string {
  const fraction = random() < 0.5 ? '' : `.${pad(between(random, 1, 999_999), 6)}`
  return `${pad(between(random, 0, 23))}:${pad(between(random, 0, 59))}:${pad(between(random, 0, 59))}${fraction}`
}

const hardTexts = [
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

function text(random: Random): string {
  if (random() < 0.3) return one(random, hardTexts)
  const alphabet = one(random, ['abc', 'aé日😀"\',;\n\t ', '0123456789'])
  const letters = [...alphabet]
  return Array.from({ length: between(random, 0, 30) }, () => one(random, letters)).join('')
}

function float(random: Random): number {
  if (random() < 0.3)
    return one(random, [
      0,
      -0,
      NaN,
      Infinity,
      -Infinity,
      Number.MAX_VALUE,
      Number.MIN_VALUE,
      0.1,
      1 / 3,
      -(2 ** 53),
      5e-324,
    ])
  return new Float64Array(new BigUint64Array([bits(random, 64)]).buffer)[0]!
}

function decimal(random: Random, precision: number, scale: number): string {
  const length = between(random, 1, precision)
  const digits = Array.from({ length }, () => between(random, 0, 9))
    .join('')
    .replace(/^0+(?=\d)/, '')
    .padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const sign = random() < 0.5 && /[1-9]/.test(digits) ? '-' : ''
  return `${sign}${whole}${scale > 0 ? `.${digits.slice(digits.length - scale)}` : ''}`
}

function json(random: Random, depth: number): unknown {
  const kind = between(random, 0, depth > 0 ? 5 : 3)
  if (kind === 0) return text(random)
  if (kind === 1) return one(random, [0, -1, 1.5, 2 ** 53 - 1, 1e300, 0.1])
  if (kind === 2) return random() < 0.5
  if (kind === 3) return depth === 2 ? '' : null
  const values = Array.from({ length: between(random, 0, 4) }, () => json(random, depth - 1 || 0))
  return kind === 4 ? values : Object.fromEntries(values.map((value, i) => [`k${i}"`, value]))
}

const uuid = (random: Random): string =>
  bits(random, 128)
    .toString(16)
    .padStart(32, '0')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

/** A value of a type, never null: edges often, the rest anywhere in the range. */
function plain(type: ColumnType, random: Random): unknown {
  switch (type.kind) {
    case 'boolean':
      return random() < 0.5
    case 'int': {
      const edges = [-0x80000000, 0x80000000, 0x7fffffff, 0xffffffff, 2 ** 53 - 1, -(2 ** 53) + 1, -1, 0]
      return random() < 0.3 ? one(random, edges) : between(random, -(2 ** 52), 2 ** 52)
    }
    case 'bigint':
      return random() < 0.3
        ? one(random, [-(2n ** 63n), 2n ** 63n - 1n, 0n, -1n])
        : BigInt.asIntN(64, bits(random, 64))
    case 'float':
      return float(random)
    case 'string':
      return text(random)
    case 'date':
      return day(random)
    case 'time':
      return clock(random)
    case 'timestamp':
      return `${day(random)}T${clock(random)}`
    case 'instant':
      return `${day(random)}T${clock(random)}Z`
    case 'uuid':
      return uuid(random)
    case 'json':
      return json(random, 2)
    case 'decimal':
      return decimal(random, type.precision, type.scale)
    case 'enum':
      return one(random, type.values)
    case 'list':
      return Array.from({ length: between(random, 0, 5) }, () => valueOf(type.item, random))
    case 'struct':
      return Object.fromEntries(type.fields.map((field) => [field.name, valueOf(field, random)]))
  }
}

export const valueOf = ({ type, nullable }: Field, random: Random): unknown =>
  nullable && random() < 0.2 ? null : plain(type, random)
