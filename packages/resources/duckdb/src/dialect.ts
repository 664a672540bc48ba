import type { ColumnType, Dialect } from '@levada/core/spi'
import { quoteName, quoteText } from './sql/quote.ts'
import { relationType } from './sql/types.ts'

/** A value in SQL, typed so that it compares with a column of its type. */
function literal(value: string | number | bigint | boolean, type: ColumnType): string {
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'string' && (type.kind === 'string' || type.kind === 'enum')) return quoteText(value)
  if (
    typeof value !== 'string' &&
    (type.kind === 'int' || type.kind === 'bigint') &&
    Number.isInteger(Number(value))
  ) {
    return `CAST(${quoteText(String(BigInt(value)))} AS BIGINT)`
  }
  if (typeof value === 'string' && type.kind === 'date') return `DATE ${quoteText(value)}`
  if (typeof value !== 'string' && type.kind !== 'decimal')
    return `CAST(${quoteText(String(value))} AS DOUBLE)`
  return `CAST(${quoteText(String(value))} AS ${relationType(type)})`
}

export const dialect: Dialect = {
  name: 'duckdb',
  identifier: quoteName,
  literal,
  matches: (expression, pattern) => `regexp_matches(${expression}, ${quoteText(pattern)})`,
}
