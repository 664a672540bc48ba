import { didYouMean, LevadaError } from '../errors/index.ts'
import type { Column, ColumnType } from '../schema/index.ts'
import {
  countPartitions,
  hasForm,
  isPartition,
  isTimeZone,
  nextPartition,
  partitionAt,
  partitionEnd,
  partitionStart,
  wallOf,
  type Grain,
} from './calendar.ts'

/** One partition of an asset: a value for every dimension, `{ flight_date: '2001-03-04' }`. */
export type PartitionKey = Readonly<Record<string, string>>

export type PartitionKind = Grain['kind'] | 'static'

/** A dimension along which an asset is stored and rerun. An asset has any number of them. */
export interface Partition {
  readonly kind: PartitionKind
  /** The column that the value follows from, and the name of the dimension. */
  readonly column: string
  /** First partition that may exist. */
  readonly start?: string
  /** The partition after the last that may exist. */
  readonly end?: string
  /** IANA name. Of a column of instants it says when hours, days, … begin; of others only when one is over. */
  readonly timeZone?: string
  /** How much later than by the calendar each begins: minutes of an hour, hours of a day, days of a week or month. */
  readonly offset?: number
  /** Of a static dimension: its values. */
  readonly values?: readonly string[]
}

/** `D`, `H`, `S`: its column, by what that has to be: of dates or times, of times, of plain values. For the compiler only. */
export interface PartitionBy<
  out D extends string = string,
  out H extends string = string,
  out S extends string = string,
> extends Partition {
  readonly '~days': D
  readonly '~hours': H
  readonly '~values': S
}

interface TimeOptions {
  /** First partition that may exist, as its value. */
  readonly start?: string
  /** The partition after the last that may exist. One that begins later than now exists only when this is given. */
  readonly end?: string
  /** IANA name, `Europe/Lisbon`; required for a column of instants. */
  readonly timeZone?: string
  /** How much later than by the calendar each begins, in the next smaller unit. @default 0 */
  readonly offset?: number
}

/**
 * One partition per hour of a column of timestamps or instants: `2001-03-04T05`. Where the clock goes back, the hour that
 * comes again has its distance from UTC: `2021-10-31T02+01:00`.
 * @param options `offset` in minutes
 */
export const hourly = <const C extends string>(
  column: C,
  options: TimeOptions = {},
): PartitionBy<never, C, never> => ({ kind: 'hourly', column, ...options }) as never

/**
 * One partition per calendar day of a column of dates, timestamps or instants: `2001-03-04`.
 * @param options `offset` in hours: a day of 4 begins at 04:00
 */
export const daily = <const C extends string>(
  column: C,
  options: TimeOptions = {},
): PartitionBy<C, never, never> => ({ kind: 'daily', column, ...options }) as never

/**
 * One partition per week, named by its first day, which is a Monday.
 * @param options `offset` in days: weeks of 6 begin on Sunday
 */
export const weekly = <const C extends string>(
  column: C,
  options: TimeOptions = {},
): PartitionBy<C, never, never> => ({ kind: 'weekly', column, ...options }) as never

/**
 * One partition per month: `2001-03`.
 * @param options `offset` in days: months of 14 begin on the 15th
 */
export const monthly = <const C extends string>(
  column: C,
  options: TimeOptions = {},
): PartitionBy<C, never, never> => ({ kind: 'monthly', column, ...options }) as never

/** One partition per value of a column of texts, enums or integers. No others may exist. */
export const staticValues = <const C extends string>(
  column: C,
  values: readonly string[],
): PartitionBy<never, never, C> => ({ kind: 'static', column, values: [...values] }) as never

/** A dimension as contracts hold it: the same text, whatever the order and the idle options of its source. */
export const plainPartition = ({
  kind,
  column,
  start,
  end,
  timeZone,
  offset,
  values,
}: Partition): Partition => ({
  kind,
  column,
  ...(start !== undefined && { start }),
  ...(end !== undefined && { end }),
  ...(timeZone !== undefined && { timeZone }),
  ...(offset !== undefined && offset !== 0 && { offset }),
  ...(values !== undefined && { values }),
})

/** A dimension with the type of its column. */
export interface Dimension extends Partition {
  readonly type: ColumnType
}

/** What of an asset its partitions follow from. */
export interface Partitioned {
  readonly name: string
  readonly columns: readonly Column[]
  readonly partitions: readonly Partition[]
}

const none: readonly Dimension[] = []
const knownDimensions = new WeakMap<Omit<Partitioned, 'name'>, readonly Dimension[]>()

