import { partitionId, type AnyAsset, type PartitionKey } from '../asset/index.ts'
import type { GraphNode } from '../app/index.ts'
import type { PublishRequest } from '../dataset/index.ts'
import { openStates, provenanceNow, type States, type Step } from '../plan/index.ts'
import { versionFor, type RunContext } from './context.ts'

/**
 * What a step is about to read. What is without versions is looked at here, before it is read: when it changes meanwhile,
 * the next run sees that it is another.
 */
export async function statesRead(context: RunContext, step: Step): Promise<States> {
  const states = openStates(context.graph, async (name) => {
    const input = step.inputs.find(({ asset }) => asset === name)
    const version = versionFor(context, step, name)
    if (context.made.has(name)) return { dataset: context.catalog.entry(name).dataset, version }
    if (input) return { dataset: context.reading.dataset(name, input.env), version }
    const { dataset } = await context.reading.find(name)
    return { dataset, version: await dataset.head() }
  })
  await states.look(step.inputs.map(({ asset }) => asset))
  return states
}

export interface Making {
  readonly context: RunContext
  readonly node: GraphNode
  readonly asset: AnyAsset
  readonly states: States
}

/** What each of some partitions of an output is made from, and all of it. */
export async function provenanceOf(
  { context: { graph, fingerprints }, node, asset, states }: Making,
  keys: readonly PartitionKey[],
): Promise<NonNullable<PublishRequest['provenance']>> {
  const now = provenanceNow(graph, node, await fingerprints.of(node, asset), states)
  const names = asset.partitions.map(({ column }) => column)
  const known = new Map(keys.map((key) => [partitionId(names, key), now(key)]))
  return (key) => (key ? known.get(partitionId(names, key))! : now())
}
