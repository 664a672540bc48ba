import {
  checkPartition,
  checkValue,
  countValues,
  currentValue,
  dimensionsOf,
  grainOf,
  hasForm,
  isPartition,
  lastCompleteValue,
  partitionAt,
  partitionEnd,
  partitionStart,
  valuesBetween,
  type AnyAsset,
  type Dimension,
  type Grain,
  type PartitionKey,
} from '../asset/index.ts'
import { didYouMean, LevadaError } from '../errors/index.ts'

/** Values of one dimension, both ends included. */
export interface PartitionRange {
  readonly from: string
  readonly to: string
}

/**
 * Which partitions a plan is for: `2001-03-04`, `2001-01-01..2001-03-31`, `flight_date=2001-03-04,region=west`; or the same by
 * dimension, with several values of static ones. A time of another grain stands for the partitions that share time with it.
 */
export type PartitionRequest = string | Readonly<Record<string, string | PartitionRange | readonly string[]>>

/** What is asked of each dimension; under the empty name what is written without one. */
type Asked = ReadonlyMap<string, readonly string[]>

/** A step writes no more, so that neither its statement nor its manifest gets out of hand. */
export const mostInStep = 10_000
/** In chunks it may be more, as long as a manifest can list them. */
const mostInChunks = 100_000

/** What is meant by partitions that are not named. */
export interface RangeOptions {
  /** What begins later does not exist yet. @default now */
  readonly now?: Date
  /** All that may exist and are over are meant where none are named, and `2001-01-01..` ends with them. */
  readonly backfill?: boolean
}

/** @throws PARTITION_UNKNOWN */
function askedOf(request: PartitionRequest): Asked {
  if (typeof request !== 'string')
    return new Map(
      Object.entries(request).map(([name, value]) => [
        name,
        typeof value === 'string' ? [value] : 'from' in value ? [`${value.from}..${value.to}`] : value,
      ]),
    )
  const asked = new Map<string, string[]>()
  for (const part of request.split(',')) {
    const at = part.indexOf('=')
    const name = part.slice(0, Math.max(0, at)).trim()
    if (at >= 0 && name === '') throw unreadable(request, `'${part.trim()}' names no dimension`)
    asked.set(name, [...(asked.get(name) ?? []), part.slice(at + 1).trim()])
  }
  return asked
}

/** As the command line takes it. */
export const requestText = (request: PartitionRequest): string =>
  typeof request === 'string'
    ? request
    : [...askedOf(request)].flatMap(([name, values]) => values.map((value) => `${name}=${value}`)).join(',')

const unreadable = (
  request: string,
  why: string,
  hint: string = 'Write 2001-03-04, 2001-01-01..2001-03-31, or flight_date=2001-03-04,region=west.',
): LevadaError => new LevadaError('PARTITION_UNKNOWN', `'${request}' is no partition: ${why}.`, { hint })

/** Fails when no asset is partitioned, or a name of the request is no dimension of any of them. @throws PARTITION_UNKNOWN */
export function checkRequest(request: PartitionRequest, assets: readonly AnyAsset[]): void {
  const names = [...new Set(assets.flatMap(({ partitions }) => partitions.map(({ column }) => column)))]
  if (names.length === 0)
    throw new LevadaError(
      'PARTITION_UNKNOWN',
      `${requestText(request) === '' ? 'A backfill goes through partitions' : `--partition ${requestText(request)}`}: ${assets.length === 1 ? `'${assets[0]!.name}' is not` : 'no selected asset is'} partitioned.`,
      { hint: requestText(request) === '' ? 'Use levada run.' : 'Leave --partition out.' },
    )
  for (const name of askedOf(request).keys())
    if (name !== '' && !names.includes(name))
      throw new LevadaError(
        'PARTITION_UNKNOWN',
        assets.length === 1
          ? `'${assets[0]!.name}' has no partition dimension '${name}'; it has ${names.join(', ')}.${didYouMean(name, names)}`
          : `No selected asset has the partition dimension '${name}'; there are ${names.join(', ')}.${didYouMean(name, names)}`,
        { hint: `Write ${names.map((each) => `${each}=…`).join(',')}.` },
      )
}

/**
 * The partitions that a step writes; undefined when its outputs have none of the dimensions that are named, so that they are
 * replaced as a whole. Dimensions that are not named take all of their values.
 * @throws PARTITION_UNKNOWN
 */