export function dimensionsOf(asset: Omit<Partitioned, 'name'>): readonly Dimension[] {
  // Of many assets there is nothing to be kept.
  if (asset.partitions.length === 0) return none
  const found =
    knownDimensions.get(asset) ??
    asset.partitions.map((partition) => ({
      ...partition,
      type: asset.columns.find(({ name }) => name === partition.column)!.type,
    }))
  knownDimensions.set(asset, found)
  return found
}

const knownGrains = new WeakMap<Dimension, Grain>()

/** How time is cut; undefined for a static dimension. */
export function grainOf(dimension: Dimension): Grain | undefined {
  const { kind, offset, timeZone, type } = dimension
  if (kind === 'static') return undefined
  const found = knownGrains.get(dimension) ?? {
    kind,
    ...(type.kind === 'instant' && timeZone !== undefined && { timeZone }),
    ...(offset !== undefined && offset !== 0 && { offset }),
  }
  knownGrains.set(dimension, found)
  return found
}

/** How the values of an asset's dimensions follow from their columns; those that are missing are the columns' own values. */
export type Grains = Readonly<Record<string, Grain>>

/** Undefined when all are the columns' own values, as days of dates. */
export function grainsOf(asset: Omit<Partitioned, 'name'>): Grains | undefined {
  if (asset.partitions.length === 0) return undefined
  const grains = dimensionsOf(asset).flatMap((dimension) => {
    const grain = grainOf(dimension)
    return !grain || (dimension.kind === 'daily' && dimension.type.kind === 'date')
      ? []
      : [[dimension.column, grain] as const]
  })
  return grains.length === 0 ? undefined : Object.fromEntries(grains)
}

/** `at hourly Europe/Lisbon, day`: dimensions for people, the same text for the same ones. */
export const grainsText = (grains: Grains | undefined, columns: readonly string[]): string =>
  columns
    .toSorted()
    .map((column) => {
      const { kind, timeZone, offset } = grains?.[column] ?? {}
      const parts = [column, kind, timeZone, offset !== undefined && `offset ${offset}`]
      return parts.filter((part) => part !== undefined && part !== false).join(' ')
    })
    .join(', ')

/** The half-open range of a dimension's column that one step writes, in the text of its type; open ends are undefined. */
export interface Bounds {
  readonly start: string | undefined
  readonly end: string | undefined
}

/** A time in the text of the column's type. */
function timeText({ type }: Dimension, at: number): string {
  const text = new Date(at).toISOString()
  if (type.kind === 'date') return text.slice(0, 10)
  return type.kind === 'instant' ? text.replace('.000', '') : text.slice(0, 19)
}

/** The bounds of one value, of a range with both of its ends, or of the whole dimension. None for static ones. */
export function partitionBounds(
  dimension: Dimension,
  first?: string,
  last: string | undefined = first,
): Bounds {
  const grain = grainOf(dimension)
  if (!grain) return { start: undefined, end: undefined }
  const startOf = (value: string | undefined): string | undefined =>
    value === undefined ? undefined : timeText(dimension, partitionStart(grain, value))
  return first === undefined
    ? { start: startOf(dimension.start), end: startOf(dimension.end) }
    : { start: startOf(first), end: timeText(dimension, partitionEnd(grain, last!)) }
}

/** How many values a range has, both ends included. */
export function countValues(dimension: Dimension, first: string, last: string): number {
  const grain = grainOf(dimension)
  return grain ? countPartitions(grain, first, last) : 1
}

/** The values of a range of time, both ends included, in order. */
export function valuesBetween(dimension: Dimension, first: string, last: string): readonly string[] {
  const grain = grainOf(dimension)
  if (!grain) return [first]
  const values: string[] = []
  for (let value = first; value <= last; value = nextPartition(grain, value)) values.push(value)
  return values
}

/** The value that a moment belongs to: that of now is the last that may exist. Undefined for a static dimension. */
export function currentValue(dimension: Dimension, now: Date): string | undefined {
  const grain = grainOf(dimension)
  if (!grain) return undefined
  const { timeZone = 'UTC' } = dimension
  const at = now.getTime()
  return partitionAt(grain, grain.timeZone === undefined ? wallOf({ timeZone }, at) : at)
}

/** The last value whose time is over. */
export function lastCompleteValue(dimension: Dimension, now: Date): string | undefined {
  const current = currentValue(dimension, now)
  if (current === undefined) return undefined
  const grain = grainOf(dimension)!
  return partitionAt(grain, partitionStart(grain, current) - 1)
}

