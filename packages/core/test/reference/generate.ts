import {
  type Random,
  type Request,
  type Factor,
  type Selection,
  valuesOf,
  type Asset,
  type Dimension,
  type Kind,
  type Mapping,
  type Node,
  type Read,
  type World,
} from '@levada/reference'

const regions = ['east', 'north', 'south', 'west'] as const
const kinds: readonly Exclude<Kind, 'static'>[] = ['hourly', 'daily', 'daily', 'weekly', 'monthly']

const maybe = <T>(random: Random, share: number, make: () => T): readonly T[] =>
  random.chance(share) ? [make()] : []

/** Some values in a row. */
function slice(random: Random, values: readonly string[], most: number): readonly string[] {
  const count = Math.min(values.length, 1 + random.int(most))
  const from = random.int(values.length - count + 1)
  return values.slice(from, from + count)
}

function dimensionsOf(random: Random): readonly Dimension[] {
  const time = (): Dimension => {
    const kind = random.pick(kinds)
    // Times that are near each other, or hardly any would meet.
    const [from, to] = { hourly: [660, 708], daily: [21, 42], weekly: [2, 7], monthly: [0, 2] }[kind]
    const near = valuesOf(kind).slice(from, to)
    return { column: 't', kind, values: slice(random, near, kind === 'hourly' ? 30 : 14) }
  }
  const place = (): Dimension => ({
    column: 'region',
    kind: 'static',
    values: regions.filter(() => random.chance(0.7)).concat('zenith' as never),
  })
  const dimensions = [...maybe(random, 0.7, time), ...maybe(random, 0.25, place)]
  return random.shuffle(dimensions)
}

function readOf(random: Random, input: Asset, output: readonly Dimension[] | undefined): Read {
  const by: Record<string, Mapping> = {}
  for (const { column, kind } of input.dimensions) {
    const other = output?.find((dimension) => dimension.column === column)
    if (!other || random.chance(0.1)) by[column] = { kind: 'all' }
    else if (kind === 'static' || random.chance(0.6))
      by[column] = { kind: 'window', of: column, first: 0, last: 0 }
    else {
      const first = random.int(4) - 3
      by[column] = { kind: 'window', of: column, first, last: first + random.int(3) }
    }
  }
  return { asset: input.name, by }
}

export function worldOf(random: Random): World {
  const assets = new Map<string, Asset>()
  const add = (name: string, dimensions: readonly Dimension[]): string => {
    const tags = ['one', 'two', 'three'].filter(() => random.chance(0.3))
    assets.set(name, { name, tags, owner: random.pick(['us', 'them']), dimensions })
    return name
  }
  const sources = new Set(Array.from({ length: 1 + random.int(2) }, (_, i) => add(`raw.s${i}`, [])))
  const nodes: Node[] = []
  const count = 2 + random.int(8)
  // Where all have the same partitions, one request may be for all of them.
  const shared = random.chance(0.5) ? dimensionsOf(random) : undefined
  for (let i = 0; i < count; i++) {
    const ends = random.chance(0.08)
    const dimensions = shared ? (random.chance(0.85) ? shared : []) : dimensionsOf(random)
    const inputs = random.shuffle([...assets.values()]).slice(0, random.int(4))
    const reads = inputs.map((input) => readOf(random, input, ends ? undefined : dimensions))
    if (ends && reads.length === 0) continue
    const domain = random.pick(['shop', 'air'])
    const writes = ends
      ? []
      : ['a', ...maybe(random, 0.2, () => 'b')].map((end) => add(`${domain}.n${i}${end}`, dimensions))
    nodes.push({ pipeline: random.pick(['first', 'second']), name: `make${i}`, reads, writes })
  }
  // What nobody reads is not in an app.
  const read = new Set(nodes.flatMap(({ reads }) => reads.map(({ asset }) => asset)))
  for (const name of sources) if (!read.has(name)) assets.delete(name)
  return { assets, sources: new Set([...sources].filter((name) => read.has(name))), nodes }
}

function factorOf(random: Random, { assets, nodes }: World, way: 'free' | 'none'): Factor {
  const named = [
    () => ({ kind: 'asset', value: random.pick([...assets.keys()]) }) as const,
    () => ({ kind: 'node', value: random.pick(nodes).name }) as const,
    () => ({ kind: 'glob', value: `${random.pick([...assets.keys()]).slice(0, -1)}*` }) as const,
  ]
  // A slice is by names only.
  if (way === 'none') return { names: random.pick(named)(), at: false, up: undefined, down: undefined }
  const names = random.pick<() => Factor['names']>([
    ...named,
    named[0]!,
    () => ({ kind: 'tag', value: random.pick(['one', 'two', 'three']) }),
    () => ({ kind: 'owner', value: random.pick(['us', 'them']) }),
    () => ({ kind: 'pipeline', value: random.pick(nodes).pipeline }),
    () => ({ kind: 'domain', value: random.pick([...assets.keys()]).split('.')[0]! }),
  ])()
  const far = (): number => random.pick([1, 2, Infinity])
  const at = random.chance(0.1)
  return {
    names,
    at,
    up: at || random.chance(0.65) ? undefined : far(),
    down: at || random.chance(0.65) ? undefined : far(),
  }
}

function selectionOf(random: Random, world: World): Selection {
  const some = <T>(most: number, make: () => T): T[] => Array.from({ length: random.int(most + 1) }, make)
  const term = (): Factor[] => [
    factorOf(random, world, 'free'),
    ...maybe(random, 0.3, () => factorOf(random, world, 'free')),
  ]
  if (random.chance(0.35)) return { terms: [], exclude: [], from: [], to: [] }
  return {
    terms: some(2, term),
    exclude: random.chance(0.3) ? [term()] : [],
    from: maybe(random, 0.15, () => factorOf(random, world, 'none')),
    to: maybe(random, 0.15, () => factorOf(random, world, 'none')),
  }
}

/** A request for partitions is one for those of a single asset where others have other dimensions. */
export function requestOf(random: Random, world: World): Request {
  const mode = random.pick(['changed', 'changed', 'changed', 'changed', 'force', 'missing'] as const)
  const partitioned = [...world.assets.values()].filter(({ dimensions }) => dimensions.length > 0)
  if (partitioned.length === 0 || random.chance(0.35))
    return { selection: selectionOf(random, world), partitions: undefined, mode }
  const { name, dimensions } = random.pick(partitioned)
  const partitions = Object.fromEntries(
    dimensions.map(({ column, kind, values }) => {
      if (kind === 'static') {
        const value = random.pick(values)
        return [column, [value, value] as const]
      }
      const [from, to] = [random.int(values.length), random.int(values.length)].toSorted((a, b) => a - b)
      return [column, [values[from!]!, values[to!]!] as const]
    }),
  )
  if (new Set(partitioned.map((asset) => JSON.stringify(asset.dimensions))).size === 1)
    return { selection: selectionOf(random, world), partitions, mode }
  const only: Factor = { names: { kind: 'asset', value: name }, up: undefined, down: undefined, at: false }
  return { selection: { terms: [[only]], exclude: [], from: [], to: [] }, partitions, mode }
}
