import type { ColumnType, FileFormat } from '@levada/core/spi'
import { typeText } from '../sql/types.ts'

interface Wrapper {
  readonly before: string
  readonly after: string
}

const moment: Readonly<Record<string, string>> = {
  timestamp: '%Y-%m-%dT%H:%M:%S.%f',
  instant: '%Y-%m-%dT%H:%M:%S.%fZ',
}

/** Nested numbers are text at any depth, for the same reason. */
function nested(type: ColumnType, format: FileFormat): Wrapper {
  const to = ` as ${typeText(type, ['bigint', 'decimal'])})`
  return format === 'csv'
    ? { before: `cast(to_json(cast(`, after: `${to}) as varchar)` }
    : { before: 'cast(', after: to }
}

/**
 * How a value stands in a text file, where DuckDB's own form would lose something or be none of the format's: 64-bit integers
 * and decimals are text in JSON (a reader takes its numbers for doubles), NaN has no JSON, nested values no CSV.
 */
export function textExpression(type: ColumnType, format: FileFormat): Wrapper | undefined {
  switch (type.kind) {
    case 'timestamp':
    case 'instant':
      return { before: 'strftime(', after: `, '${moment[type.kind]}')` }
    case 'list':
    case 'struct':
      return nested(type, format)
    case 'bigint':
    case 'decimal':
      return format === 'csv' ? undefined : { before: 'cast(', after: ' as varchar)' }
    default:
      return undefined
  }
}
