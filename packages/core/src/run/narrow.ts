import { indexOf, type GraphNode } from '../app/index.ts'
import {
  dimensionsOf,
  partitionBounds,
  splitPartitions,
  valuesBetween,
  type Dimension,
  type PartitionKey,
} from '../asset/index.ts'
import type { Dialect } from '../engine/index.ts'
import { decideAgain, type States } from '../plan/index.ts'
import type { RunContext } from './context.ts'

/** What a step writes of the asset that it was to write wholly. */
export interface Narrowed {
  /** None when nothing would become another. */
  readonly partitions: readonly PartitionKey[]
  /** Which rows of an SQL node belong to them: it is told when time begins and ends, and not where there are gaps. */
  readonly limit?: string
}

/** With more, engines take longer to tell rows apart by conditions than to write what lies in between, too. */
const mostPieces = 200

/**
 * The partitions that a step has to write. A plan cannot know which partitions of its inputs a merge, or rows that are added, will
 * change; when the step begins, they stand there. A TypeScript node writes all from the first to the last
 * that changed, as SQL does where they lie very scattered.
 * @returns undefined for all
 */
export async function narrowed(
  { graph, catalog, fingerprints, now }: RunContext,
  node: GraphNode,
  states: States,
  dialect: Dialect,
): Promise<Narrowed | undefined> {
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
  if (!decided) return { partitions: [] }
  const { partitions } = decided
  if (!partitions) return undefined
  const dimensions = dimensionsOf(asset!)
  const pieces = splitPartitions(dimensions, partitions)
  if (pieces.length === 1) return { partitions: pieces[0]! }
  if (node.node.work.kind === 'sql' && pieces.length <= mostPieces) {
    const conditions = pieces.map((piece) => conditionOf(dimensions, piece, dialect))
    // Rows beyond all of them stay, so that they are told as any others outside of a step's range.
    const beyond = `${conditionOf(dimensions, partitions, dialect)} is not true`
    return { partitions, limit: [...conditions, beyond].join(' or ') }
  }
  const range = enclosing(dimensions, partitions)
  return range.length < head.partitions.length + (head.empty?.length ?? 0) ? { partitions: range } : undefined
}

/** Whether a row belongs to one of some partitions: all combinations of some values, time without a gap. */
function conditionOf(
  dimensions: readonly Dimension[],
  keys: readonly PartitionKey[],
  { identifier, literal }: Dialect,
): string {
  const conditions = dimensions.map((dimension) => {
    const { column, type, kind } = dimension
    const values = [...new Set(keys.map((key) => key[column]!))].toSorted()
    const name = identifier(column)
    const text = (value: string): string => literal(type.kind === 'int' ? Number(value) : value, type)
    if (kind === 'static') return `${name} in (${values.map(text).join(', ')})`
    const { start, end } = partitionBounds(dimension, values[0], values.at(-1))
    return `${name} >= ${text(start!)} and ${name} < ${text(end!)}`
  })
  return `(${conditions.join(' and ')})`
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
