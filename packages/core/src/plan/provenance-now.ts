import type { PartitionKey } from '../asset/index.ts'
import type { Graph, GraphNode } from '../app/index.ts'
import type { Fingerprint, Provenance } from '../dataset/index.ts'
import { mapPartitions } from './partitions.ts'
import type { States } from './states.ts'

/** What a node makes a partition of an output from now, or all of it: each input as far as it reads it for that. */
export function provenanceNow(
  graph: Graph,
  node: GraphNode,
  fingerprint: Fingerprint,
  states: States,
): (key?: PartitionKey) => Provenance {
  const outputs = Object.values(node.node.outputs)
  const reads = node.reads.toSorted().map((name) => ({ name, asset: graph.assets.get(name)!.asset }))
  let whole: Provenance | undefined
  return (key) => {
    if (!key && whole) return whole
    const inputs: Record<string, string> = {}
    for (const { name, asset } of reads)
      inputs[name] = states.of(name, mapPartitions(asset, outputs, key && [key])) ?? ''
    const made = { fingerprint, inputs }
    if (!key) whole = made
    return made
  }
}
