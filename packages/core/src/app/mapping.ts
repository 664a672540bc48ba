import {
  dimensionsOf,
  resolveMapping,
  type AnyAsset,
  type Dimension,
  type ResolvedMapping,
} from '../asset/index.ts'
import { LevadaError } from '../errors/index.ts'
import { leafAssets } from './contract.ts'
import type { Graph, GraphNode } from './graph.ts'

const mappings = new WeakMap<GraphNode, Map<AnyAsset, ResolvedMapping>>()

/** The dimensions of the partitions that a node writes. */
const writtenDimensions = ({ node }: GraphNode): readonly Dimension[] => {
  const partitioned = Object.values(node.outputs).find(({ partitions }) => partitions.length > 0)
  return partitioned ? dimensionsOf(partitioned) : []
}

/**
 * How the partitions of an input, as it is declared, follow from those that the node writes.
 * @throws PARTITION_MAPPING
 */
export function mappingOf(
  { assets }: Pick<Graph, 'assets'>,
  node: GraphNode,
  declared: AnyAsset,
): ResolvedMapping {
  const ofNode = mappings.get(node) ?? new Map<AnyAsset, ResolvedMapping>()
  mappings.set(node, ofNode)
  const known = ofNode.get(declared)
  if (known) return known
  const inputs = dimensionsOf(assets.get(declared.name)!.asset)
  const outputs = writtenDimensions(node)
  const made =
    inputs.length === 0 && !declared.mapping
      ? []
      : outputs.length === 0 && !Object.values(node.node.inputs).includes(declared)
        ? inputs.map((input) => ({ input, of: undefined, first: 0, last: 0 }))
        : resolveMapping(inputs, outputs, declared.mapping ?? {}, { node: node.id, asset: declared.name })
  ofNode.set(declared, made)
  return made
}

/** What is not clear, or cannot be. */
export function mappingProblems(graph: Pick<Graph, 'assets' | 'nodes'>): readonly LevadaError[] {
  return graph.nodes.flatMap((node) =>
    leafAssets(Object.values(node.node.inputs)).flatMap((declared) => {
      try {
        mappingOf(graph, node, declared)
        return []
      } catch (error) {
        if (error instanceof LevadaError) return [error]
        throw error
      }
    }),
  )
}