const forms = {
  hourly: ['an hour', 'YYYY-MM-DDTHH'],
  daily: ['a day', 'YYYY-MM-DD'],
  weekly: ['a week', 'its first day, YYYY-MM-DD'],
  monthly: ['a month', 'YYYY-MM'],
} as const

/**
 * Why a value is none of a dimension, as the end of a sentence; undefined when it is one. Bounds and clock are left out.
 */
function partitionProblem(dimension: Dimension, value: string): string | undefined {
  const { kind, values = [] } = dimension
  if (kind === 'static')
    return values.includes(value)
      ? undefined
      : `there are ${values.slice(0, 20).join(', ')}${values.length > 20 ? ' …' : ''}.${didYouMean(value, values)}`
  const grain = grainOf(dimension)!
  const [what, form] = forms[kind]
  if (!hasForm(grain, value)) return `write ${form}`
  if (isPartition(grain, value)) return undefined
  const start = partitionStart(grain, value)
  if (kind === 'weekly' && !Number.isNaN(start))
    return `it does not begin there, but on ${partitionAt(grain, start)}`
  return `the calendar has no such ${what.split(' ')[1]!}`
}

/**
 * Checks that a key names a partition that may exist.
 * @throws PARTITION_UNKNOWN
 */
export function checkPartition(asset: Partitioned, key: PartitionKey, now: Date = new Date()): void {
  const names = asset.partitions.map(({ column }) => column)
  for (const name of Object.keys(key)) {
    if (!names.includes(name)) {
      throw new LevadaError(
        'PARTITION_UNKNOWN',
        `'${asset.name}' has no partition dimension '${name}'; it has ${names.join(', ') || 'none'}.${didYouMean(name, names)}`,
        {
          hint:
            names.length > 0 ? `Write ${names.map((n) => `${n}=…`).join(',')}.` : 'Leave the partition out.',
        },
      )
    }
  }
  for (const dimension of dimensionsOf(asset)) {
    const value = key[dimension.column]
    if (value === undefined)
      throw new LevadaError(
        'PARTITION_UNKNOWN',
        `A partition of '${asset.name}' needs a value for '${dimension.column}'.`,
        { hint: `Write ${names.map((n) => `${n}=…`).join(',')}.` },
      )
    checkValue(asset.name, dimension, value, now)
  }
}

/** @throws PARTITION_UNKNOWN */
export function checkValue(asset: string, dimension: Dimension, value: string, now: Date): void {
  const { column, kind, start, end } = dimension
  const place = `'${asset}'.${column}`
  const problem = partitionProblem(dimension, value)
  if (problem !== undefined) {
    const what = kind === 'static' ? 'a value' : forms[kind][0]
    const hint =
      kind === 'static' || problem.startsWith('the calendar') ? `Name ${what} that exists.` : undefined
    throw new LevadaError(
      'PARTITION_UNKNOWN',
      `'${value}' is not ${what} of ${place}: ${problem}${problem.endsWith('?') || problem.endsWith('.') ? '' : '.'}`,
      hint === undefined ? {} : { hint },
    )
  }
  if ((start !== undefined && value < start) || (end !== undefined && value >= end))
    throw new LevadaError(
      'PARTITION_UNKNOWN',
      `'${value}' lies outside the bounds of ${place}: ${[start !== undefined && `they start with ${start}`, end !== undefined && `${start === undefined ? 'they ' : ''}end before ${end}`].filter(Boolean).join(' and ')}.`,
      {
        hint: 'Name one inside of the bounds, or change start and end where the asset declares its partitions.',
      },
    )
  const current = end === undefined ? currentValue(dimension, now) : undefined
  if (current !== undefined && value > current)
    throw new LevadaError(
      'PARTITION_UNKNOWN',
      `'${value}' of ${place} lies in the future; the last that has begun is ${current}.`,
      { hint: `End with ${current}, or give the dimension an end, up to which partitions may exist.` },
    )
}

/** `flight_date=2001-03-04`, dimensions in the order of the asset: a text that identifies a partition. */
export const partitionId = (dimensions: readonly string[], key: PartitionKey): string =>
  dimensions.map((name) => `${name}=${encodeURIComponent(key[name] ?? '')}`).join('/')

/** What values of a dimension some keys have, in order. */
export const valuesOf = (column: string, keys: readonly PartitionKey[]): readonly string[] =>
  [...new Set(keys.map((key) => key[column]!))].toSorted()

const isTimeText = (text: string): boolean => /^\d{4}-\d\d(-\d\d(T\d\d([+-]\d\d:\d\d)?)?)?$/.test(text)

