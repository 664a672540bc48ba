import { LevadaError, withStackHere } from '../errors/index.ts'
import type { AnyAsset } from './asset.ts'

export type Severity = 'error' | 'warn'

export interface CheckOptions {
  /** `error` blocks publishing, `warn` reports. @default 'error' */
  readonly severity?: Severity
}
export interface RowCheckOptions extends CheckOptions {
  /** The share of rows that has to pass, above 0 up to 1. @default 1 */
  readonly mostly?: number
}

/** A value that a check compares with: numbers, decimals and dates as text, as in rows. */
export type Comparable = number | bigint | string

export type CheckRule =
  | { readonly kind: 'notNull' }
  | { readonly kind: 'between'; readonly min: Comparable | undefined; readonly max: Comparable | undefined }
  | { readonly kind: 'acceptedValues'; readonly values: readonly Comparable[] }
  | { readonly kind: 'matches'; readonly pattern: string }
  | { readonly kind: 'unique' }
  | { readonly kind: 'relationship'; readonly to: AnyAsset; readonly toColumns: readonly string[] }
  | { readonly kind: 'rowCount'; readonly min: number | undefined; readonly max: number | undefined }
  /** `table`: what it calls the asset's rows, when that is not the asset's own name. */
  | { readonly kind: 'sql'; readonly sql: string; readonly table?: string }

/** An assertion over an asset's rows. `C`: the columns it names; `Q`: the assets it reads beside its own. */
export interface Check<out C extends string = string, out Q = unknown> {
  readonly name: string
  readonly columns: readonly C[]
  readonly rule: CheckRule
  readonly severity: Severity
  readonly mostly: number
  /** Implied by the schema rather than written by the author. */
  readonly implied: boolean
  /** Tells where the author wrote it; empty for implied checks. */
  readonly stack: string
  readonly '~related'?: Q
}

function check<const C extends string, Q = never>(
  name: string,
  columns: readonly C[],
  rule: CheckRule,
  options: RowCheckOptions = {},
): Check<C, Q> {
  return withStackHere({
    name,
    columns,
    rule,
    severity: options.severity ?? 'error',
    mostly: options.mostly ?? 1,
    implied: false,
  })
}

/** No row has NULL in the column. Columns that are not `nullable()` are checked without saying so. */
export const notNull = <const C extends string>(column: C, options?: RowCheckOptions): Check<C, never> =>
  check(`notNull(${column})`, [column], { kind: 'notNull' }, options)

/** No two rows have the same values in these columns. NULLs are values like others. */
export const unique = <const C extends string>(
  columns: C | readonly C[],
  options?: CheckOptions,
): Check<C, never> => {
  const list: readonly C[] = typeof columns === 'string' ? [columns] : (columns as readonly C[])
  return check(`unique(${list.join(', ')})`, list, { kind: 'unique' }, options)
}

/** Every value lies within the bounds, both included; `undefined` leaves an end open. NULL passes. */
export const between = <const C extends string>(
  column: C,
  min: Comparable | undefined,
  max: Comparable | undefined,
  options?: RowCheckOptions,
): Check<C, never> =>
  check(`between(${column}, ${min ?? '…'}, ${max ?? '…'})`, [column], { kind: 'between', min, max }, options)

/** Every value is one of these. NULL passes. */
export const acceptedValues = <const C extends string>(
  column: C,
  values: readonly Comparable[],
  options?: RowCheckOptions,
): Check<C, never> =>
  check(`acceptedValues(${column})`, [column], { kind: 'acceptedValues', values }, options)

/** Every value contains a match of the regular expression, in the syntax that all engines share (RE2 without flags). NULL passes. */
export const matches = <const C extends string>(
  column: C,
  pattern: RegExp | string,
  options?: RowCheckOptions,
): Check<C, never> => {
  const { source, flags } = typeof pattern === 'string' ? { source: pattern, flags: '' } : pattern
  if (flags !== '')
    throw new LevadaError(
      'CHECK_INVALID',
      `matches(${column}): flags such as '${flags}' are not understood by all engines; write (?i) into the pattern.`,
    )
  return check(`matches(${column})`, [column], { kind: 'matches', pattern: source }, options)
}

/** Every combination of values is found in the other asset, given as an `expects(…)` or an asset of the same package. NULL passes. */
export const relationship = <const C extends string, A extends AnyAsset>(
  columns: C | readonly C[],
  to: A,
  toColumns: (keyof A['~row'] & string) | readonly (keyof A['~row'] & string)[],
  options?: CheckOptions,
): Check<C, A> => {
  const list: readonly C[] = typeof columns === 'string' ? [columns] : (columns as readonly C[])
  const others: readonly string[] =
    typeof toColumns === 'string' ? [toColumns] : (toColumns as readonly string[])
  return check(
    `relationship(${list.join(', ')} → ${to.name})`,
    list,
    { kind: 'relationship', to, toColumns: others },
    options,
  )
}

/** The asset has between `min` and `max` rows, both included. */
export const rowCount = (
  bounds: { readonly min?: number; readonly max?: number },
  options?: CheckOptions,
): Check<never, never> =>
  check(
    `rowCount(${bounds.min ?? '…'}, ${bounds.max ?? '…'})`,
    [],
    { kind: 'rowCount', min: bounds.min, max: bounds.max },
    options,
  )

/**
 * The query returns the rows that are wrong; none passes. The asset's rows are the table named after the asset:
 * `orders` in a check of `shop.orders`.
 */
export const sqlCheck = (name: string, sql: string, options?: CheckOptions): Check<never, never> =>
  check(name, [], { kind: 'sql', sql }, options)

/** Whether a check judges each row by itself. */
export const isRowCheck = ({ rule }: Check): boolean =>
  ['notNull', 'between', 'acceptedValues', 'matches'].includes(rule.kind)
