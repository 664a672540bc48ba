import {
  DuckDBDateValue,
  DuckDBListValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  type DuckDBValue,
} from '@duckdb/node-api'
import type { ColumnType } from '@levada/core/spi'
import { parseClock, parseDay, parseMoment } from './moments.ts'

/** A valid value as the client wants it; undefined when a text in it is not valid Unicode. */
export function nestedValue(type: ColumnType, value: unknown): DuckDBValue | undefined {
  if (value === null) return null
  switch (type.kind) {
    case 'list': {
      const items = (value as readonly unknown[]).map((item) => nestedValue(type.item.type, item))
      return items.every((item) => item !== undefined) ? new DuckDBListValue(items) : undefined
    }
    case 'struct': {
      const entries = type.fields.map(
        ({ name, type: inner }) =>
          [name, nestedValue(inner, (value as Record<string, unknown>)[name])] as const,
      )
      return entries.every(([, entry]) => entry !== undefined)
        ? new DuckDBStructValue(Object.fromEntries(entries) as Record<string, DuckDBValue>)
        : undefined
    }
    case 'int':
      return BigInt(value as number)
    case 'boolean':
    case 'bigint':
    case 'float':
      return value as boolean | bigint | number
    case 'date':
      return new DuckDBDateValue(parseDay(value as string))
    case 'time':
      return new DuckDBTimeValue(BigInt(parseClock(value as string)))
    case 'timestamp':
      return new DuckDBTimestampValue(parseMoment(value as string))
    case 'instant':
      return new DuckDBTimestampTZValue(parseMoment(value as string))
    case 'json':
      return JSON.stringify(value)
    default:
      return (value as string).isWellFormed() ? (value as string) : undefined
  }
}
