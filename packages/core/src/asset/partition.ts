import { didYouMean, LevadaError } from '../errors/index.ts'
import type { Column } from '../schema/index.ts'

/** One partition of an asset: a value for every dimension, `{ flight_date: '2001-03-04' }`. */
export type PartitionKey = Readonly<Record<string, string>>

/** A dimension along which an asset is stored and rerun. An asset has any number of them. */
export interface Partition<out C extends string = string> {
  readonly kind: 'daily'
  /** The column that holds the value, and the name of the dimension. */
  readonly column: C
  /** First day that may exist, `YYYY-MM-DD`. */
  readonly start?: string
  /** The day after the last that may exist. */
  readonly end?: string
}

/**
 * One partition per calendar day of a date column.
 * @param options half-open bounds of what may exist, `YYYY-MM-DD`
 */
export const daily = <const C extends string>(
  column: C,
  options: { readonly start?: string; readonly end?: string } = {},
): Partition<C> => ({
  kind: 'daily',
  column,
  ...options,
})

/** The half-open range of a dimension's column that one step writes; open ends are undefined. */
export interface Bounds {
  readonly start: string | undefined
  readonly end: string | undefined
}

const isDay = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.slice(0, 10) === text
const nextDay = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)

/** The bounds of one value, of a range with both of its ends, or of the whole dimension. */
export function partitionBounds(
  dimension: Partition,
  first?: string,
  last: string | undefined = first,
): Bounds {
  return first === undefined
    ? { start: dimension.start, end: dimension.end }
    : { start: first, end: nextDay(last!) }
}

/** How many values a range has, both ends included. */
export const countValues = (_dimension: Partition, first: string, last: string): number =>
  Math.round((Date.parse(`${last}T00:00:00Z`) - Date.parse(`${first}T00:00:00Z`)) / 86_400_000) + 1

/** The values of a range, both ends included, in order. */
export function valuesBetween(_dimension: Partition, first: string, last: string): readonly string[] {
  const values: string[] = []
  for (let value = first; value <= last; value = nextDay(value)) values.push(value)
  return values
}

/**
 * Checks that a key names a partition that may exist.
 * @throws PARTITION_UNKNOWN
 */
export function checkPartition(asset: string, dimensions: readonly Partition[], key: PartitionKey): void {
  const names = dimensions.map(({ column }) => column)
  for (const name of Object.keys(key)) {
    if (!names.includes(name)) {
      throw new LevadaError(
        'PARTITION_UNKNOWN',
        `'${asset}' has no partition dimension '${name}'; it has ${names.join(', ') || 'none'}.${didYouMean(name, names)}`,
        {
          hint:
            names.length > 0 ? `Write ${names.map((n) => `${n}=…`).join(',')}.` : 'Leave the partition out.',
        },
      )
    }
  }
  for (const { column, start, end } of dimensions) {
    const value = key[column]
    if (value === undefined)
      throw new LevadaError('PARTITION_UNKNOWN', `A partition of '${asset}' needs a value for '${column}'.`, {
        hint: `Write ${names.map((n) => `${n}=…`).join(',')}.`,
      })
    if (!isDay(value))
      throw new LevadaError(
        'PARTITION_UNKNOWN',
        /^\d{4}-\d\d-\d\d$/.test(value)
          ? `'${value}' is not a day of '${asset}'.${column}: the calendar has no such day.`
          : `'${value}' is not a day of '${asset}'.${column}: write YYYY-MM-DD.`,
        /^\d{4}-\d\d-\d\d$/.test(value) ? { hint: 'Name a day that exists.' } : {},
      )
    if ((start !== undefined && value < start) || (end !== undefined && value >= end)) {
      throw new LevadaError(
        'PARTITION_UNKNOWN',
        `'${value}' lies outside the bounds of '${asset}'.${column}: ${start ?? '…'} (included) to ${end ?? '…'} (excluded).`,
      )
    }
  }
}

/** `flight_date=2001-03-04`, dimensions in the order of the asset: a text that identifies a partition. */
export const partitionId = (dimensions: readonly string[], key: PartitionKey): string =>
  dimensions.map((name) => `${name}=${encodeURIComponent(key[name] ?? '')}`).join('/')

/** What values of a dimension some keys have, in order. */
export const valuesOf = (column: string, keys: readonly PartitionKey[]): readonly string[] =>
  [...new Set(keys.map((key) => key[column]!))].toSorted()

/**
 * Partitions as the command line takes them: `flight_date=2001-01-01..2001-03-31,region=west`.
 * @param keys one, or all combinations of the values that each dimension has
 */
export function partitionText(dimensions: readonly string[], keys: readonly PartitionKey[]): string {
  const parts = dimensions.map((name) => {
    const values = valuesOf(name, keys)
    return `${name}=${values.length > 1 ? `${values[0]}..${values.at(-1)}` : (values[0] ?? '')}`
  })
  return parts.join(',')
}

/**
 * Checks the dimensions of an asset against its columns.
 * @throws COLUMN_UNKNOWN, PARTITION_INVALID
 */
export function checkDimensions(
  asset: string,
  columns: readonly Column[],
  dimensions: readonly Partition[],
): void {
  for (const { column, start, end } of dimensions) {
    const found = columns.find(({ name }) => name === column)
    if (!found) {
      const hint = didYouMean(
        column,
        columns.map(({ name }) => name),
      )
      throw new LevadaError(
        'COLUMN_UNKNOWN',
        `'${asset}' is partitioned by '${column}', which is not a column of it.${hint}`,
      )
    }
    if (found.type.kind !== 'date' || found.nullable) {
      throw new LevadaError(
        'PARTITION_INVALID',
        `'${asset}' is partitioned daily by '${column}', which is not a non-null col.date() column.`,
      )
    }
    for (const bound of [start, end]) {
      if (bound !== undefined && !isDay(bound))
        throw new LevadaError(
          'PARTITION_INVALID',
          `'${asset}'.${column}: '${bound}' is not a day, YYYY-MM-DD.`,
        )
    }
    if (start !== undefined && end !== undefined && start >= end) {
      throw new LevadaError(
        'PARTITION_INVALID',
        `'${asset}'.${column}: start ${start} does not lie before end ${end}.`,
      )
    }
  }
  const twice = dimensions.find(({ column }, i) => dimensions.findIndex((d) => d.column === column) !== i)
  if (twice)
    throw new LevadaError('PARTITION_INVALID', `'${asset}' is partitioned by '${twice.column}' twice.`)
}
