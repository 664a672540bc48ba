import { mapPartitions, partitionId, type AnyAsset, type PartitionKey } from '../asset/index.ts'
import { mappingOf, type Graph, type GraphNode } from '../app/index.ts'

/** The partitions that a node reads of an input, as it is declared, for those that a step writes; undefined for all. */
export const inputPartitions = (
  graph: Graph,
  node: GraphNode,
  declared: AnyAsset,
  keys: readonly PartitionKey[] | undefined,
): readonly PartitionKey[] | undefined => keys && mapPartitions(mappingOf(graph, node, declared), keys)

/**
 * The partitions that a node reads of an asset, through whatever inputs and views; undefined for all, as what a check compares
 * with. A key may lack dimensions, of which all is read: {@link storedKeys} tells which they are.
 */
export function readPartitions(
  graph: Graph,
  node: GraphNode,
  asset: string,
  keys: readonly PartitionKey[] | undefined,
): readonly PartitionKey[] | undefined {
  if (!keys) return undefined
  const read = node.declared
    .filter(({ name }) => name === asset)
    .map((input) => inputPartitions(graph, node, input, keys))
  if (read.length === 0 || read.includes(undefined)) return undefined
  if (read.length === 1) return read[0]
  return [...new Map(read.flatMap((some) => some!).map((key) => [JSON.stringify(key), key])).values()]
}

/** Keys with a value for every dimension; for others, those that are stored and have the values that they name. */
export function storedKeys(
  dimensions: readonly string[],
  stored: readonly { readonly key: PartitionKey }[],
  keys: readonly PartitionKey[],
): readonly PartitionKey[] {
  if (keys.every((key) => dimensions.every((name) => key[name] !== undefined))) return keys
  const wanted = Map.groupBy(keys, (key) => dimensions.filter((name) => key[name] !== undefined).join('\n'))
  const sets = [...wanted].map(([names, some]) => {
    const given = names === '' ? [] : names.split('\n')
    return [given, new Set(some.map((key) => partitionId(given, key)))] as const
  })
  return stored
    .map(({ key }) => key)
    .filter((key) => sets.some(([given, ids]) => ids.has(partitionId(given, key))))
}
