import type { Contract } from './model.ts'

type Limits = NonNullable<Contract['params'][string]['limits']>

interface LimitChange {
  /** Whether values that were taken may be refused now; what cannot be told is yes. */
  readonly narrower: boolean
  readonly fact: string
}

/** What became of the limits of a param. */
export function limitChanges(old: Limits = {}, now: Limits = {}): readonly LimitChange[] {
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].toSorted().flatMap((name) => {
    const [was, is] = [old[name], now[name]]
    if (was === is) return []
    if (was === undefined) return [{ narrower: true, fact: `has ${name} ${is} now` }]
    if (is === undefined) return [{ narrower: false, fact: `has no ${name} ${was} any more` }]
    return [{ narrower: !isWider(name, was, is), fact: `has ${name} ${is}, it was ${was}` }]
  })
}

function isWider(name: string, was: number | string, is: number | string): boolean {
  const change = Number(is) - Number(was)
  if (/(^|\.)(minimum|exclusiveMinimum|minLength)$/.test(name)) return change < 0
  return /(^|\.)(maximum|exclusiveMaximum|maxLength)$/.test(name) && change > 0
}
