import type { Column, ColumnType, SqlType } from '@levada/core/spi'
import { quoteText } from './quote.ts'

/** Lists of these are arrays; all other lists are `jsonb`, since arrays cannot hold lists of different lengths. */
export const isArrayItem = ({ kind }: ColumnType): boolean => !['list', 'struct', 'json'].includes(kind)

/** The type that a column of a table has. */
export function columnSql(type: ColumnType): string {
  switch (type.kind) {
    case 'int':
    case 'bigint':
      return 'bigint'
    case 'float':
      return 'double precision'
    case 'decimal':
      return `numeric(${type.precision}, ${type.scale})`
    case 'string':
    case 'enum':
      return 'text'
    case 'instant':
      return 'timestamptz'
    case 'list':
      return isArrayItem(type.item.type) ? `${columnSql(type.item.type)}[]` : 'jsonb'
    case 'struct':
    case 'json':
      return 'jsonb'
    default:
      return type.kind
  }
}

const scalars: Readonly<Record<number, SqlType>> = {
  16: { kind: 'boolean' },
  18: { kind: 'string' },
  19: { kind: 'string' },
  20: { kind: 'integer', bits: 64, signed: true },
  21: { kind: 'integer', bits: 16, signed: true },
  23: { kind: 'integer', bits: 32, signed: true },
  25: { kind: 'string' },
  114: { kind: 'json' },
  700: { kind: 'float', bits: 32 },
  701: { kind: 'float', bits: 64 },
  1042: { kind: 'string' },
  1043: { kind: 'string' },
  1082: { kind: 'date' },
  1083: { kind: 'time' },
  1114: { kind: 'timestamp' },
  1184: { kind: 'instant' },
  2950: { kind: 'uuid' },
  3802: { kind: 'json' },
}

const numeric = 1700
/** Object id of an array type → that of its items. */
const arrays: Readonly<Record<number, number>> = {
  1000: 16,
  1005: 21,
  1007: 23,
  1009: 25,
  1014: 1042,
  1015: 1043,
  1016: 20,
  1021: 700,
  1022: 701,
  1182: 1082,
  1183: 1083,
  1115: 1114,
  1185: 1184,
  1231: numeric,
  2951: 2950,
}

/** A type of the server by its object id and modifier; undefined for types that are not built in. */
export function sqlTypeOf(oid: number, modifier: number): SqlType | undefined {
  if (oid === numeric)
    return modifier < 4
      ? { kind: 'number' }
      : { kind: 'decimal', precision: ((modifier - 4) >> 16) & 0xffff, scale: (modifier - 4) & 0x7ff }
  const item = arrays[oid]
  if (item === undefined) return scalars[oid]
  return { kind: 'list', item: sqlTypeOf(item, modifier)! }
}

/** An expression of type `from` as a value of a column; one that would be rounded or cut fails instead. */
export function castSql(
  expression: string,
  from: SqlType | undefined,
  { type }: Pick<Column, 'type'>,
): string {
  const sqlType = columnSql(type)
  if (from?.kind === 'number') {
    if (type.kind === 'int' || type.kind === 'bigint')
      return `cast(cast(trim_scale(${expression}) as text) as bigint)`
    if (type.kind === 'decimal') {
      const wrong = `concat(${expression}, ${quoteText(` with more than ${type.scale} digits after the point`)})`
      return `cast(case when scale(trim_scale(${expression})) > ${type.scale} then cast(${wrong} as numeric) else ${expression} end as ${sqlType})`
    }
  }
  if (from?.kind === 'json' && type.kind === 'list' && isArrayItem(type.item.type))
    return `cast(array(select jsonb_array_elements_text(${expression})) as ${sqlType})`
  return `cast(${expression} as ${sqlType})`
}

/** A column as it is read: what `COPY` would print ambiguously becomes JSON. */
export const readSql = (expression: string, type: ColumnType): string =>
  type.kind === 'list' && isArrayItem(type.item.type) ? `to_jsonb(cast(${expression} as text[]))` : expression

/** What stands for a column that is absent: its default, or NULL. */
export function absentSql(column: Pick<Column, 'type' | 'default'>): string {
  const { type, default: value } = column
  if (value === undefined || value === null) return castSql('null', undefined, column)
  const text = typeof value === 'object' || type.kind === 'json' ? JSON.stringify(value) : String(value)
  const isJson = type.kind === 'list' || type.kind === 'struct' || type.kind === 'json'
  return isJson
    ? castSql(`cast(${quoteText(text)} as jsonb)`, { kind: 'json' }, column)
    : castSql(quoteText(text), undefined, column)
}