/**
 * Partitions as the command line takes them: `flight_date=2001-01-01..2001-03-31,region=west`.
 * @param keys one, or all combinations of the values that each dimension has
 */
export function partitionText(dimensions: readonly string[], keys: readonly PartitionKey[]): string {
  const parts = dimensions.flatMap((name) => {
    const values = valuesOf(name, keys)
    return values.length > 1 && values.every(isTimeText)
      ? [`${name}=${values[0]}..${values.at(-1)}`]
      : values.map((value) => `${name}=${value}`)
  })
  return parts.join(',')
}

const fitting: Readonly<Record<PartitionKind, readonly [readonly ColumnType['kind'][], string]>> = {
  hourly: [['timestamp', 'instant'], 'col.timestamp() or col.instant()'],
  daily: [['date', 'timestamp', 'instant'], 'col.date(), col.timestamp() or col.instant()'],
  weekly: [['date', 'timestamp', 'instant'], 'col.date(), col.timestamp() or col.instant()'],
  monthly: [['date', 'timestamp', 'instant'], 'col.date(), col.timestamp() or col.instant()'],
  static: [['string', 'enum', 'int'], 'z.string(), z.enum() or z.int()'],
}
const longest = { hourly: 60, daily: 24, weekly: 7, monthly: 28 } as const

/**
 * Checks the dimensions of an asset against its columns.
 * @throws COLUMN_UNKNOWN, PARTITION_INVALID
 */
export function checkDimensions(
  asset: string,
  columns: readonly Column[],
  dimensions: readonly Partition[],
): void {
  for (const { column, kind } of dimensions) {
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
    const [kinds, says] = fitting[kind]
    if (!kinds.includes(found.type.kind) || found.nullable)
      throw new LevadaError(
        'PARTITION_INVALID',
        `'${asset}' is partitioned ${kind === 'static' ? 'by values of' : `${kind} by`} '${column}', which is not a non-null ${says} column.`,
      )
  }
  for (const dimension of dimensionsOf({ columns, partitions: dimensions })) checkDimension(asset, dimension)
  const twice = dimensions.find(({ column }, i) => dimensions.findIndex((d) => d.column === column) !== i)
  if (twice)
    throw new LevadaError('PARTITION_INVALID', `'${asset}' is partitioned by '${twice.column}' twice.`)
}

function checkDimension(asset: string, dimension: Dimension): void {
  const { column, kind, type, start, end, timeZone, offset, values = [] } = dimension
  const invalid = (why: string, hint?: string): LevadaError =>
    new LevadaError('PARTITION_INVALID', `'${asset}'.${column}: ${why}.`, hint === undefined ? {} : { hint })
  if (kind === 'static') {
    if (values.length === 0) throw invalid('it has no values', 'List the values that may exist.')
    const twice = values.find((value, i) => values.indexOf(value) !== i)
    if (twice !== undefined) throw invalid(`the value '${twice}' is there twice`, 'List it once.')
    const odd = values.find((value) =>
      type.kind === 'int'
        ? !/^(0|-?[1-9]\d*)$/.test(value)
        : type.kind === 'enum' && !type.values.includes(value),
    )
    if (odd !== undefined)
      throw invalid(`'${odd}' is no value of the column`, 'List values that the column can have.')
    return
  }
  if (type.kind === 'instant' && timeZone === undefined)
    throw invalid(
      'a column of instants needs a time zone, which says when its partitions begin',
      `Write ${kind}('${column}', { timeZone: 'UTC' }), or another zone.`,
    )
  if (timeZone !== undefined && !isTimeZone(timeZone))
    throw invalid(`'${timeZone}' is no time zone`, "Write its IANA name, as 'Europe/Lisbon' or 'UTC'.")
  if (offset !== undefined && !(Number.isInteger(offset) && offset >= 0 && offset < longest[kind]))
    throw invalid(
      `the offset ${offset} is none of 0 to ${longest[kind] - 1}`,
      'Write a whole number of those.',
    )
  if (offset !== undefined && kind === 'daily' && type.kind === 'date')
    throw invalid('days of a date have no offset', 'Leave offset out, or partition by a timestamp.')
  for (const bound of [start, end]) {
    const problem = bound === undefined ? undefined : partitionProblem(dimension, bound)
    if (problem !== undefined)
      throw invalid(`'${bound}' is not ${forms[kind][0]}, ${problem}`, `Write a bound as ${forms[kind][1]}.`)
  }
  if (start !== undefined && end !== undefined && start >= end)
    throw invalid(`start ${start} does not lie before end ${end}`)
}
