import { LevadaError } from '../errors/index.ts'
import type { Column } from '../schema/index.ts'

/** How far back rows may still come or change: of a number in its own unit, of a date in days. */
export type LookBack = number | { readonly days?: number; readonly hours?: number; readonly minutes?: number }

/** How the rows of an asset follow those that it had. */
export interface Incremental<out C extends string = string> {
  /** `append`: rows come and never change. `merge`: a row replaces the one with its key. */
  readonly kind: 'append' | 'merge'
  /** The column that tells which rows are new: a date, a time or a number that grows. */
  readonly by: C
  readonly lookBack?: LookBack
  /** merge: a boolean column; where it is true the row of that key is removed. */
  readonly deleted?: C
}

export interface AppendOptions<out C extends string> {
  /** A column that grows with each delivery: a date, a timestamp, an instant, an int or a bigint. */
  readonly by: C
  /** Rows may come that much later than others; the key tells those that are there already. @default none come late */
  readonly lookBack?: LookBack
}

/**
 * Rows come and never change: a run adds those that are not there. The node is given `$since`, from which on it has to give all
 * rows: the highest value of `by` that is stored, less `lookBack`. What is there already is left out.
 * @example
 * asset('shop.events', { schema, incremental: append({ by: 'loaded_at' }) })
 */
export const append = <const C extends string>(options: AppendOptions<C>): Incremental<C> => ({
  kind: 'append',
  ...options,
})

export interface MergeOptions<out C extends string> extends AppendOptions<C> {
  /** A boolean column of the asset: where a row says true, the row of that key is removed. */
  readonly deleted?: C
}

/**
 * A row replaces the one with its key. The node is given `$since` and has to give the latest row of each key that changed from then
 * on: the highest value of `by` that is stored, less `lookBack`.
 * @example
 * asset('shop.orders', { schema, key: ['id'], incremental: merge({ by: 'updated_at', lookBack: { days: 7 }, deleted: 'is_deleted' }) })
 */
export const merge = <const C extends string>(options: MergeOptions<C>): Incremental<C> => ({
  kind: 'merge',
  ...options,
})

const unitsMs = { days: 86_400_000, hours: 3_600_000, minutes: 60_000 } as const
const orders = ['date', 'timestamp', 'instant', 'int', 'bigint']

const columnOf = (columns: readonly Column[], name: string): Column | undefined =>
  columns.find((column) => column.name === name)

/** @throws INCREMENTAL_INVALID; that the columns exist has been checked */
export function checkIncremental(
  name: string,
  { kind, by, lookBack, deleted }: Incremental,
  columns: readonly Column[],
  key: readonly string[],
): void {
  const wrong = (why: string, hint: string): never => {
    throw new LevadaError('INCREMENTAL_INVALID', `'${name}': ${kind}({ by: '${by}' }) ${why}.`, { hint })
  }
  const { type, nullable } = columnOf(columns, by)!
  if (!orders.includes(type.kind) || nullable)
    wrong(
      `goes by '${by}', which ${nullable ? 'may be NULL' : `is ${type.kind}`}`,
      'Go by a column that is never NULL and grows: a date, a timestamp, an instant, an int or a bigint.',
    )
  if (key.length === 0 && (kind === 'merge' || lookBack !== undefined))
    wrong(
      kind === 'merge'
        ? 'needs a key'
        : 'has a lookBack and no key, by which rows would be known that are there',
      "Say what identifies a row: key: ['id'].",
    )
  if (lookBack !== undefined) checkLookBack(lookBack, type.kind, wrong)
  if (deleted === undefined) return
  const flag = columnOf(columns, deleted)!
  if (flag.type.kind !== 'boolean' || flag.nullable || key.includes(deleted))
    wrong(
      `has deleted: '${deleted}', which is no boolean beside the key that is never NULL`,
      'Name a column of z.boolean().',
    )
}

function checkLookBack(lookBack: LookBack, by: string, wrong: (why: string, hint: string) => void): void {
  if (typeof lookBack === 'number') {
    if (by !== 'int' && by !== 'bigint')
      wrong(`looks back ${lookBack}, which says no unit`, 'Write lookBack: { days: 7 }.')
    else if (!Number.isSafeInteger(lookBack) || lookBack < 0)
      wrong(`looks back ${lookBack}`, 'Write a whole number from 0 on.')
    return
  }
  const parts = Object.entries(lookBack)
  if (by === 'int' || by === 'bigint')
    wrong('looks back a time, and goes by a number', 'Write lookBack: 1000.')
  else if (
    parts.some(([unit, n]) => !(unit in unitsMs) || !Number.isSafeInteger(n) || n < 0) ||
    parts.length === 0
  )
    wrong(
      `looks back ${JSON.stringify(lookBack)}`,
      'Write whole days, hours or minutes: lookBack: { days: 7 }.',
    )
  else if (by === 'date' && parts.some(([unit]) => unit !== 'days'))
    wrong('looks back a part of a day, and goes by days', 'Write lookBack: { days: 7 }.')
}

/** The value of `by` from which on a node has to give rows; the lowest that there is without a watermark. */
export function sinceOf(
  { by, lookBack = 0 }: Incremental,
  columns: readonly Column[],
  watermark: string | number | undefined,
): string | number | bigint {
  const { kind } = columnOf(columns, by)!.type
  if (kind === 'int')
    return watermark === undefined
      ? Number.MIN_SAFE_INTEGER
      : Math.max(Number.MIN_SAFE_INTEGER, Number(watermark) - (lookBack as number))
  if (kind === 'bigint') {
    const lowest = -(2n ** 63n)
    const since = watermark === undefined ? lowest : BigInt(watermark) - BigInt(lookBack as number)
    return since < lowest ? lowest : since
  }
  if (watermark === undefined) return '-infinity'
  const ms = typeof lookBack === 'number' ? 0 : lookBackMs(lookBack)
  return earlier(String(watermark), ms)
}

const lookBackMs = (lookBack: Exclude<LookBack, number>): number =>
  Object.entries(lookBack).reduce((sum, [unit, n]) => sum + n * unitsMs[unit as keyof typeof unitsMs], 0)

/** A date, timestamp or instant as text, some time earlier; what is behind the second stays. */
function earlier(text: string, ms: number): string {
  if (ms === 0) return text
  const [, moment, rest = ''] = /^(.*?)(\.\d+)?Z?$/.exec(text)!
  const then = Date.parse(moment!.includes('T') ? `${moment}Z` : `${moment}T00:00:00Z`) - ms
  if (!(then >= Date.parse('0001-01-01T00:00:00Z'))) return '-infinity'
  const shown = new Date(then).toISOString().slice(0, moment!.length)
  return `${shown}${rest}${text.endsWith('Z') ? 'Z' : ''}`
}
