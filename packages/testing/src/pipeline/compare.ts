import { inspect, isDeepStrictEqual } from 'node:util'
import { didYouMean } from '@levada/core/spi'
import type { Row } from '../rows.ts'

export interface CompareOptions<C extends string = string> {
  /** Columns that tell which rows belong together. @default the key of the asset that the rows are of */
  readonly key?: readonly string[]
  /** Only these are compared. @default all */
  readonly columns?: readonly C[]
  /** How far numbers may be apart. @default 0 */
  readonly tolerance?: number
}

/** How rows differ from those that were expected. */
export interface RowsDiff {
  /** Columns that are expected and not there. */
  readonly missingColumns: readonly string[]
  /** Columns that are there and not expected. */
  readonly extraColumns: readonly string[]
  readonly missing: readonly Row[]
  readonly extra: readonly Row[]
  /** Rows of one key with other values. */
  readonly changed: readonly {
    readonly key: Row
    readonly cells: readonly {
      readonly column: string
      readonly expected: unknown
      readonly actual: unknown
    }[]
  }[]
  readonly equal: number
}

const known = new WeakMap<readonly Row[], { readonly asset: string; readonly key: readonly string[] }>()
/** Has the comparison know what rows are of. */
export const rememberKey = (rows: readonly Row[], asset: string, key: readonly string[]): void =>
  void known.set(rows, { asset, key })

/** How rows differ from those that were expected, in any order. */
export function diffRows(
  actual: readonly object[],
  expected: readonly object[],
  options: CompareOptions = {},
): RowsDiff {
  const [is, shall] = [actual as readonly Row[], expected as readonly Row[]]
  const [there, wanted] = [columnsOf(is), columnsOf(shall)]
  const columns = options.columns ?? [...new Set([...wanted, ...there])]
  const compared = columns.filter(
    (name) => is.length === 0 || shall.length === 0 || (there.has(name) && wanted.has(name)),
  )
  const given = options.key ?? known.get(is)?.key ?? []
  const key = given.every((name) => compared.includes(name)) ? given : []
  const tolerance = options.tolerance ?? 0
  const same = (a: Row, b: Row, names: readonly string[]): boolean =>
    names.every((name) => isSame(a[name], b[name], tolerance))
  const left = [...is]
  const take = (row: Row, names: readonly string[]): Row | undefined => {
    const at = left.findIndex((other) => same(other, row, names))
    return at < 0 ? undefined : left.splice(at, 1)[0]
  }
  // Equal rows belong together before those of one key do, should it not be unique.
  const unequal = shall.filter((row) => !take(row, compared))
  const missing: Row[] = []
  const changed: RowsDiff['changed'][number][] = []
  for (const row of unequal) {
    const found = key.length > 0 ? take(row, key) : undefined
    if (!found) missing.push(row)
    else
      changed.push({
        key: only(row, key),
        cells: compared
          .filter((column) => !isSame(found[column], row[column], tolerance))
          .map((column) => ({ column, expected: row[column], actual: found[column] })),
      })
  }
  const both = is.length > 0 && shall.length > 0
  return {
    missingColumns: both ? columns.filter((name) => !there.has(name)) : [],
    extraColumns: both ? columns.filter((name) => there.has(name) && !wanted.has(name)) : [],
    missing,
    extra: options.columns ? left.map((row) => only(row, compared)) : left,
    changed,
    equal: shall.length - unequal.length,
  }
}

/**
 * Compares rows with those that are expected, in any order; by key where there is one, so that it can say which cell differs.
 *
 * @throws Error that says missing, unexpected and changed rows, and columns
 * @example
 * expectRows(run.rows('shop.orders'), [{ id: 1, amount: '9.50' }], { columns: ['id', 'amount'] })
 */
export function expectRows<R extends object, C extends keyof R & string = keyof R & string>(
  actual: readonly R[],
  expected: readonly Pick<NoInfer<R>, NoInfer<C>>[],
  options: CompareOptions<C> = {},
): void {
  const diff = diffRows(actual, expected, options)
  const text = diffText(diff, known.get(actual as readonly Row[])?.asset ?? 'the rows')
  if (text === undefined) return
  const error = new Error(text)
  error.name = 'RowsDiffer'
  Error.captureStackTrace?.(error, expectRows)
  throw error
}

/** Lines of each kind that are shown. */
const most = 10

function diffText(diff: RowsDiff, name: string): string | undefined {
  const { missing, extra, changed, missingColumns, extraColumns, equal } = diff
  const columns = missingColumns.length + extraColumns.length
  if (columns + missing.length + extra.length + changed.length === 0) return undefined
  const counts = [
    [missing.length, 'missing'],
    [extra.length, 'unexpected'],
    [changed.length, 'changed'],
    [equal, 'as expected'],
  ] as const
  const head = `${name}: ${counts.flatMap(([n, word]) => (n > 0 ? [`${n} ${word}`] : [])).join(', ')}`
  return [
    head,
    ...missingColumns.map(
      (column) => `  - column '${column}' is not there.${didYouMean(column, extraColumns)}`,
    ),
    ...extraColumns.map((column) => `  + column '${column}' is not expected`),
    ...some(missing, (row) => `  - ${show(row)}`),
    ...some(extra, (row) => `  + ${show(row)}`),
    ...some(changed, ({ key, cells }) => {
      const lines = cells.map(
        (cell) => `      ${cell.column}: expected ${show(cell.expected)}, is ${show(cell.actual)}`,
      )
      return [`  ~ ${show(key)}`, ...lines].join('\n')
    }),
  ].join('\n')
}

function some<T>(items: readonly T[], line: (item: T) => string): readonly string[] {
  const lines = items.slice(0, most).map(line)
  return items.length > most ? [...lines, `    … and ${items.length - most} more`] : lines
}

const show = (value: unknown): string =>
  inspect(value, { breakLength: Infinity, depth: 6, maxArrayLength: 20 })

const columnsOf = (rows: readonly Row[]): ReadonlySet<string> =>
  new Set(rows.flatMap((row) => Object.keys(row)))

const only = (row: Row, names: readonly string[]): Row =>
  Object.fromEntries(names.map((name) => [name, row[name]]))

function isSame(a: unknown, b: unknown, tolerance: number): boolean {
  if (typeof a === 'number' && typeof b === 'number')
    return Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance
  return isDeepStrictEqual(a ?? null, b ?? null)
}
