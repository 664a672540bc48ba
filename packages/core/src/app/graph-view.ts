import { viewsBelow, type Input } from '../pipeline/index.ts'
import type { Graph, GraphAsset, GraphNode } from './graph.ts'

/** What a drawing of a graph shows: ids are `asset:<key>`, `view:<pipeline>/<name>` and `node:<pipeline>/<name>`. */
export interface GraphView {
  readonly nodes: readonly NodeView[]
  readonly views: readonly RelationView[]
  readonly assets: readonly GraphAsset[]
  readonly edges: readonly GraphEdge[]
}
export interface NodeView {
  /** `flights/stage-flights` */
  readonly id: string
  readonly pipeline: string
  readonly name: string
  readonly kind: 'sql' | 'function'
  /** Assets that it reads in the end, through all views. */
  readonly reads: readonly string[]
  /** Names of the views between, those first that others read. */
  readonly views: readonly string[]
  /** Assets that only the checks of its outputs read. */
  readonly checks: readonly string[]
  readonly writes: readonly string[]
}
export interface RelationView {
  readonly id: string
  readonly pipeline: string
  readonly name: string
}
export interface GraphEdge {
  readonly from: string
  readonly to: string
  readonly kind: 'reads' | 'writes' | 'checks'
}

/** Some nodes of a graph in their order, with the views and assets that they read and write, and some assets more. */
export function viewOf(graph: Graph, nodes: ReadonlySet<GraphNode>, more: Iterable<string> = []): GraphView {
  const edges = new Map<string, GraphEdge>()
  const views = new Map<string, RelationView>()
  const assets = new Set<string>(more)
  const shown: NodeView[] = []
  const connect = (from: string, to: string, kind: GraphEdge['kind']): void =>
    void edges.set(`${from} ${to}`, { from, to, kind })
  for (const node of graph.nodes) {
    if (!nodes.has(node)) continue
    const { id, pipeline, reads, writes } = node
    const refer = (input: Input): string =>
      input['~levada'] === 'asset@1' ? `asset:${input.name}` : `view:${pipeline}/${input.name}`
    const inputs = Object.values(node.node.inputs)
    const below = viewsBelow(inputs)
    const read = new Set([...inputs, ...below.flatMap((view) => Object.values(view.inputs))].map(refer))
    for (const input of inputs) connect(refer(input), `node:${id}`, 'reads')
    for (const view of below) {
      views.set(refer(view), { id: `${pipeline}/${view.name}`, pipeline, name: view.name })
      for (const input of Object.values(view.inputs)) connect(refer(input), refer(view), 'reads')
    }
    const checks = reads.filter((name) => !read.has(`asset:${name}`))
    for (const name of checks) connect(`asset:${name}`, `node:${id}`, 'checks')
    for (const name of writes) connect(`node:${id}`, `asset:${name}`, 'writes')
    for (const name of [...reads, ...writes]) assets.add(name)
    shown.push({
      id,
      pipeline,
      name: node.node.name,
      kind: node.node.work.kind,
      reads: reads.filter((name) => !checks.includes(name)),
      views: below.map(({ name }) => name),
      checks,
      writes,
    })
  }
  return {
    nodes: shown,
    views: [...views.values()],
    assets: [...graph.assets.values()].filter(({ name }) => assets.has(name)),
    edges: [...edges.values()],
  }
}
