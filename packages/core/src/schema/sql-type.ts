import type { ColumnType } from './column.ts'

/** The type of a result column as an engine reports it, in words that all engines share. */
export type SqlType =
  | {
      readonly kind:
        | 'boolean'
        | 'string'
        | 'date'
        | 'time'
        | 'timestamp'
        | 'instant'
        | 'uuid'
        | 'json'
        | 'null'
    }
  | { readonly kind: 'integer'; readonly bits: 8 | 16 | 32 | 64 | 128; readonly signed: boolean }
  | { readonly kind: 'float'; readonly bits: 32 | 64 }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  /** Exact numbers of any size, with any number of digits after the point. */
  | { readonly kind: 'number' }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  | { readonly kind: 'list'; readonly item: SqlType }
  | { readonly kind: 'struct'; readonly fields: readonly { readonly name: string; readonly type: SqlType }[] }
  | { readonly kind: 'other'; readonly name: string }

/**
 * How a result gets into a column: `equal` and `widen` lose nothing; `checked` is a cast that fails on a value that does
 * not fit; `refused` would change values silently, so the author has to say what is meant.
 */
export type Fit = 'equal' | 'widen' | 'checked' | 'refused'

const digits = { 8: 3, 16: 5, 32: 10, 64: 19, 128: 39 } as const
const rank: readonly Fit[] = ['equal', 'widen', 'checked', 'refused']
const worst = (fits: readonly Fit[]): Fit =>
  fits.reduce((a, b) => (rank.indexOf(b) > rank.indexOf(a) ? b : a), 'equal')

/**
 * The one assignment table (docs/column-types.md): may a result of type `from` fill a column of type `to`?
 * @param stored what is read where it is stored: a struct is taken by the names of its fields, and may have more of them
 */
export function fit(from: SqlType, to: ColumnType, stored = false): Fit {
  if (from.kind === 'null') return 'widen'
  switch (to.kind) {
    case 'int':
    case 'bigint':
      if (from.kind === 'integer') {
        if (from.signed ? from.bits <= 64 : from.bits <= 32) return from.bits === 64 ? 'equal' : 'widen'
        return 'checked'
      }
      return from.kind === 'number' || (from.kind === 'decimal' && from.scale === 0) ? 'checked' : 'refused'
    case 'float':
      if (from.kind === 'float') return from.bits === 64 ? 'equal' : 'widen'
      if (from.kind === 'integer') return from.bits <= 32 ? 'widen' : 'checked'
      return from.kind === 'decimal' || from.kind === 'number' ? 'checked' : 'refused'
    case 'decimal':
      return fitDecimal(from, to)
    case 'string':
      return from.kind === 'string' ? 'equal' : from.kind === 'enum' ? 'widen' : 'refused'
    case 'enum':
      if (from.kind === 'enum')
        return from.values.every((value) => to.values.includes(value)) ? 'widen' : 'checked'
      return from.kind === 'string' ? 'checked' : 'refused'
    case 'timestamp':
      return from.kind === 'timestamp' ? 'equal' : from.kind === 'date' ? 'widen' : 'refused'
    case 'uuid':
    case 'json':
      return from.kind === to.kind ? 'equal' : from.kind === 'string' ? 'checked' : 'refused'
    case 'list':
      if (from.kind === 'json') return 'checked'
      return from.kind === 'list' ? fit(from.item, to.item.type, stored) : 'refused'
    case 'struct': {
      if (from.kind === 'json') return 'checked'
      if (from.kind !== 'struct') return 'refused'
      const { fields } = from
      if (!stored && fields.length !== to.fields.length) return 'refused'
      return worst(
        to.fields.map((field, i) => {
          const given = stored ? fields.find(({ name }) => name === field.name) : fields[i]
          if (stored && !given && field.optional) return 'widen'
          return given?.name === field.name ? fit(given.type, field.type, stored) : 'refused'
        }),
      )
    }
    default:
      return from.kind === to.kind ? 'equal' : 'refused'
  }
}

function fitDecimal(from: SqlType, to: { precision: number; scale: number }): Fit {
  if (from.kind === 'integer') return digits[from.bits] <= to.precision - to.scale ? 'widen' : 'checked'
  if (from.kind === 'number') return 'checked'
  if (from.kind !== 'decimal' || from.scale > to.scale) return 'refused'
  if (from.precision - from.scale > to.precision - to.scale) return 'checked'
  return from.precision === to.precision && from.scale === to.scale ? 'equal' : 'widen'
}

/** The type as messages print it. */
export function showSqlType(type: SqlType): string {
  switch (type.kind) {
    case 'integer':
      return `${type.signed ? '' : 'unsigned '}${type.bits}-bit integer`
    case 'float':
      return type.bits === 64 ? 'float' : '32-bit float'
    case 'decimal':
      return `decimal(${type.precision}, ${type.scale})`
    case 'enum':
      return `enum(${type.values.map((value) => `'${value}'`).join(', ')})`
    case 'list':
      return `list<${showSqlType(type.item)}>`
    case 'struct':
      return `struct<${type.fields.map((f) => `${f.name}: ${showSqlType(f.type)}`).join(', ')}>`
    case 'other':
      return type.name
    default:
      return type.kind
  }
}

/** The column type that holds any value of an engine's type, for results that nobody declared; text where there is none. */
export function columnTypeFor(type: SqlType): ColumnType {
  switch (type.kind) {
    case 'integer':
      if (type.bits <= 32) return { kind: 'int' }
      return type.bits === 64 && type.signed
        ? { kind: 'bigint' }
        : { kind: 'decimal', precision: 38, scale: 0 }
    case 'float':
      return { kind: 'float' }
    case 'decimal':
      return type
    case 'list':
      return { kind: 'list', item: { type: columnTypeFor(type.item), nullable: true } }
    case 'struct':
      return {
        kind: 'struct',
        fields: type.fields.map((field) => ({
          name: field.name,
          type: columnTypeFor(field.type),
          nullable: true,
        })),
      }
    case 'enum':
    case 'null':
    case 'number':
    case 'other':
      return { kind: 'string' }
    default:
      return { kind: type.kind }
  }
}
