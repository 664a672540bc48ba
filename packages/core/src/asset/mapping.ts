import { didYouMean, LevadaError } from '../errors/index.ts'
import {
  momentOf,
  nextPartition,
  partitionAt,
  partitionEnd,
  partitionStart,
  wallOf,
  type Grain,
} from './calendar.ts'
import { oncePerList } from './once.ts'
import { grainOf, type Dimension, type PartitionKey } from './partition.ts'

/** How the values of one dimension of an input follow from the partition that a step writes. */
export type DimensionMapping =
  | {
      readonly kind: 'window'
      /** Partitions of the input before the first (negative) or after it. */
      readonly first: number
      /** The same of the last. */
      readonly last: number
      /** The dimension of the output. */
      readonly of?: string
    }
  | { readonly kind: 'all' }

/** Mappings by dimension of the input; those that are missing are inferred. */
export type PartitionMapping = Readonly<Record<string, DimensionMapping>>

/**
 * The partitions of an input that share time with those of the step, and as many before and after them: `window(-6, 0)` are
 * the last seven days of a day.
 * @param first in partitions of the input, from the first that belongs to the step
 * @param last the same from the last; `window(-1, -1)` is the day before
 * @param of the dimension of the output, when it has another name
 */
export function window(first: number, last: number, of?: string): DimensionMapping {
  if (!Number.isInteger(first) || !Number.isInteger(last) || first > last)
    throw new RangeError(`window(${first}, ${last}) is none: two whole numbers, the smaller first`)
  return { kind: 'window', first, last, ...(of !== undefined && { of }) }
}

/** The partitions that belong to another dimension of the output: of the same time, or of the same value. */
export const sameAs = (of: string): DimensionMapping => ({ kind: 'window', first: 0, last: 0, of })

/** All partitions along a dimension, whatever the step writes. */
export const allPartitions = (): DimensionMapping => ({ kind: 'all' })

/** What one dimension of an input follows from; `of` is none when all of it is read. */
export interface ResolvedDimension {
  readonly input: Dimension
  readonly of: Dimension | undefined
  readonly first: number
  readonly last: number
}

/** What an input's partitions follow from, dimension by dimension. */
export type ResolvedMapping = readonly ResolvedDimension[]

const isTime = ({ kind }: Dimension): boolean => kind !== 'static'

export interface MappingNames {
  /** The node that reads. */
  readonly node: string
  /** The asset that is read. */
  readonly asset: string
}

/**
 * What the partitions that a node reads follow from: what its input says, or else the dimension of the same name. One without
 * such a name is read wholly, unless it could as well be meant to follow from another one.
 * @throws PARTITION_MAPPING
 */
export function resolveMapping(
  inputs: readonly Dimension[],
  outputs: readonly Dimension[],
  given: PartitionMapping,
  names: MappingNames,
): ResolvedMapping {
  const columns = inputs.map(({ column }) => column)
  for (const name of Object.keys(given))
    if (!columns.includes(name))
      throw problem(
        names,
        `'${names.asset}' has no partition dimension '${name}'; it has ${columns.join(', ') || 'none'}.${didYouMean(name, columns)}`,
        'Name a dimension of the input, or leave it out.',
      )
  return inputs.map((input) => {
    const mapping = given[input.column]
    return mapping ? resolveGiven(input, outputs, mapping, names) : infer(input, inputs, outputs, names)
  })
}

