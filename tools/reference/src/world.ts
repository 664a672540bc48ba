/** A value of a time dimension covers hours; one of a static dimension covers none. Both by brute force: no arithmetic on grains. */
export type Kind = 'hourly' | 'daily' | 'weekly' | 'monthly' | 'static'

export interface Dimension {
  readonly column: string
  readonly kind: Kind
  /** All that may exist, in order. */
  readonly values: readonly string[]
}

/** A partition: a value by dimension. The one of an asset without dimensions is `{}`. */
export type Key = Readonly<Record<string, string>>

export interface Asset {
  readonly name: string
  readonly tags: readonly string[]
  readonly owner: string
  readonly dimensions: readonly Dimension[]
}

/**
 * Which values of an input's dimension are read for a value of an output's: those that are equal or share an hour, and as many before
 * the first (negative) and after the last of them; or all.
 */
export type Mapping =
  | { readonly kind: 'window'; readonly of: string; readonly first: number; readonly last: number }
  | { readonly kind: 'all' }

export interface Read {
  readonly asset: string
  /** By dimension of the input. */
  readonly by: Readonly<Record<string, Mapping>>
}

export interface Node {
  readonly pipeline: string
  readonly name: string
  readonly reads: readonly Read[]
  readonly writes: readonly string[]
}

export interface World {
  readonly assets: ReadonlyMap<string, Asset>
  readonly sources: ReadonlySet<string>
  readonly nodes: readonly Node[]
}

export const idOf = ({ pipeline, name }: Node): string => `${pipeline}/${name}`

const two = (n: number): string => String(n).padStart(2, '0')

/** The value that an hour belongs to, in UTC. */
function valueAt(kind: Exclude<Kind, 'static'>, hour: number): string {
  let at = new Date(hour * 3_600_000)
  if (kind === 'weekly') while (at.getUTCDay() !== 1) at = new Date(at.getTime() - 3_600_000 * 24)
  const month = `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}`
  const day = `${month}-${two(at.getUTCDate())}`
  return kind === 'monthly' ? month : kind === 'hourly' ? `${day}T${two(at.getUTCHours())}` : day
}

/** The hours that a value covers. */
const hoursOf = (kind: Exclude<Kind, 'static'>, value: string): ReadonlySet<number> =>
  hoursBy[kind].get(value)!

/** Whole months and weeks around those that the worlds play in. */
const allHours: readonly number[] = Array.from(
  { length: 175 * 24 },
  (_, i) => Date.UTC(2021, 0, 4) / 3_600_000 + i,
)
const byHour = (kind: Exclude<Kind, 'static'>): ReadonlyMap<string, ReadonlySet<number>> => {
  const found = new Map<string, Set<number>>()
  for (const hour of allHours) {
    const value = valueAt(kind, hour)
    found.set(value, (found.get(value) ?? new Set()).add(hour))
  }
  return found
}
const hoursBy: Readonly<Record<Exclude<Kind, 'static'>, ReadonlyMap<string, ReadonlySet<number>>>> = {
  hourly: byHour('hourly'),
  daily: byHour('daily'),
  weekly: byHour('weekly'),
  monthly: byHour('monthly'),
}

const lists = {
  hourly: [...hoursBy.hourly.keys()],
  daily: [...hoursBy.daily.keys()],
  weekly: [...hoursBy.weekly.keys()],
  monthly: [...hoursBy.monthly.keys()],
} as const
export const valuesOf = (kind: Exclude<Kind, 'static'>): readonly string[] => lists[kind]

const places = new Map(
  Object.entries(lists).map(([kind, all]) => [kind, new Map(all.map((each, i) => [each, i]))]),
)
const sharing = new Map<string, readonly [number, number]>()

/** The first and the last of the values of one kind that share an hour with one of another kind, by place. */
function sharedPlaces(
  kind: Exclude<Kind, 'static'>,
  other: Exclude<Kind, 'static'>,
  value: string,
): readonly [number, number] {
  const name = `${kind} ${other} ${value}`
  const known = sharing.get(name)
  if (known) return known
  const hours = hoursOf(other, value)
  const shared = valuesOf(kind).flatMap((each, i) =>
    [...hoursOf(kind, each)].some((hour) => hours.has(hour)) ? [i] : [],
  )
  const found = [Math.min(...shared), Math.max(...shared)] as const
  sharing.set(name, found)
  return found
}

/** Whether two values, maybe of two kinds, share an hour. */
export function shareTime(
  [kind, value]: readonly [Exclude<Kind, 'static'>, string],
  [other, its]: readonly [Exclude<Kind, 'static'>, string],
): boolean {
  const [first, last] = sharedPlaces(kind, other, its)
  const at = places.get(kind)!.get(value)!
  return at >= first && at <= last
}

/** Every combination of values. */
export function keysOf({ dimensions }: Asset): readonly Key[] {
  let keys: readonly Key[] = [{}]
  for (const { column, values } of dimensions)
    keys = keys.flatMap((key) => values.map((value) => ({ ...key, [column]: value })))
  return keys
}

/** Names a partition, whatever the order of its dimensions. */
export const nameOf = (key: Key): string =>
  Object.keys(key)
    .toSorted()
    .map((column) => `${column}=${key[column]}`)
    .join(',')

/** Whether a partition of an input is read for one of an output; everything is, for an output that is written as a whole. */
export function isRead(read: Read, input: Asset, inKey: Key, output: Asset, outKey: Key | 'whole'): boolean {
  if (outKey === 'whole') return true
  return input.dimensions.every((dimension) => {
    const mapping = read.by[dimension.column]!
    if (mapping.kind === 'all') return true
    const other = output.dimensions.find(({ column }) => column === mapping.of)
    if (!other) return true
    const mine = inKey[dimension.column]!
    const theirs = outKey[other.column]!
    if (dimension.kind === 'static' || other.kind === 'static') return mine === theirs
    const [first, last] = sharedPlaces(dimension.kind, other.kind, theirs)
    const at = places.get(dimension.kind)!.get(mine)!
    return at >= first + mapping.first && at <= last + mapping.last
  })
}
