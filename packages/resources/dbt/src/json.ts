/** A JSON object whose fields may be anything. */
export type Json = Readonly<Record<string, unknown>>

const none: Json = {}

/** The value as an object; an empty one when it is anything else. */
export const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : none

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export const texts = (value: unknown): readonly string[] =>
  list(value).filter((item) => typeof item === 'string')

/** A text that says something. dbt writes absent ones as '' and, in some events, as 'None'. */
export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value !== 'None' ? value : undefined

export const number = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined

/** A count; adapters that do not know one write -1, and some write numbers as text. */
export function count(value: unknown): number | undefined {
  const n = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : number(value)
  return n !== undefined && n >= 0 ? n : undefined
}

/** The first of the values that is a status; 2.x writes some with a capital. */
export const status = (...values: readonly unknown[]): string =>
  values
    .map(text)
    .find((value) => value !== undefined)
    ?.toLowerCase() ?? 'unknown'
