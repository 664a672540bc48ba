import { z } from 'zod'
import type { JsonValue } from './column.ts'

/** The key under which a schema's metadata names a column type that zod has no own word for. */
export const columnMeta = 'levada'

const decimalText = /^-?\d+(\.\d+)?$/

/**
 * Column types that are more than a zod primitive. Use them in the schema of an asset beside `z.string()`,
 * `z.int()` (INT64 as number), `z.bigint()`, `z.number()`, `z.boolean()`, `z.enum()`, `z.array()` and `z.object()`.
 * Every one is a string in JavaScript, except `json`.
 *
 * @example
 * asset('shop.orders', { schema: z.object({ ordered_on: col.date(), amount: col.decimal(12, 2) }) })
 */
export const col = {
  /** A calendar day, `2001-03-04`. */
  date: (): z.ZodISODate => z.iso.date(),
  /** A time of day with microseconds, `12:30:00`. */
  time: (): z.ZodISOTime => z.iso.time(),
  /** A date and time without zone, microseconds, `2001-03-04T12:30:00`. */
  timestamp: (): z.ZodISODateTime => z.iso.datetime({ local: true }),
  /** A moment in UTC, microseconds, `2001-03-04T12:30:00Z`. */
  instant: (): z.ZodISODateTime => z.iso.datetime(),
  uuid: (): z.ZodUUID => z.uuid(),
  /** An exact number as text; `precision` digits in all (1 to 38), `scale` of them after the point. */
  decimal: (precision: number, scale: number): z.ZodString =>
    z
      .string()
      .regex(decimalText)
      .meta({ [columnMeta]: { kind: 'decimal', precision, scale } }),
  /** Any JSON value. */
  json: (): z.ZodType<JsonValue> => z.json().meta({ [columnMeta]: { kind: 'json' } }) as z.ZodType<JsonValue>,
} as const
