import {
  dimensionsOf,
  resolveMapping,
  type AnyAsset,
  type Dimension,
  type ResolvedMapping,
} from '../asset/index.ts'
import { LevadaError } from '../errors/index.ts'
import type { Graph, GraphNode } from './graph.ts'

const none: ResolvedMapping = []
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
  if (isUnmapped({ assets }, declared)) return none
  const { asset } = assets.get(declared.name)!
  const ofNode = mappings.get(node) ?? new Map<AnyAsset, ResolvedMapping>()
  mappings.set(node, ofNode)
  const known = ofNode.get(declared)
  if (known) return known
  const inputs = dimensionsOf(asset)
  const outputs = writtenDimensions(node)
  const made =
    outputs.length === 0 && !Object.values(node.node.inputs).includes(declared)
      ? inputs.map((input) => ({ input, of: undefined, first: 0, last: 0 }))
      : resolveMapping(inputs, outputs, declared.mapping ?? {}, { node: node.id, asset: declared.name })
  ofNode.set(declared, made)
  return made
}

const isUnmapped = ({ assets }: Pick<Graph, 'assets'>, { name, mapping }: AnyAsset): boolean =>
  !mapping && assets.get(name)!.asset.partitions.length === 0

/** What is not clear, or cannot be. */
export function mappingProblems(graph: Pick<Graph, 'assets' | 'nodes'>): readonly LevadaError[] {
  const errors: LevadaError[] = []
  for (const node of graph.nodes)
    for (const declared of node.declared) {
      if (isUnmapped(graph, declared)) continue
      try {
        mappingOf(graph, node, declared)
      } catch (error) {
        if (!(error instanceof LevadaError)) throw error
        errors.push(error)
      }
    }
  return errors
}
