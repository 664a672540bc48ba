import type { Cursor } from '../engine/index.ts'

export type Row = Readonly<Record<string, unknown>>

/** The first rows of a cursor. */
export async function collectRows(cursor: Cursor, limit: number = Infinity): Promise<Row[]> {
  const rows: Row[] = []
  if (limit <= 0) return rows
  for await (const batch of cursor.rows()) {
    for (const row of batch) {
      rows.push(row)
      if (rows.length >= limit) return rows
    }
  }
  return rows
}

/** A value as JSON can hold it: 64-bit integers as text, NaN and infinities too. */
export function toJson(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toJson(inner)]))
  return value
}