function resolveGiven(
  input: Dimension,
  outputs: readonly Dimension[],
  mapping: DimensionMapping,
  names: MappingNames,
): ResolvedDimension {
  if (mapping.kind === 'all') return { input, of: undefined, first: 0, last: 0 }
  const { first, last, of: name = input.column } = mapping
  const of = outputs.find(({ column }) => column === name)
  if (!of)
    throw problem(
      names,
      `it maps '${names.asset}'.${input.column} from '${name}', which is no partition dimension of what it writes; there are ${outputs.map(({ column }) => column).join(', ') || 'none'}.`,
      'Name a dimension of the output, or write allPartitions().',
    )
  if (isTime(of) !== isTime(input) || (!isTime(input) && (first !== 0 || last !== 0)))
    throw problem(
      names,
      `'${names.asset}'.${input.column} is ${input.kind} and cannot be mapped ${first === 0 && last === 0 ? '' : `by a window `}from ${of.kind} '${of.column}'.`,
      `Write mapped(…, { ${input.column}: allPartitions() }).`,
    )
  return { input, of, first, last }
}

function infer(
  input: Dimension,
  inputs: readonly Dimension[],
  outputs: readonly Dimension[],
  names: MappingNames,
): ResolvedDimension {
  const { column } = input
  const of = outputs.find((output) => output.column === column)
  if (of && isTime(of) === isTime(input)) return { input, of, first: 0, last: 0 }
  const alike = of
    ? [of]
    : outputs.filter(
        (output) =>
          !inputs.some((each) => each.column === output.column) &&
          (isTime(input) ? isTime(output) : sameValues(input, output)),
      )
  if (alike.length === 0) return { input, of: undefined, first: 0, last: 0 }
  const ways = alike
    .filter((output) => isTime(output) === isTime(input))
    .map((output) => `sameAs('${output.column}')`)
  throw problem(
    names,
    `it reads '${names.asset}', which is partitioned ${input.kind === 'static' ? 'by' : `${input.kind} by`} ${column}, and writes partitions of ${alike.map((output) => output.column).join(', ')}: which of them it reads for one is not clear.`,
    `Write as the input ${[...ways, 'allPartitions()'].map((way) => `mapped(…, { ${column}: ${way} })`).join(' or ')}.`,
  )
}

const sameValues = (a: Dimension, b: Dimension): boolean =>
  b.kind === 'static' && new Set(a.values).symmetricDifference(new Set(b.values)).size === 0

const problem = ({ node }: MappingNames, why: string, hint: string): LevadaError =>
  new LevadaError('PARTITION_MAPPING', `Node '${node}': ${why}`, { hint, details: { node } })

/**
 * The partitions of an input that those of a step are made from; undefined for all. A dimension that a key lacks is read wholly.
 * Those that lie outside the bounds of the input are left out.
 */
export function mapPartitions(
  mapping: ResolvedMapping,
  keys: readonly PartitionKey[] | undefined,
): readonly PartitionKey[] | undefined {
  return !keys || mapping.every(({ of }) => !of) ? undefined : mappedKeys(keys, mapping)
}

const mappedKeys = oncePerList((keys, mapping: ResolvedMapping) =>
  combine(mapping, keys, (dimension) => {
    const { of } = dimension
    return of ? [of.column, (value) => readFor({ ...dimension, of }, value)] : undefined
  }),
)

/** The partitions of a step that read any of these partitions of an input: the inverse of {@link mapPartitions}. */
export function readersOf(
  mapping: ResolvedMapping,
  outputs: readonly Dimension[],
  keys: readonly PartitionKey[],
): readonly PartitionKey[] {
  const ways = outputs.map((output) => ({
    input: output,
    from: mapping.filter(({ of }) => of?.column === output.column),
  }))
  const found = keys.flatMap((key) =>
    combine(ways, [key], ({ input: output, from }) => {
      const [one, ...others] = from
      if (!one) return undefined
      return [
        one.input.column,
        (value) => {
          const sets = others.map((other) => new Set(readingOf(other, output, key[other.input.column]!)))
          return readingOf(one, output, value).filter((each) => sets.every((set) => set.has(each)))
        },
      ]
    }),
  )
  return unique(found)
}

