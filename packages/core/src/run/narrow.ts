import { indexOf, type GraphNode } from '../app/index.ts'
import { dimensionsOf, valuesBetween, type Dimension, type PartitionKey } from '../asset/index.ts'
import { decideAgain, type States } from '../plan/index.ts'
import type { RunContext } from './context.ts'

/**
 * The partitions that such a step has to write. A plan cannot know which partitions of its inputs a merge, or rows that are added,
 * will change; when the step begins, they stand there. It is all from the first to the last that changed, since a step is told a
 * range.
 * @returns none when nothing would become another; undefined for all
 */
export async function narrowed(
  { graph, catalog, fingerprints, now }: RunContext,
  node: GraphNode,
  states: States,
): Promise<readonly PartitionKey[] | undefined> {
  const [asset] = node.outputs
  const { dataset } = catalog.entry(asset!.name)
  const head = await dataset.head()
  if (!head || dataset.capabilities.rows !== true) return undefined
  const request = {
    graph,
    fingerprints,
    states,
    heads: { look: async () => undefined, head: () => head },
    now: new Date(now),
  }
  const { assetNumbers, producers } = indexOf(graph)
  const decided = await decideAgain(request, producers[assetNumbers.get(asset!.name)!]!)
  if (!decided) return []
  if (!decided.partitions) return undefined
  const range = enclosing(dimensionsOf(asset!), decided.partitions)
  return range.length < head.partitions.length + (head.empty?.length ?? 0) ? range : undefined
}

/** All combinations of the values of some partitions, time without a gap. */
function enclosing(dimensions: readonly Dimension[], keys: readonly PartitionKey[]): readonly PartitionKey[] {
  return dimensions.reduce<readonly PartitionKey[]>(
    (made, dimension) => {
      const { column, kind } = dimension
      const values = [...new Set(keys.map((key) => key[column]!))].toSorted()
      const all = kind === 'static' ? values : valuesBetween(dimension, values[0]!, values.at(-1)!)
      return made.flatMap((key) => all.map((value) => ({ ...key, [column]: value })))
    },
    [{}],
  )
}
