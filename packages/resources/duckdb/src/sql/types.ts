import type { ColumnType, SqlType } from '@levada/core/spi'
import type { DuckDBType } from '@duckdb/node-api'
import { quoteName, quoteText } from './quote.ts'

const simple = {
  boolean: 'BOOLEAN',
  int: 'BIGINT',
  bigint: 'BIGINT',
  float: 'DOUBLE',
  string: 'VARCHAR',
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP',
  instant: 'TIMESTAMP WITH TIME ZONE',
  uuid: 'UUID',
  json: 'JSON',
} as const

/** DuckDB's type for a column; kinds named in `asText` become VARCHAR at any depth. */
export function typeText(type: ColumnType, asText: readonly ColumnType['kind'][] = []): string {
  if (asText.includes(type.kind)) return 'VARCHAR'
  switch (type.kind) {
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`
    case 'enum':
      // Its readers have to take values of later; those that its provider writes are the affair of a check.
      return type.open ? 'VARCHAR' : `ENUM(${type.values.map(quoteText).join(', ')})`
    case 'list':
      return `${typeText(type.item.type, asText)}[]`
    case 'struct':
      return `STRUCT(${type.fields.map((field) => `${quoteName(field.name)} ${typeText(field.type, asText)}`).join(', ')})`
    default:
      return simple[type.kind]
  }
}

/**
 * The type of a column inside of queries. Enums are text there, so that filters reach the files, authors need no casts and
 * a value that is none of the enum's is found by its check instead of stopping the query.
 */
export const relationType = (type: ColumnType): string => typeText(type, ['enum'])

const integers: Readonly<Record<string, readonly [8 | 16 | 32 | 64 | 128, boolean]>> = {
  TINYINT: [8, true],
  SMALLINT: [16, true],
  INTEGER: [32, true],
  BIGINT: [64, true],
  HUGEINT: [128, true],
  UTINYINT: [8, false],
  USMALLINT: [16, false],
  UINTEGER: [32, false],
  UBIGINT: [64, false],
  UHUGEINT: [128, false],
}
const others: Readonly<Record<string, SqlType>> = {
  BOOLEAN: { kind: 'boolean' },
  FLOAT: { kind: 'float', bits: 32 },
  DOUBLE: { kind: 'float', bits: 64 },
  VARCHAR: { kind: 'string' },
  DATE: { kind: 'date' },
  TIME: { kind: 'time' },
  TIMESTAMP: { kind: 'timestamp' },
  TIMESTAMP_S: { kind: 'timestamp' },
  TIMESTAMP_MS: { kind: 'timestamp' },
  'TIMESTAMP WITH TIME ZONE': { kind: 'instant' },
  UUID: { kind: 'uuid' },
  SQLNULL: { kind: 'null' },
  '"NULL"': { kind: 'null' },
}

/** A type that a message of DuckDB names, in the words of schemas. */
export const shownType = (name: string): string =>
  Object.entries(simple).find(([, sql]) => sql === name)?.[0] ?? name

/** A type as DuckDB reports it, in the words that all engines share. */
export function sqlTypeOf(type: DuckDBType): SqlType {
  if (type.alias === 'JSON') return { kind: 'json' }
  if ('entryNames' in type && 'entryTypes' in type) {
    const types = type.entryTypes
    return {
      kind: 'struct',
      fields: type.entryNames.map((name, i) => ({ name, type: sqlTypeOf(types[i]!) })),
    }
  }
  if ('width' in type && 'scale' in type) return { kind: 'decimal', precision: type.width, scale: type.scale }
  if ('internalTypeId' in type) return { kind: 'enum', values: type.values }
  if ('valueType' in type && !('keyType' in type) && !('length' in type))
    return { kind: 'list', item: sqlTypeOf(type.valueType) }
  const name = String(type)
  const integer = integers[name]
  if (integer) return { kind: 'integer', bits: integer[0], signed: integer[1] }
  return others[name] ?? { kind: 'other', name }
}
