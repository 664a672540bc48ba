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
  /** By node: the assets that it reads and writes, in its order. */
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
  const known = indexes.get(graph)
  if (known) return known
  const made = indexOfNodes(graph.assets.keys(), graph.nodes)
  indexes.set(graph, made)
  return made
}

/** The index of a graph that has the same assets, and the nodes in this order of those of another index. */
export function setIndex(
  graph: Graph,
  { assets, assetNumbers, reads, writes }: GraphIndex,
  order: Int32Array,
): void {
  const inOrder = { reads: permuted(reads, order), writes: permuted(writes, order) }
  indexes.set(graph, completed(assets, assetNumbers, inOrder))
}

/** @param nodes in any order */
export function indexOfNodes(names: Iterable<string>, nodes: readonly GraphNode[]): GraphIndex {
  const assets = [...names]
  const assetNumbers = new Map<string, number>()
  for (let i = 0; i < assets.length; i++) assetNumbers.set(assets[i]!, i)
  return completed(assets, assetNumbers, {
    reads: listsOf(nodes, assetNumbers, 'reads'),
    writes: listsOf(nodes, assetNumbers, 'writes'),
  })
}

function completed(
  assets: readonly string[],
  assetNumbers: ReadonlyMap<string, number>,
  { reads, writes }: Pick<GraphIndex, 'reads' | 'writes'>,
): GraphIndex {
  const producers = new Int32Array(assets.length).fill(-1)
  for (let node = 0; node < writes.offsets.length - 1; node++)
    for (let i = writes.offsets[node]!, end = writes.offsets[node + 1]!; i < end; i++)
      producers[writes.values[i]!] = node
  let readers: Lists | undefined
  return {
    assets,
    assetNumbers,
    reads,
    writes,
    get readers() {
      return (readers ??= inverse(reads, assets.length))
    },
    producers,
  }
}

function permuted({ offsets, values }: Lists, order: Int32Array): Lists {
  const made = { offsets: new Int32Array(offsets.length), values: new Int32Array(values.length) }
  let next = 0
  for (let list = 0; list < order.length; list++) {
    const from = order[list]!
    for (let i = offsets[from]!, end = offsets[from + 1]!; i < end; i++) made.values[next++] = values[i]!
    made.offsets[list + 1] = next
  }
  return made
}

/** Calls for each number of one list. */
export function each({ offsets, values }: Lists, list: number, call: (value: number) => void): void {
  for (let i = offsets[list]!, end = offsets[list + 1]!; i < end; i++) call(values[i]!)
}

export const lengthOf = ({ offsets }: Lists, list: number): number => offsets[list + 1]! - offsets[list]!

/** What some of the lists have, one after the other. */
export function listed({ offsets, values }: Lists, lists: readonly number[]): Int32Array {
  let length = 0
  for (let l = 0; l < lists.length; l++) length += offsets[lists[l]! + 1]! - offsets[lists[l]!]!
  const all = new Int32Array(length)
  let next = 0
  for (let l = 0; l < lists.length; l++)
    for (let i = offsets[lists[l]!]!, end = offsets[lists[l]! + 1]!; i < end; i++) all[next++] = values[i]!
  return all
}

/** The numbers of the assets that each node reads, or writes, in its order. */
function listsOf(
  nodes: readonly GraphNode[],
  numbers: ReadonlyMap<string, number>,
  of: 'reads' | 'writes',
): Lists {
  const offsets = new Int32Array(nodes.length + 1)
  for (let i = 0; i < nodes.length; i++) offsets[i + 1] = offsets[i]! + nodes[i]![of].length
  const values = new Int32Array(offsets[nodes.length]!)
  let next = 0
  for (let i = 0; i < nodes.length; i++) for (const name of nodes[i]![of]) values[next++] = numbers.get(name)!
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