/** All combinations of what each dimension has for a key, of all keys together. */
function combine<D extends { readonly input: Dimension }>(
  dimensions: readonly D[],
  keys: readonly PartitionKey[],
  valuesFor: (dimension: D) => readonly [string, (value: string) => readonly string[]] | undefined,
): readonly PartitionKey[] {
  const ways = dimensions.map((dimension) => {
    const known = new Map<string, readonly string[]>()
    const way = valuesFor(dimension)
    const { values } = dimension.input
    return (key: PartitionKey): readonly string[] | undefined => {
      // Static values are few; of time there is no end.
      if (!way || key[way[0]] === undefined) return values
      const value = key[way[0]]!
      const found = known.get(value) ?? way[1](value)
      known.set(value, found)
      return found
    }
  })
  return unique(
    keys.flatMap((key) => {
      let made: readonly PartitionKey[] = [{}]
      dimensions.forEach(({ input: { column } }, i) => {
        const values = ways[i]!(key)
        if (values) made = made.flatMap((one) => values.map((value) => ({ ...one, [column]: value })))
      })
      return made
    }),
  )
}

const unique = (keys: readonly PartitionKey[]): readonly PartitionKey[] => [
  ...new Map(keys.map((key) => [JSON.stringify(key), key])).values(),
]

/** A time of one dimension as that of another: a moment, or what the clock on the wall shows. */
function convert(from: Dimension, to: Dimension, at: number): number {
  const [isMoment, wantsMoment] = [from.type.kind === 'instant', to.type.kind === 'instant']
  if (isMoment === wantsMoment) return at
  return isMoment
    ? wallOf({ timeZone: to.timeZone ?? from.timeZone! }, at)
    : momentOf({ timeZone: from.timeZone ?? to.timeZone! }, at)
}

/** The partitions of `to` that share time with some of `from`, a range with both of its ends. */
function sharing(from: Dimension, to: Dimension, low: string, high: string): readonly [string, string] {
  const [grain, other] = [grainOf(from)!, grainOf(to)!]
  const start = convert(from, to, partitionStart(grain, low))
  const end = convert(from, to, partitionEnd(grain, high) - 1)
  return [partitionAt(other, start), partitionAt(other, end)]
}

function within(dimension: Dimension, low: string, high: string): readonly string[] {
  const { start, end } = dimension
  const values: string[] = []
  const grain = grainOf(dimension)!
  for (let each = low; each <= high; each = nextPartition(grain, each))
    if ((start === undefined || each >= start) && (end === undefined || each < end)) values.push(each)
  return values
}

/** Whether values of both mean the same time. */
const isSameTime = (a: Dimension, b: Dimension): boolean =>
  a.kind === b.kind &&
  a.type.kind === b.type.kind &&
  a.timeZone === b.timeZone &&
  (a.offset ?? 0) === (b.offset ?? 0)

const sameValue = (to: Dimension, value: string): readonly string[] =>
  to.values?.includes(value) === false ? [] : [value]

/** What is read of an input for one value of the output. */
function readFor(
  { input, of, first, last }: ResolvedDimension & { readonly of: Dimension },
  value: string,
): readonly string[] {
  const grain = grainOf(input)
  if (!grain) return sameValue(input, value)
  if (first === 0 && last === 0 && isSameTime(input, of)) return within(input, value, value)
  const [low, high] = sharing(of, input, value, value)
  return within(input, shift(grain, low, first), shift(grain, high, last))
}

/** The values of the output that read one of the input. */
function readingOf(
  { input, first, last }: ResolvedDimension,
  output: Dimension,
  value: string,
): readonly string[] {
  const grain = grainOf(input)
  if (!grain) return sameValue(output, value)
  const [low, high] = sharing(input, output, shift(grain, value, -last), shift(grain, value, -first))
  return within(output, low, high)
}

function shift(grain: Grain, value: string, by: number): string {
  let moved = value
  for (let i = 0; i < by; i++) moved = nextPartition(grain, moved)
  for (let i = 0; i > by; i--) moved = partitionAt(grain, partitionStart(grain, moved) - 1)
  return moved
}