export function partitionsFor(
  request: PartitionRequest,
  outputs: readonly AnyAsset[],
  { now = new Date(), backfill = false }: RangeOptions = {},
): readonly PartitionKey[] | undefined {
  const partitioned = outputs.filter(({ partitions }) => partitions.length > 0)
  const [asset] = partitioned
  if (!asset) return undefined
  const dimensions = dimensionsOf(asset)
  const asked = named(request, asset.name, dimensions)
  if (!backfill && !dimensions.some(({ column }) => asked.has(column))) return undefined
  const ranges = dimensions.map((dimension) =>
    dimension.kind === 'static'
      ? staticRange(asset.name, dimension, asked.get(dimension.column), now)
      : timeRange(asset.name, dimension, asked.get(dimension.column), { now, backfill }),
  )
  const count = countOf(ranges)
  const most = backfill ? mostInChunks : mostInStep
  if (count > most)
    throw new LevadaError(
      'PARTITION_UNKNOWN',
      `These are ${count} partitions of '${asset.name}'; ${backfill ? 'a backfill' : 'a step'} writes ${most} at most.`,
      {
        hint: backfill
          ? 'Name a shorter range, or partition the asset by longer times.'
          : 'Name a shorter range, or let levada backfill go through it in chunks.',
      },
    )
  const keys = combined(dimensions, ranges)
  // Other outputs have the same dimensions, maybe with other bounds.
  for (const output of partitioned.slice(1))
    for (const key of [keys[0]!, keys.at(-1)!]) checkPartition(output, key, now)
  return keys
}

/** All that may exist and has begun; undefined where time has no start, and where they are too many. */
export function possiblePartitions(
  asset: AnyAsset,
  now: Date,
  most: number = mostInStep,
): readonly PartitionKey[] | undefined {
  const dimensions = dimensionsOf(asset)
  if (dimensions.some(({ kind, start }) => kind !== 'static' && start === undefined)) return undefined
  const ranges = dimensions.map((dimension): Range => {
    const { values, start, end } = dimension
    if (values) return { count: values.length, values: () => values }
    const last = end === undefined ? currentValue(dimension, now)! : lastBefore(dimension, end)
    return last < start! ? { count: 0, values: () => [] } : rangeBetween(dimension, start!, last)
  })
  return countOf(ranges) > most ? undefined : combined(dimensions, ranges)
}

const countOf = (ranges: readonly Range[]): number =>
  ranges.reduce((product, { count }) => product * count, 1)

/** All combinations of the values of each dimension. */
const combined = (dimensions: readonly Dimension[], ranges: readonly Range[]): readonly PartitionKey[] =>
  ranges.reduce<readonly PartitionKey[]>(
    (made, { values }, i) => {
      const list = values()
      return made.flatMap((key) => list.map((value) => ({ ...key, [dimensions[i]!.column]: value })))
    },
    [{}],
  )

/** What is asked, by the dimensions of an asset: a value without a name is that of the only one, or of the only one of time. */
function named(request: PartitionRequest, asset: string, dimensions: readonly Dimension[]): Asked {
  const asked = new Map(askedOf(request))
  const bare = asked.get('')
  if (!bare) return asked
  asked.delete('')
  const times = dimensions.filter(({ kind }) => kind !== 'static')
  const [only, other] = dimensions.length === 1 ? dimensions : times
  if (!only) return asked
  const names = (other ? times : [only]).map(({ column }) => column)
  if (other || asked.has(only.column) || bare.length > 1)
    throw unreadable(
      requestText(request),
      other
        ? `'${asset}' has several dimensions of time: write ${names.map((name) => `${name}=…`).join(' or ')}`
        : `there are two for '${only.column}'`,
      other || asked.has(only.column)
        ? undefined
        : only.kind === 'static'
          ? `Write ${bare.map((value) => `${only.column}=${value}`).join(',')}.`
          : 'Write a range, 2001-03-04..2001-03-05, or run them one after the other.',
    )
  return asked.set(only.column, bare)
}

interface Range {
  readonly count: number
  readonly values: () => readonly string[]
}

function staticRange(
  asset: string,
  dimension: Dimension,
  texts: readonly string[] = dimension.values!,
  now: Date,
): Range {
  const values = [...new Set(texts)]
  for (const value of values) checkValue(asset, dimension, value, now)
  return { count: values.length, values: () => values }
}

function timeRange(
  asset: string,
  dimension: Dimension,
  texts: readonly string[] | undefined,
  options: Required<RangeOptions>,
): Range {
  const { column } = dimension
  if (texts && texts.length > 1)
    throw unreadable(
      texts.map((text) => `${column}=${text}`).join(','),
      `there are ${texts.length} values of '${column}'`,
      `Write one range, ${column}=2001-03-04..2001-03-05, or run them one after the other.`,
    )
  const { from, to } = texts
    ? rangeOf(asset, dimension, texts[0]!, options)
    : wholeRange(asset, dimension, options)
  return rangeBetween(dimension, from, to)
}

const rangeBetween = (dimension: Dimension, from: string, to: string): Range => ({
  count: countValues(dimension, from, to),
  values: () => valuesBetween(dimension, from, to),
})

