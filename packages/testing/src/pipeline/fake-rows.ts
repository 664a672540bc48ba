import type { AnyAsset, Check, Column } from '@levada/core'
import type { Row } from '../rows.ts'
import { fakeField, pick, type Drawing, type Range } from './fake-value.ts'
import { randomOf } from './random.ts'

/** Rows to be made up: how many, or those of which some columns are said. `R`: a whole row. */
export interface Fake<in out R> {
  readonly '~levada': 'fake@1'
  readonly rows: readonly Partial<R>[]
}

/**
 * Rows of which a test says what matters; the other columns are filled by schema and checks, the same each time. A number
 * gives as many rows of which nothing is said.
 *
 * @example
 * inputs: { 'shop.raw_orders': fake([{ status: 'paid', amount: '10.00' }, { status: 'cancelled' }]) }
 */
export const fake = <R extends object>(rows: number | readonly Partial<NoInfer<R>>[]): Fake<R> => ({
  '~levada': 'fake@1',
  rows: typeof rows === 'number' ? Array.from({ length: rows }, () => ({})) : rows,
})

export interface FakeOptions {
  readonly seed?: number
  /** What dates and times lie in, half-open: milliseconds since 1970. @default the bounds of its partitions, or January 2001 */
  readonly between?: readonly [number, number]
  /** Values of columns, where nothing else is said. */
  readonly fixed?: Readonly<Record<string, string>>
  /** The rows of other assets, for relationships. */
  readonly related?: (asset: string) => readonly Row[] | undefined
}

const dayMs = 86_400_000
const january = [Date.UTC(2001, 0, 1), Date.UTC(2001, 1, 1)] as const

/**
 * Rows by the schema of an asset and its checks: types, enums, NULL where it may stand, keys and other unique columns,
 * ranges, accepted values, and values of related assets. Checks in SQL and patterns are not looked at.
 *
 * @param rows how many, or what is said of each
 * @example
 * fakeRows(orders, [{ id: 1 }, { id: 2, amount: '9.99' }])
 */
export function fakeRows<R extends object>(
  asset: AnyAsset & { readonly '~row': R },
  rows: number | readonly Partial<NoInfer<R>>[],
  options: FakeOptions = {},
): readonly R[] {
  const given = typeof rows === 'number' ? fake<Row>(rows).rows : (rows as readonly Row[])
  return tableOf(asset, given, options) as readonly R[]
}

/** A column that is filled, and what is known of its values. */
interface Filled {
  readonly column: Column
  readonly range: Range
  readonly accepted: readonly unknown[] | undefined
  readonly random: () => number
}

function tableOf(asset: AnyAsset, given: readonly Row[], options: FakeOptions): readonly Row[] {
  const { seed = 1, related } = options
  const columns = asset.columns.map((column): Filled => {
    const rules = asset.checks.filter(
      ({ columns: [first, ...more] }) => first === column.name && more.length === 0,
    )
    return {
      column,
      range: rangeOf(rules),
      accepted:
        rules.flatMap(({ rule }) => (rule.kind === 'acceptedValues' ? [rule.values] : []))[0] ??
        valuesOf(asset, column),
      random: randomOf(`${seed}/${asset.name}/${column.name}`),
    }
  })
  const links = asset.checks.flatMap(({ columns: own, rule }) =>
    rule.kind === 'relationship' ? [{ own, rule, rows: related?.(rule.to.name) ?? [] }] : [],
  )
  const pickLink = randomOf(`${seed}/${asset.name}`)
  const uniques = [
    asset.key,
    ...asset.checks.flatMap(({ rule, columns: names }) => (rule.kind === 'unique' ? [names] : [])),
  ].filter((names) => names.length > 0)
  const taken = uniques.map((names) => new Set(given.map((row) => idOf(names, row))))
  return given.map((said, row) => {
    for (let attempt = 0; ; attempt++) {
      const made = rowOf(columns, said, { row: row + attempt * given.length, options, asset })
      for (const { own, rule, rows } of links) {
        if (rows.length === 0 || own.some((name) => name in said)) continue
        const target = pick(rows, pickLink)
        own.forEach((name, i) => (made[name] = target[rule.toColumns[i]!]))
      }
      const ids = uniques.map((names) => idOf(names, made))
      const again = uniques.some(
        (names, i) => taken[i]!.has(ids[i]!) && names.some((name) => !(name in said)),
      )
      if (again && attempt < 100) continue
      ids.forEach((id, i) => taken[i]!.add(id))
      return made
    }
  })
}

/** The only values that a column has, since partitions are of them. */
function valuesOf({ partitions }: AnyAsset, { name, type }: Column): readonly unknown[] | undefined {
  const values = partitions.find(({ column }) => column === name)?.values
  return values?.map((text) => ofType(type, text))
}

const idOf = (names: readonly string[], row: Row): string =>
  JSON.stringify(names.map((name) => String(row[name])))

function rowOf(
  columns: readonly Filled[],
  said: Row,
  { row, options, asset }: { readonly row: number; readonly options: FakeOptions; readonly asset: AnyAsset },
): Record<string, unknown> {
  const { between = boundsOf(asset), fixed = {} } = options
  return Object.fromEntries(
    columns.map(({ column, range, accepted, random }) => {
      const { name } = column
      const drawing: Drawing = { random, row, between }
      // Drawn in any case, so that what is said of one row changes no other.
      const value = valueOf(asset, { column, range, accepted, random }, drawing)
      return [name, name in said ? said[name] : name in fixed ? ofType(column.type, fixed[name]!) : value]
    }),
  )
}

const ofType = (type: Column['type'], text: string): unknown =>
  type.kind === 'int' ? Number(text) : type.kind === 'bigint' ? BigInt(text) : text

function valueOf(asset: AnyAsset, { column, range, accepted, random }: Filled, drawing: Drawing): unknown {
  const { name, type } = column
  if (accepted) return pick(accepted, random)
  const isKey = asset.key.includes(name)
  // Keys count: they are unique without trying, and easily told apart.
  if (isKey && range.min === undefined && range.max === undefined) {
    if (type.kind === 'int') return drawing.row + 1
    if (type.kind === 'bigint') return BigInt(drawing.row + 1)
  }
  return fakeField(column, range, drawing)
}

function rangeOf(checks: readonly Check[]): Range {
  const bounds = checks.flatMap(({ rule }) => (rule.kind === 'between' ? [rule] : []))
  const mins = bounds.flatMap(({ min }) => (min === undefined ? [] : [min]))
  const maxs = bounds.flatMap(({ max }) => (max === undefined ? [] : [max]))
  return {
    min: mins.length > 0 ? mins.reduce((a, b) => (b > a ? b : a)) : undefined,
    max: maxs.length > 0 ? maxs.reduce((a, b) => (b < a ? b : a)) : undefined,
  }
}

/** The times that a partitioned asset may have, or January. */
function boundsOf({ partitions }: AnyAsset): readonly [number, number] {
  const times = (texts: readonly (string | undefined)[]): readonly number[] =>
    texts.flatMap((text) => (text === undefined ? [] : [Date.parse(text.slice(0, 10))]))
  const [starts, ends] = [
    times(partitions.map(({ start }) => start)),
    times(partitions.map(({ end }) => end)),
  ]
  if (starts.length + ends.length === 0) return january
  const end = Math.min(...ends)
  const first = starts.length > 0 ? Math.max(...starts) : end - 31 * dayMs
  return [first, Math.max(ends.length > 0 ? end : first + 31 * dayMs, first + dayMs)]
}
