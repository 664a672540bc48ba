import {
  checkPartition,
  countValues,
  valuesBetween,
  type AnyAsset,
  type Partition,
  type PartitionKey,
} from '../asset/index.ts'
import { LevadaError } from '../errors/index.ts'

/** Values of one dimension, both ends included. */
export interface PartitionRange {
  readonly from: string
  readonly to: string
}

/**
 * Which partitions a plan is for: `2001-03-04`, `2001-01-01..2001-03-31`, `flight_date=2001-03-04,region=west`; or values and
 * ranges by dimension.
 */
export type PartitionRequest = string | Readonly<Record<string, string | PartitionRange>>

/** Ranges by dimension; under the empty name the one that is written without. */
type Ranges = ReadonlyMap<string, PartitionRange>

/** A step writes no more, so that neither its statement nor its manifest gets out of hand. */
const most = 10_000

/** @throws PARTITION_UNKNOWN */
function rangesOf(request: PartitionRequest): Ranges {
  if (typeof request !== 'string')
    return new Map(
      Object.entries(request).map(([name, range]) => [
        name,
        typeof range === 'string' ? { from: range, to: range } : range,
      ]),
    )
  const ranges = new Map<string, PartitionRange>()
  for (const part of request.split(',')) {
    const at = part.indexOf('=')
    const name = part.slice(0, Math.max(0, at)).trim()
    const [from, to = from] = part.slice(at + 1).split('..', 2) as [string, string?]
    if (at >= 0 && name === '') throw unreadable(request, `'${part.trim()}' names no dimension`)
    if (ranges.has(name))
      throw unreadable(request, name === '' ? 'there are two without a name' : `'${name}' is there twice`)
    ranges.set(name, { from: from.trim(), to: to!.trim() })
  }
  return ranges
}

const unreadable = (request: string, why: string): LevadaError =>
  new LevadaError('PARTITION_UNKNOWN', `'${request}' is no partition: ${why}.`, {
    hint: 'Write 2001-03-04, 2001-01-01..2001-03-31, or flight_date=2001-03-04,region=west.',
  })

/**
 * The partitions that a step writes; undefined when its outputs have none, so that they are replaced as a whole.
 * @throws PARTITION_UNKNOWN
 */
export function partitionsFor(
  request: PartitionRequest,
  outputs: readonly AnyAsset[],
): readonly PartitionKey[] | undefined {
  const partitioned = outputs.filter(({ partitions }) => partitions.length > 0)
  const [first] = partitioned
  if (!first) return undefined
  const given = rangesOf(request)
  const dimensions = first.partitions
  const only = dimensions.length === 1 ? dimensions[0]!.column : ''
  const ranges: Ranges = new Map([...given].map(([name, range]) => [name === '' ? only : name, range]))
  for (const end of ['from', 'to'] as const) {
    const key = Object.fromEntries([...ranges].map(([name, range]) => [name, range[end]]))
    for (const output of partitioned) checkPartition(output.name, output.partitions, key)
  }
  return product(first.name, dimensions, ranges)
}

function product(asset: string, dimensions: readonly Partition[], ranges: Ranges): readonly PartitionKey[] {
  let count = 1
  for (const dimension of dimensions) {
    const { from, to } = ranges.get(dimension.column)!
    if (from > to)
      throw new LevadaError(
        'PARTITION_UNKNOWN',
        `The range ${from}..${to} of '${asset}'.${dimension.column} is reversed.`,
        { hint: `Write the earlier one first: ${to}..${from}.` },
      )
    count *= countValues(dimension, from, to)
  }
  if (count > most)
    throw new LevadaError(
      'PARTITION_UNKNOWN',
      `These are ${count} partitions of '${asset}'; a step writes ${most} at most.`,
      { hint: 'Name a shorter range, or several one after the other.' },
    )
  let keys: readonly PartitionKey[] = [{}]
  for (const dimension of dimensions) {
    const { from, to } = ranges.get(dimension.column)!
    const values = valuesBetween(dimension, from, to)
    keys = keys.flatMap((key) => values.map((value) => ({ ...key, [dimension.column]: value })))
  }
  return keys
}

/** The partitions of an input whose dimensions are all among those of the step; otherwise all of it is read. */
export function mapPartitions(
  input: AnyAsset,
  outputs: readonly AnyAsset[],
  partitions: readonly PartitionKey[] | undefined,
): readonly PartitionKey[] | undefined {
  const dimensions = outputs.flatMap((output) => output.partitions)
  const same = input.partitions.every(({ column, kind }) =>
    dimensions.some((d) => d.column === column && d.kind === kind),
  )
  if (!partitions || input.partitions.length === 0 || !same) return undefined
  const keys = partitions.map((key) =>
    Object.fromEntries(input.partitions.map(({ column }) => [column, key[column]!])),
  )
  return [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()]
}
