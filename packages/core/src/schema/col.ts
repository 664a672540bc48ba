import { z } from 'zod'
import type { Deprecation, JsonValue } from './column.ts'

/** The key under which a schema's metadata names a column type that zod has no own word for. */
export const columnMeta = 'levada'

/** As much of a zod schema as is needed to describe it. */
interface Described {
  meta(): object | undefined
  meta(data: never): unknown
}

/** What the text of a decimal looks like. */
export const decimalText: RegExp = /^-?\d+(\.\d+)?$/

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
  /**
   * One of some values, and later maybe of more: a value that is added breaks no consumer, since none can be compiled to
   * know them all. `z.enum([…])` has these values and never others.
   */
  openEnum: <const V extends string>(values: readonly [V, ...V[]]): z.ZodType<V | (string & {})> =>
    z.string().meta({ [columnMeta]: { kind: 'enum', values: [...values], open: true } }),
  /** A column that will go: whoever reads it is told, by the compiler and by `levada check`. */
  deprecated: <S extends Described>(schema: S, deprecation: Deprecation): S =>
    schema.meta({ ...schema.meta(), deprecated: deprecation } as never) as S,
  /** Any JSON value. */
  json: (): z.ZodType<JsonValue> => z.json().meta({ [columnMeta]: { kind: 'json' } }) as z.ZodType<JsonValue>,
} as const
