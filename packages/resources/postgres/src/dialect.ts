import type { ColumnType, Dialect } from '@levada/core/spi'
import { quoteName, quoteText } from './sql/quote.ts'
import { columnSql } from './sql/types.ts'

/** A value in SQL, typed so that it compares with a column of its type. */
function literal(value: string | number | bigint | boolean, type: ColumnType): string {
  if (typeof value === 'boolean') return String(value)
  const whole = typeof value !== 'string' && Number.isInteger(Number(value))
  const sqlType =
    (type.kind === 'int' || type.kind === 'bigint') && !whole ? 'double precision' : columnSql(type)
  return `cast(${quoteText(String(value))} as ${sqlType})`
}

export const dialect: Dialect = {
  name: 'postgres',
  identifier: quoteName,
  literal,
  matches: (expression, pattern) => `(${expression} ~ ${quoteText(pattern)})`,
}
