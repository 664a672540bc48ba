import { columnMeta, decimalText } from './col.ts'
import type { AnySchema } from './from-zod.ts'
import { metadata } from './metadata.ts'

/** What values a param takes beyond its type: `maximum`, `[].minLength` for the items of a list, `.name.format` inside. */
export type Limits = Readonly<Record<string, number | string>>

interface Definition {
  readonly type?: string
  readonly check?: string
  readonly format?: string
  readonly checks?: readonly { readonly _zod: { readonly def: Check } }[]
  readonly innerType?: AnySchema
  readonly element?: AnySchema
  readonly shape?: Record<string, AnySchema>
}
interface Check {
  readonly check: string
  readonly value?: unknown
  readonly inclusive?: boolean
  readonly format?: string
  readonly pattern?: RegExp
  readonly minimum?: number
  readonly maximum?: number
  readonly length?: number
}

/** Formats that are types of their own, or that every number of a type has. */
const types = new Set(['safeint', 'int64', 'float64', 'date', 'time', 'datetime', 'uuid', 'guid'])

/** The checks of a schema that are data: those that are code have been refused. */
export function limitsOf(schema: AnySchema): Limits {
  return Object.fromEntries([...walk(schema, '')].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Those of {@link limitsOf} that are said of a schema itself, not of what lies inside of it; in the order in which they are written. */
export const ownLimits = (schema: AnySchema): Limits => Object.fromEntries(ownOf(schema, ''))

function* walk(schema: AnySchema, at: string): Generator<readonly [string, number | string]> {
  const def = schema._zod.def as Definition
  if (def.innerType) return yield* walk(def.innerType, at)
  yield* ownOf(schema, at)
  if (def.element) yield* walk(def.element, `${at}[].`)
  for (const [name, field] of Object.entries(def.shape ?? {})) yield* walk(field, `${at}${name}.`)
}

function* ownOf(schema: AnySchema, at: string): Generator<readonly [string, number | string]> {
  const { format, checks } = schema._zod.def as Definition
  // A decimal has this one in its name.
  const decimal = columnMeta in metadata(schema)
  if (format !== undefined && !types.has(format)) yield [`${at}format`, format]
  for (const { _zod } of checks ?? [])
    if (!(decimal && _zod.def.pattern?.source === decimalText.source)) yield* limit(_zod.def, at)
}

function* limit(def: Check, at: string): Generator<readonly [string, number | string]> {
  const { check, value, inclusive, minimum, maximum, length, pattern, format } = def
  const bound = typeof value === 'number' ? value : String(value)
  if (check === 'greater_than') yield [`${at}${inclusive ? 'minimum' : 'exclusiveMinimum'}`, bound]
  else if (check === 'less_than') yield [`${at}${inclusive ? 'maximum' : 'exclusiveMaximum'}`, bound]
  else if (check === 'multiple_of') yield [`${at}multipleOf`, bound]
  else if (check === 'min_length') yield [`${at}minLength`, minimum!]
  else if (check === 'max_length') yield [`${at}maxLength`, maximum!]
  else if (check === 'length_equals') yield [`${at}length`, length!]
  else if (format !== undefined && types.has(format)) return
  else if (pattern) yield [`${at}pattern ${String(pattern)}`, format ?? 'regex']
  else if (format !== undefined) yield [`${at}format`, format]
}