/** All that may exist. @throws PARTITION_UNKNOWN */
function wholeRange(asset: string, dimension: Dimension, options: Required<RangeOptions>): PartitionRange {
  const { column, start } = dimension
  if (start === undefined)
    throw new LevadaError(
      'PARTITION_UNKNOWN',
      `A partition of '${asset}' needs a value for '${column}', which has no start.`,
      {
        hint: `Write ${column}=…, or a range of it${options.backfill ? ` such as ${column}=2001-01-01.. without an end` : ''}.`,
      },
    )
  return { from: start, to: lastOf(asset, dimension, start, options) }
}

/** The last one that may exist; in a backfill the last that is over. @throws PARTITION_UNKNOWN */
function lastOf(
  asset: string,
  dimension: Dimension,
  from: string,
  { now, backfill }: Required<RangeOptions>,
): string {
  const { column, end } = dimension
  const over = backfill ? lastCompleteValue(dimension, now)! : currentValue(dimension, now)!
  const bound = end === undefined ? undefined : lastBefore(dimension, end)
  const last = bound !== undefined && (!backfill || bound < over) ? bound : over
  if (last < from)
    throw new LevadaError(
      'PARTITION_UNKNOWN',
      `No partition of '${asset}'.${column} from ${from} on ${backfill ? 'is over' : 'has begun'} yet.`,
      {
        hint:
          from <= currentValue(dimension, now)!
            ? `Wait, or name it: --partition ${column}=${from}`
            : 'Wait, or begin with an earlier one.',
      },
    )
  return last
}

const lastBefore = (dimension: Dimension, end: string): string => {
  const grain = grainOf(dimension)!
  return partitionAt(grain, partitionStart(grain, end) - 1)
}

/** @throws PARTITION_UNKNOWN */
function rangeOf(
  asset: string,
  dimension: Dimension,
  text: string,
  options: Required<RangeOptions>,
): PartitionRange {
  const { now } = options
  const ends = text.split('..').map((end) => end.trim())
  const [first, given = first] = ends as [string, string?]
  const isOpen = given === '' && options.backfill
  if (ends.length > 2)
    throw unreadable(`${dimension.column}=${text}`, 'a range has a first and a last partition')
  if (ends.length === 2 && (first === '' || (given === '' && !isOpen)))
    throw openRange(`'${asset}'.${dimension.column}`, first, given)
  const begin = valueOf(dimension, first, 'first')
  const last =
    isOpen && isPartition(grainOf(dimension)!, begin) ? lastOf(asset, dimension, begin, options) : given
  const [low, high] = [valueOf(dimension, first, 'first'), valueOf(dimension, last!, 'last')]
  if (isTimeText(first) && isTimeText(last!) && low > high)
    throw new LevadaError(
      'PARTITION_UNKNOWN',
      `The range ${first}..${last} of '${asset}'.${dimension.column} is reversed.`,
      { hint: `Write the earlier one first: ${last}..${first}.` },
    )
  // What stands for several partitions means those of them that may exist.
  const [from, to] = clip(dimension, [low, low === first], [high, high === last], now)
  for (const value of [from, to]) checkValue(asset, dimension, value, now)
  return { from, to }
}

const openRange = (place: string, first: string, last: string): LevadaError =>
  new LevadaError(
    'PARTITION_UNKNOWN',
    `The range ${first}..${last} of ${place} has no ${first === '' ? 'first' : 'last'} partition.`,
    {
      hint:
        first === ''
          ? 'Write it before the dots: 2001-01-01..2001-03-31.'
          : `Write it after the dots; levada backfill takes ${first}.. and ends with the last that is over.`,
    },
  )

const grains: readonly Grain['kind'][] = ['hourly', 'daily', 'monthly']

const isTimeText = (text: string): boolean => grains.some((kind) => isPartition({ kind }, text))

/** A value as it stands, or the first or last partition that shares time with an hour, day or month. */
function valueOf(dimension: Dimension, text: string, end: 'first' | 'last'): string {
  const grain = grainOf(dimension)!
  if (isPartition(grain, text)) return text
  const { timeZone } = grain
  const other = grains
    .map((kind): Grain => ({ kind, ...(timeZone !== undefined && { timeZone }) }))
    .find((each) => (each.kind !== grain.kind || grain.offset !== undefined) && isPartition(each, text))
  if (!other || (hasForm(grain, text) && grain.kind !== 'weekly')) return text
  return partitionAt(grain, end === 'first' ? partitionStart(other, text) : partitionEnd(other, text) - 1)
}

/** Both ends, moved into the bounds where they are not meant as they stand. */
function clip(
  dimension: Dimension,
  [low, lowIsMeant]: readonly [string, boolean],
  [high, highIsMeant]: readonly [string, boolean],
  now: Date,
): readonly [string, string] {
  const { start, end } = dimension
  const last = end === undefined ? currentValue(dimension, now)! : lastBefore(dimension, end)
  const from = !lowIsMeant && start !== undefined && low < start && start <= high ? start : low
  const to = !highIsMeant && high > last && last >= low ? last : high
  return [from, to]
}
