import type { Graph, GraphNode } from './graph.ts'

/** Lists of numbers, one after the other: list i is `values[offsets[i]]` up to `values[offsets[i + 1]]`. */
export interface Lists {
  readonly offsets: Int32Array
  readonly values: Int32Array
}

/** A graph in numbers, so that walks over it touch what they visit only. Nodes have their place in `graph.nodes`. */
export interface GraphIndex {
  readonly assets: readonly string[]
  readonly assetNumbers: ReadonlyMap<string, number>
  readonly nodeNumbers: ReadonlyMap<GraphNode, number>
  /** By node: the assets that it reads and writes. */
  readonly reads: Lists
  readonly writes: Lists
  /** By asset: the nodes that read it. */
  readonly readers: Lists
  /** By asset: the node that writes it, -1 for none. */
  readonly producers: Int32Array
}

const indexes = new WeakMap<Graph, GraphIndex>()

/** Made when it is first asked for. */
export function indexOf(graph: Graph): GraphIndex {
  const index = indexes.get(graph) ?? makeIndex(graph)
  indexes.set(graph, index)
  return index
}

function makeIndex(graph: Graph): GraphIndex {
  const assets = [...graph.assets.keys()]
  const assetNumbers = new Map(assets.map((name, i) => [name, i]))
  const numbers = (names: readonly string[]): readonly number[] =>
    names.map((name) => assetNumbers.get(name)!)
  const reads = listsOf(graph.nodes.map((node) => numbers(node.reads)))
  const writes = listsOf(graph.nodes.map((node) => numbers(node.writes)))
  const producers = new Int32Array(assets.length).fill(-1)
  for (let node = 0; node < graph.nodes.length; node++)
    each(writes, node, (asset) => {
      producers[asset] = node
    })
  return {
    assets,
    assetNumbers,
    nodeNumbers: new Map(graph.nodes.map((node, i) => [node, i])),
    reads,
    writes,
    readers: inverse(reads, assets.length),
    producers,
  }
}

/** Calls for each number of one list. */
export function each({ offsets, values }: Lists, list: number, call: (value: number) => void): void {
  for (let i = offsets[list]!, end = offsets[list + 1]!; i < end; i++) call(values[i]!)
}

function listsOf(lists: readonly (readonly number[])[]): Lists {
  const offsets = new Int32Array(lists.length + 1)
  for (let i = 0; i < lists.length; i++) offsets[i + 1] = offsets[i]! + lists[i]!.length
  const values = new Int32Array(offsets[lists.length]!)
  for (let i = 0; i < lists.length; i++) values.set(lists[i]!, offsets[i])
  return { offsets, values }
}

/** For each value the lists that have it, in their order. */
function inverse({ offsets, values }: Lists, count: number): Lists {
  const ends = new Int32Array(count + 1)
  for (const value of values) ends[value + 1]!++
  for (let i = 0; i < count; i++) ends[i + 1]! += ends[i]!
  const next = ends.slice()
  const lists = new Int32Array(values.length)
  for (let list = 0; list < offsets.length - 1; list++)
    for (let i = offsets[list]!; i < offsets[list + 1]!; i++) lists[next[values[i]!]!++] = list
  return { offsets: ends, values: lists }
}
