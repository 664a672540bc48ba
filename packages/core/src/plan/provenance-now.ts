import type { PartitionKey } from '../asset/index.ts'
import type { Graph, GraphNode } from '../app/index.ts'
import type { Fingerprint, Provenance } from '../dataset/index.ts'
import { readPartitions } from './read-partitions.ts'
import type { States } from './states.ts'

/** What a node makes a partition of an output from now, or all of it: each input as far as it reads it for that. */
export function provenanceNow(
  graph: Graph,
  node: GraphNode,
  fingerprint: Fingerprint,
  states: States,
): (key?: PartitionKey) => Provenance {
  const reads = node.reads.toSorted()
  let whole: Provenance | undefined
  return (key) => {
    if (!key && whole) return whole
    // Without a prototype it is not given a shape of its own for the names that it has.
    const inputs = Object.create(null) as Record<string, string>
    for (const name of reads)
      inputs[name] = states.of(name, readPartitions(graph, node, name, key && [key])) ?? ''
    const made = { fingerprint, inputs }
    if (!key) whole = made
    return made
  }
}
