import type { AnySchema } from './from-zod.ts'
import { ownLimits } from './limits.ts'

/** What a column's schema says beyond its type: why no contract has it, and what to write instead. */
export interface ColumnLimit {
  readonly why: string
  readonly hint: string
}

interface Definition {
  readonly type: string
  readonly coerce?: boolean
  readonly precision?: number | null
  readonly version?: string
}

/** @param where `shop.orders.amount`; `shop.orders.tags[]` for the items of a list, `shop.orders.place.lat` for a field of a struct */
export function columnLimit(schema: AnySchema, where: string): ColumnLimit | undefined {
  const { type, coerce, precision, version } = schema._zod.def as Definition
  if (coerce)
    return {
      why: `z.coerce.${type}() changes values, which no table and no contract can hold`,
      hint: `Write z.${type}(), and cast in a node.`,
    }
  if (typeof precision === 'number')
    return {
      why: `a precision of ${precision} digits is no part of its type, which has microseconds`,
      hint: 'Leave it out, and round in a node.',
    }
  if (version !== undefined)
    return { why: `the version ${version} is no part of a uuid's type`, hint: 'Write col.uuid().' }
  const [limit] = Object.entries(ownLimits(schema))
  if (!limit) return undefined
  return {
    why: `${showLimit(limit)} is a limit of values, which is a check of the asset and no part of a type`,
    hint: `Leave it out of the schema. Whoever declares the asset adds to its checks: ${checkFor(limit, type, where)}`,
  }
}

type Limit = readonly [what: string, value: number | string]

/** As zod calls it. */
function showLimit([what, value]: Limit): string {
  const words: Readonly<Record<string, string>> = {
    minimum: `min(${value})`,
    exclusiveMinimum: value === 0 || value === '0' ? 'positive()' : `gt(${value})`,
    maximum: `max(${value})`,
    exclusiveMaximum: value === 0 || value === '0' ? 'negative()' : `lt(${value})`,
    multipleOf: `multipleOf(${value})`,
    minLength: `min(${value})`,
    maxLength: `max(${value})`,
    length: `length(${value})`,
    format: `the format '${value}'`,
  }
  return words[what] ?? (value === 'regex' ? `regex(${regex(what)})` : `the format '${value}'`)
}

const regex = (what: string): string => what.replace(/^pattern /, '')

const bounds: Readonly<Record<string, readonly [string, string]>> = {
  int32: ['-2147483648', '2147483647'],
  uint32: ['0', '4294967295'],
  uint64: ['0n', 'undefined'],
  float32: ['-3.4e38', '3.4e38'],
}

/** The check that says the same, as far as there is one; `sqlCheck(…)` says anything. */
function checkFor([what, value]: Limit, type: string, where: string): string {
  const path = where.split('.').slice(2).join('.')
  const [domain, table] = where.split('.')
  const fails = (when: string): string =>
    `sqlCheck('${path}', 'select * from ${table ?? domain} where ${when}').`
  if (path.includes('[]') || path.includes('.')) return `sqlCheck('${path}', 'select …').`
  const between = (min: unknown, max: unknown): string => `between('${path}', ${min}, ${max}).`
  const matches = (pattern: string): string => `matches('${path}', ${pattern}).`
  const bound = typeof value === 'string' && type === 'bigint' ? `${value}n` : value
  const list = type === 'array' ? `array_length(${path}, 1)` : undefined
  switch (what) {
    case 'minimum':
      return between(bound, 'undefined')
    case 'maximum':
      return between('undefined', bound)
    case 'exclusiveMinimum':
      return fails(`${path} <= ${value}`)
    case 'exclusiveMaximum':
      return fails(`${path} >= ${value}`)
    case 'multipleOf':
      return fails(`${path} % ${value} <> 0`)
    case 'minLength':
      return list ? fails(`${list} < ${value}`) : matches(`/^(.|\\n){${value},}$/`)
    case 'maxLength':
      return list ? fails(`${list} > ${value}`) : matches(`/^(.|\\n){0,${value}}$/`)
    case 'length':
      return list ? fails(`${list} <> ${value}`) : matches(`/^(.|\\n){${value}}$/`)
    default:
      if (typeof value === 'string' && bounds[value]) return between(...bounds[value])
      return matches(value === 'regex' ? regex(what) : '/…/')
  }
}
