import { change, type At, type Change } from './change.ts'
import type { Contract } from './model.ts'

type Asset = Contract['provides'][string]
type Check = Asset['checks'][number]

/**
 * What became of the checks of an asset. Those that its columns and key imply are told with these; a check of a column that
 * is gone goes with it, and one of a column that is new comes with it.
 */
export function checkChanges(at: At, old: Asset, now: Asset): readonly Change[] {
  const [before, after] = [own(old, now), own(now, old)]
  const pairs = paired(before, after)
  const matched = new Set(pairs.flat())
  return [
    ...pairs.flatMap(([was, is]) => oneCheck(at, was, is)),
    ...before.flatMap((was) => (matched.has(was) ? [] : [goneCheck(at, was)])),
    ...after.flatMap((is) =>
      matched.has(is)
        ? []
        : [
            change(
              'check-strengthened',
              at,
              `has a new check: ${shown(is)}${is.severity === 'warn' ? ', which warns' : ''}`,
            ),
          ],
    ),
  ]
}

const key = (names: readonly string[]): string => JSON.stringify(names)

/** The checks that its author wrote and whose columns the other asset has. */
function own(asset: Asset, other: Asset): readonly Check[] {
  const there = new Set(other.columns.map(({ name }) => name))
  const implied = ({ name, rule, columns, severity, mostly }: Check): boolean =>
    severity === 'error' &&
    mostly === 1 &&
    ((rule['kind'] === 'notNull' && name === `notNull(${columns.join()})` && isNotNull(asset, columns)) ||
      (rule['kind'] === 'unique' && key(columns) === key(asset.key)) ||
      (rule['kind'] === 'acceptedValues' && isEnum(asset, columns, rule['values'])))
  return asset.checks.filter((check) => !implied(check) && check.columns.every((column) => there.has(column)))
}

const isNotNull = (asset: Asset, [name]: readonly string[]): boolean =>
  asset.columns.some((column) => column.name === name && !column.nullable)
const isEnum = (asset: Asset, [name]: readonly string[], values: unknown): boolean =>
  asset.columns.some(
    ({ name: column, type }) =>
      column === name && type.kind === 'enum' && JSON.stringify(type.values) === JSON.stringify(values),
  )

/** What a check is about: two checks of one subject are an old and a new form. */
function subjectOf({ rule, columns, name }: Check): string {
  const { kind, to, toColumns } = rule
  return JSON.stringify([kind, columns, to, toColumns, kind === 'sql' ? name : undefined])
}

/** Old and new form of each check: the same severity first, since one subject may have a warning and an error. */
function paired(before: readonly Check[], after: readonly Check[]): readonly (readonly [Check, Check])[] {
  const free = new Set(after)
  const pairs: [Check, Check][] = []
  const take = (left: readonly Check[], alike: (was: Check, is: Check) => boolean): readonly Check[] =>
    left.filter((was) => {
      const found = [...free].find((is) => subjectOf(was) === subjectOf(is) && alike(was, is))
      if (!found) return true
      free.delete(found)
      pairs.push([was, found])
      return false
    })
  const rest = take(before, (was, is) => JSON.stringify(was) === JSON.stringify(is))
  take(
    take(rest, (was, is) => was.severity === is.severity),
    () => true,
  )
  return pairs
}

const shown = ({ name, mostly }: Check): string => (mostly === 1 ? name : `${name}, mostly ${mostly}`)

function goneCheck(at: At, was: Check): Change {
  return was.severity === 'error'
    ? change('check-weakened', at, `has no check ${shown(was)} any more`, { old: shown(was) })
    : change('check-strengthened', at, `does not warn of ${shown(was)} any more`, { old: shown(was) })
}

function oneCheck(at: At, was: Check, is: Check): readonly Change[] {
  if (JSON.stringify(was) === JSON.stringify(is)) return []
  const facts = { old: shown(was), new: shown(is) }
  if (was.severity === 'warn') {
    const fact =
      is.severity === 'warn'
        ? `warns of ${shown(is)}, it warned of ${shown(was)}`
        : `blocks on ${shown(is)}, it only warned`
    return [change('check-strengthened', at, fact, facts)]
  }
  if (is.severity === 'warn')
    return [change('check-weakened', at, `only warns of ${shown(is)}, it blocked`, facts)]
  return [
    isAsStrict(was, is)
      ? change('check-strengthened', at, `has a tighter check: ${shown(is)}, it was ${shown(was)}`, facts)
      : change('check-weakened', at, `has a looser check: ${shown(is)}, it was ${shown(was)}`, facts),
  ]
}

/** Whether every row that passes the new check passed the old one. What cannot be told is no. */
function isAsStrict(was: Check, is: Check): boolean {
  if (is.mostly < was.mostly) return false
  const [old, now] = [was.rule, is.rule]
  switch (old['kind']) {
    case 'between':
    case 'rowCount':
      return (
        isAtLeast(now['min'], old['min'], Number.NEGATIVE_INFINITY) &&
        isAtLeast(old['max'], now['max'], Number.POSITIVE_INFINITY)
      )
    case 'acceptedValues': {
      const [before, after] = [old['values'], now['values']]
      return Array.isArray(before) && Array.isArray(after) && after.every((value) => before.includes(value))
    }
    default:
      return JSON.stringify(old) === JSON.stringify(now)
  }
}

const integer = /^-?\d+$/
const numeric = /^-?\d+(\.\d+)?$/

/** a ≥ b, of numbers, numbers as text, or dates; a bound that is left out is `open`. */
function isAtLeast(a: unknown, b: unknown, open: number): boolean {
  const [x, y] = [a ?? open, b ?? open]
  if (typeof x === 'string' && typeof y === 'string') {
    if (integer.test(x) && integer.test(y)) return BigInt(x) >= BigInt(y)
    return numeric.test(x) && numeric.test(y) ? Number(x) >= Number(y) : x >= y
  }
  if (x === y) return true
  // An open end beside a date.
  if (y === Number.NEGATIVE_INFINITY || x === Number.POSITIVE_INFINITY) return true
  if (x === Number.NEGATIVE_INFINITY || y === Number.POSITIVE_INFINITY) return false
  return Number(x) >= Number(y)
}
