import { idOf, type Node, type World } from './world.ts'

/** One term of a selection, with how far it goes; undefined: not at all. */
export interface Factor {
  readonly names: {
    readonly kind: 'asset' | 'node' | 'tag' | 'owner' | 'pipeline' | 'domain' | 'glob'
    readonly value: string
  }
  readonly up: number | undefined
  readonly down: number | undefined
  /** `@x`: all that is made from it, and all that that is made from. */
  readonly at: boolean
}

export interface Selection {
  /** A union of intersections. */
  readonly terms: readonly (readonly Factor[])[]
  readonly exclude: readonly (readonly Factor[])[]
  readonly from: readonly Factor[]
  readonly to: readonly Factor[]
}

const texts = {
  asset: '',
  node: '',
  glob: '',
  tag: 'tag:',
  owner: 'owner:',
  pipeline: 'pipeline:',
  domain: 'domain:',
} as const

const distance = (steps: number): string => (steps === Infinity ? '' : String(steps))

function factorText({ names, up, down, at }: Factor): string {
  const start = texts[names.kind] + names.value
  if (at) return `@${start}`
  return `${up === undefined ? '' : `${distance(up)}+`}${start}${down === undefined ? '' : `+${distance(down)}`}`
}

/** As it is written in Levada's grammar. */
export function textOf({ terms, exclude, from, to }: Selection): string {
  const words = (list: readonly (readonly Factor[])[]): string[] =>
    list.map((factors) => factors.map(factorText).join(','))
  return [
    ...words(terms),
    ...from.map((factor) => `from:${factorText(factor)}`),
    ...to.map((factor) => `to:${factorText(factor)}`),
    ...words(exclude).flatMap((word) => ['--exclude', word]),
  ].join(' ')
}

/** Assets and nodes, by name and id. */
interface Reached {
  readonly assets: ReadonlySet<string>
  readonly nodes: ReadonlySet<string>
}

const union = (...all: readonly ReadonlySet<string>[]): ReadonlySet<string> =>
  new Set(all.flatMap((each) => [...each]))
const both = (a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> =>
  new Set([...a].filter((each) => b.has(each)))

function start({ assets, nodes }: World, { kind, value }: Factor['names']): Reached {
  const ofAssets = (is: (name: string) => boolean): Reached => ({
    assets: new Set([...assets.keys()].filter(is)),
    nodes: new Set(),
  })
  const ofNodes = (is: (node: Node) => boolean): Reached => {
    const found = nodes.filter(is)
    return { assets: new Set(found.flatMap(({ writes }) => writes)), nodes: new Set(found.map(idOf)) }
  }
  switch (kind) {
    case 'asset':
      return ofAssets((name) => name === value)
    case 'tag':
      return ofAssets((name) => assets.get(name)!.tags.includes(value))
    case 'owner':
      return ofAssets((name) => assets.get(name)!.owner === value)
    case 'domain':
      return ofAssets((name) => name.startsWith(`${value}.`))
    case 'glob':
      return ofAssets((name) => name.startsWith(value.slice(0, -1)))
    case 'node':
      return ofNodes(({ name }) => name === value)
    case 'pipeline':
      return ofNodes(({ pipeline }) => pipeline === value)
  }
}

const makers = ({ nodes }: World, reached: Reached): readonly Node[] =>
  nodes.filter(
    (node) => reached.nodes.has(idOf(node)) || node.writes.some((name) => reached.assets.has(name)),
  )

/** One step up at a time, until nothing is new. */
function goUp(world: World, from: Reached, steps: number): Reached {
  let reached = from
  for (let i = 0; i < steps; i++) {
    const read = new Set(makers(world, reached).flatMap(({ reads }) => reads.map(({ asset }) => asset)))
    const next = { assets: union(reached.assets, read), nodes: reached.nodes }
    if (next.assets.size === reached.assets.size) break
    reached = next
  }
  return reached
}

function goDown(world: World, from: Reached, steps: number): Reached {
  let reached = from
  for (let i = 0; i < steps; i++) {
    const readers = world.nodes.filter(({ reads }) => reads.some(({ asset }) => reached.assets.has(asset)))
    const next = {
      assets: union(reached.assets, new Set(readers.flatMap(({ writes }) => writes))),
      nodes: union(reached.nodes, new Set(readers.map(idOf))),
    }
    if (next.assets.size === reached.assets.size && next.nodes.size === reached.nodes.size) break
    reached = next
  }
  return reached
}

function factorNodes(world: World, { names, up, down, at }: Factor): ReadonlySet<string> {
  const from = start(world, names)
  const reached = at
    ? goUp(world, goDown(world, from, Infinity), Infinity)
    : (() => {
        const above = up === undefined ? from : goUp(world, from, up)
        const below = down === undefined ? from : goDown(world, from, down)
        return { assets: union(above.assets, below.assets), nodes: union(above.nodes, below.nodes) }
      })()
  return new Set(makers(world, reached).map(idOf))
}

/** Ids of the nodes that are selected. */
export function evaluate(world: World, { terms, exclude, from, to }: Selection): ReadonlySet<string> {
  const termNodes = (factors: readonly Factor[]): ReadonlySet<string> =>
    factors.map((factor) => factorNodes(world, factor)).reduce(both)
  const all = new Set(world.nodes.map(idOf))
  const chosen = terms.length === 0 ? all : union(...terms.map(termNodes))
  const after = from.map((factor) => factorNodes(world, { ...factor, up: undefined, down: Infinity }))
  const before = to.map((factor) => factorNodes(world, { ...factor, up: Infinity, down: undefined }))
  const left = union(...exclude.map(termNodes))
  return new Set(
    [...chosen].filter(
      (id) =>
        !left.has(id) &&
        (from.length === 0 || after.some((nodes) => nodes.has(id))) &&
        (to.length === 0 || before.some((nodes) => nodes.has(id))),
    ),
  )
}
