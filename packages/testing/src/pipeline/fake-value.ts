import type { Column, ColumnType, Field } from '@levada/core/spi'

/** Bounds of one value, both included, as checks write them: numbers, or dates as text. */
export interface Range {
  readonly min?: number | bigint | string | undefined
  readonly max?: number | bigint | string | undefined
}

export interface Drawing {
  readonly random: () => number
  /** Counts the rows of the table. */
  readonly row: number
  /** What dates and times lie in, half-open: milliseconds since 1970. */
  readonly between: readonly [number, number]
}

/** One of five nullable values is NULL. */
export function fakeField(column: Column, range: Range, drawing: Drawing): unknown {
  return column.nullable && drawing.random() < 0.2
    ? null
    : fakeValue(column.name, column.type, range, drawing)
}

/** A value of a type, within a range where the type has an order. */
function fakeValue(name: string, type: ColumnType, range: Range, drawing: Drawing): unknown {
  const { random, row } = drawing
  switch (type.kind) {
    case 'boolean':
      return random() < 0.5
    case 'int':
      return Number(integer(range, random))
    case 'bigint':
      return integer(range, random)
    case 'float':
      return Math.round(fraction(range, 0, 100, random) * 100) / 100
    case 'decimal':
      return decimal(type, range, random)
    case 'string':
      return `${name} ${row + 1}`
    case 'enum':
      return pick(type.values, random)
    case 'uuid':
      return uuid(random)
    case 'date':
      return moment(drawing, range).slice(0, 10)
    case 'time':
      return moment(drawing, {}).slice(11, 19)
    case 'timestamp':
      return moment(drawing, range)
    case 'instant':
      return `${moment(drawing, range)}Z`
    case 'json':
      return { [name]: row + 1 }
    case 'list':
      return Array.from({ length: Math.floor(random() * 3) }, () => inner(name, type.item, drawing))
    case 'struct':
      return Object.fromEntries(type.fields.map((field) => [field.name, inner(field.name, field, drawing)]))
  }
}

export const pick = <T>(values: readonly T[], random: () => number): T =>
  values[Math.floor(random() * values.length)]!

const inner = (name: string, { type, nullable }: Field, drawing: Drawing): unknown =>
  fakeField({ name, type, nullable }, {}, drawing)

/** A bound, or a hundred away from the other one. */
function ends({ min, max }: Range, low: number, high: number): readonly [number, number] {
  const [from, to] = [min, max].map((bound) => (bound === undefined ? undefined : Number(bound)))
  return [
    from ?? Math.min(low, to === undefined ? low : to - high),
    to ?? Math.max(high, (from ?? low) + high),
  ]
}

function integer(range: Range, random: () => number): bigint {
  const [low, high] = ends(range, 0, 100)
  const from = typeof range.min === 'bigint' ? range.min : BigInt(Math.ceil(low))
  const span = Math.max(0, Math.floor(high) - Math.ceil(low))
  return from + BigInt(Math.floor(random() * (span + 1)))
}

function fraction(range: Range, low: number, high: number, random: () => number): number {
  const [from, to] = ends(range, low, high)
  return from + random() * (to - from)
}

function decimal(
  { precision, scale }: { readonly precision: number; readonly scale: number },
  range: Range,
  random: () => number,
): string {
  const most = 10 ** Math.min(precision - scale, 2) - (precision - scale >= 2 ? 0 : 10 ** -scale)
  const [low, high] = ends(range, 0, most - 10 ** -scale)
  const unit = 10 ** scale
  const steps = Math.max(0, Math.floor(high * unit) - Math.ceil(low * unit))
  const digits = Math.ceil(low * unit) + Math.floor(random() * (steps + 1))
  return scale > 15 ? String(Math.ceil(low)) : (digits / unit).toFixed(scale)
}

/** `2001-01-05T13:07:00` */
function moment({ random, between: [first, end] }: Drawing, { min, max }: Range): string {
  const bound = (text: Range['min']): number | undefined =>
    typeof text === 'string'
      ? Date.parse(text.endsWith('Z') || text.length === 10 ? text : `${text}Z`)
      : undefined
  const from = Math.max(first, bound(min) ?? first)
  const to = Math.min(end - 1000, bound(max) ?? Infinity)
  const at = from + random() * Math.max(0, to - from)
  return new Date(Math.floor(at / 1000) * 1000).toISOString().slice(0, 19)
}

function uuid(random: () => number): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}
