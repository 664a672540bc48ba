import type { AnyAsset } from '../asset/index.ts'
import type { GraphNode } from '../app/index.ts'

/** The output of a node that follows the rows that it had; such a node has no other. */
export const incrementalOutput = (node: GraphNode): AnyAsset | undefined =>
  Object.values(node.node.outputs).find(({ incremental }) => incremental)
