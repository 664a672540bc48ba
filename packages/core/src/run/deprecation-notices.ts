import { deprecatedReads, type Graph, type GraphNode } from '../app/index.ts'
import { formatPlace } from '../errors/index.ts'
import { showDeprecation } from '../schema/index.ts'
import { atNode } from './node-place.ts'

/** One sentence for each deprecated asset or column that a node reads, with the place of the node. */
export const deprecationNotices = (
  graph: Graph,
  nodes: readonly GraphNode[],
  root: string,
): readonly string[] =>
  deprecatedReads(graph, nodes).map(({ node, asset, column, deprecation }) => {
    const what = column === undefined ? `'${asset}'` : `'${asset}'.${column}`
    const { place } = atNode(node, root)
    const where = place ? ` (${formatPlace(place)})` : ''
    return `Node '${node.id}' reads ${what}, which is ${showDeprecation(deprecation)}${where}`
  })
