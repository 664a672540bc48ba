import type { AnyAsset, Partition } from '../asset/index.ts'
import { LevadaError, meant, nearestKeys, throwAll } from '../errors/index.ts'
import { viewsBelow, type AnyNode, type AnyPipeline } from '../pipeline/index.ts'
import type { Column } from '../schema/index.ts'
import type { App } from './app.ts'
import { assetsByPart, leafAssets, pipelineAssets } from './contract.ts'
import { isDeprecated } from './deprecations.ts'
import { indexOfNodes, setIndex, type GraphIndex } from './graph-index.ts'
import { mappingProblems } from './mapping.ts'
import { columnProblems } from './fits.ts'

export interface GraphNode {
  /** `flights/stage-flights` */
  readonly id: string
  readonly pipeline: string
  readonly node: AnyNode
  /** Asset keys that it reads in the end, through all views, and that the checks of its outputs read. */
  readonly reads: readonly string[]
  /** What it reads through all views, as it declares it. */
  readonly declared: readonly AnyAsset[]
  /** Names of the views between. */
  readonly views: readonly string[]
  readonly writes: readonly string[]
  /** What it writes, in that order. */
  readonly outputs: readonly AnyAsset[]
}

export interface GraphAsset {
  readonly name: string
  readonly role: 'asset' | 'source' | 'external'
  /** As its provider declares it. */
  readonly asset: AnyAsset
  readonly pipeline: string
}

/** The composed app: assets by key, nodes in an order in which they can run. */
export interface Graph {
  readonly assets: ReadonlyMap<string, GraphAsset>
  readonly nodes: readonly GraphNode[]
  /** Asset key -> the node that writes it. */
  readonly producers: ReadonlyMap<string, GraphNode>
  /** Names of assets that nodes of other pipelines expect, of which something is deprecated. */
  readonly deprecated: ReadonlySet<string>
}

/**
 * Composes an app at run time. What the compiler checked is checked again, on what is installed, and what it cannot see:
 * int or float, date or string.
 *
 * @throws COMPOSITION, CYCLE: all problems at once
 */
export function composeGraph(app: App): Graph {
  const errors: LevadaError[] = []
  const assets = new Map<string, GraphAsset>()
  const provide = (role: GraphAsset['role'], pipeline: AnyPipeline, asset: AnyAsset): void => {
    const other = assets.get(asset.name)
    if (other && other.role !== 'source') {
      errors.push(
        new LevadaError(
          'COMPOSITION',
          `'${asset.name}' is provided by '${other.pipeline}' and by '${pipeline.name}'.`,
          { hint: 'One of them has to go: leave a pipeline out of the app, or rename its asset.' },
        ),
      )
    } else assets.set(asset.name, { name: asset.name, role, asset, pipeline: pipeline.name })
  }
  const twice = firstTwice(app.pipelines.map(({ name }) => name))
  if (twice !== undefined)
    errors.push(
      new LevadaError('COMPOSITION', `Two pipelines of the app are named '${twice}'.`, {
        hint: 'Leave one of them out, or rename it.',
      }),
    )
  for (const { pipeline } of app.externals)
    for (const asset of pipelineAssets(pipeline).provided.values()) provide('external', pipeline, asset)
  const parts = app.pipelines.map((pipeline) => {
    const nodes = pipeline.nodes.map((node) => graphNode(pipeline, node))
    return { pipeline, nodes, ...assetsByPart(nodes) }
  })
  for (const { pipeline, provided } of parts)
    for (const asset of provided.values()) provide('asset', pipeline, asset)
  for (const { pipeline, sources } of parts) {
    for (const asset of sources.values()) {
      const other = assets.get(asset.name)
      if (!other) assets.set(asset.name, { name: asset.name, role: 'source', asset, pipeline: pipeline.name })
      else {
        requireColumns(pipeline, other, asset.columns, errors)
        requirePartitions(pipeline, other, asset.partitions, errors)
      }
    }
  }
  const deprecated = new Set<string>()
  for (const { pipeline, required } of parts) {
    for (const [name, needs] of required) {
      const provider = assets.get(name)
      if (provider) {
        for (const need of needs) requireColumns(pipeline, provider, need.columns, errors)
        if (isDeprecated(provider.asset.deprecated, provider.asset.columns)) deprecated.add(name)
      } else
        errors.push(
          new LevadaError(
            'COMPOSITION',
            `${pipeline.name}: needs '${name}', but no pipeline, source or external provides it.${meant(nearestKeys(name, assets.keys()))}`,
            { hint: 'Add the pipeline that provides it, or list that under externals in levada.config.ts.' },
          ),
        )
    }
    for (const node of pipeline.nodes) {
      for (const name in node.resources) {
        if (app.resources[name]) continue
        const need = node.resources[name]!
        errors.push(
          new LevadaError(
            'COMPOSITION',
            `${pipeline.name}: node '${node.name}' needs resource '${name}' (${need.type}), but the app gives none.`,
            { hint: `Give it in levada.config.ts: resources: { ${name}: … }.` },
          ),
        )
      }
    }
  }
  throwAll(errors)
  const declared = parts.flatMap(({ nodes }) => nodes)
  const index = indexOfNodes(assets.keys(), declared)
  const order = orderOf(declared, index)
  const nodes: GraphNode[] = []
  for (let i = 0; i < order.length; i++) nodes.push(declared[order[i]!]!)
  throwAll(mappingProblems({ assets, nodes }))
  let producers: Graph['producers'] | undefined
  const graph: Graph = {
    assets,
    nodes,
    get producers() {
      return (producers ??= producersOf(nodes))
    },
    deprecated,
  }
  setIndex(graph, index, order)
  return graph
}

function firstTwice(names: readonly string[]): string | undefined {
  const seen = new Set<string>()
  return names.find((name) => seen.size === seen.add(name).size)
}

function producersOf(nodes: readonly GraphNode[]): ReadonlyMap<string, GraphNode> {
  const producers = new Map<string, GraphNode>()
  for (const node of nodes) for (const name of node.writes) producers.set(name, node)
  return producers
}

function requireColumns(
  pipeline: AnyPipeline,
  provider: GraphAsset,
  columns: readonly Column[],
  errors: LevadaError[],
): void {
  for (const problem of columnProblems(columns, provider.asset.columns)) {
    errors.push(
      new LevadaError(
        'COMPOSITION',
        `${pipeline.name}: needs '${provider.name}'.${problem.need}, but '${provider.pipeline}' ${problem.have}.`,
        {
          hint: 'Make the two declarations agree: change the one that expects it, or the one that provides it.',
        },
      ),
    )
  }
}

/** A source that another pipeline has too, or provides: what one reads by partitions has to have them. */
function requirePartitions(
  pipeline: AnyPipeline,
  provider: GraphAsset,
  dimensions: readonly Partition[],
  errors: LevadaError[],
): void {
  const { partitions } = provider.asset
  const missing = dimensions.filter(
    ({ column, kind, timeZone, offset = 0 }) =>
      !partitions.some(
        (given) =>
          given.column === column &&
          given.kind === kind &&
          given.timeZone === timeZone &&
          (given.offset ?? 0) === offset,
      ),
  )
  if (missing.length === 0) return
  const list = (all: readonly Partition[]): string => all.map(({ column }) => column).join(', ')
  errors.push(
    new LevadaError(
      'COMPOSITION',
      `${pipeline.name}: reads '${provider.name}' by partitions of ${list(missing)}, but '${provider.pipeline}' has it ${partitions.length === 0 ? 'without' : `by ${list(partitions)}`}.`,
      { hint: 'Make the two declarations agree.' },
    ),
  )
}

const none: readonly string[] = []

/** A node as it stands in the graph of an app. */
export function graphNode(pipeline: AnyPipeline, node: AnyNode): GraphNode {
  const inputs = Object.values(node.inputs)
  const outputs = Object.values(node.outputs)
  const writes = outputs.map(({ name }) => name)
  const declared = leafAssets(inputs)
  const views = viewsBelow(inputs)
  let reads = declared.map(({ name }) => name)
  if (reads.some((name, i) => reads.indexOf(name) < i)) reads = [...new Set(reads)]
  // A node that reads its own output is a circle; a check that does is not.
  for (const { checks } of outputs)
    for (const { rule } of checks)
      if (rule.kind === 'relationship' && !writes.includes(rule.to.name) && !reads.includes(rule.to.name))
        reads.push(rule.to.name)
  return {
    id: `${pipeline.name}/${node.name}`,
    pipeline: pipeline.name,
    node,
    reads,
    declared,
    views: views.length === 0 ? none : views.map(({ name }) => name),
    writes,
    outputs,
  }
}

/** Assets that another deployment produces, and those that nobody here does. */
export function othersOf({ assets }: Graph): {
  readonly externals: readonly string[]
  readonly sources: readonly string[]
} {
  const named = (wanted: GraphAsset['role']): readonly string[] =>
    [...assets.values()].filter(({ role }) => role === wanted).map(({ name }) => name)
  return { externals: named('external'), sources: named('source') }
}

/** Depth first, so that a pipeline's nodes stay together; in the order of declaration where there is a choice. @throws CYCLE */
function orderOf(
  nodes: readonly GraphNode[],
  { reads: { offsets, values }, producers }: GraphIndex,
): Int32Array {
  const done = new Int32Array(nodes.length)
  let count = 0
  const isOpen = new Uint8Array(nodes.length)
  const isDone = new Uint8Array(nodes.length)
  // A path of its own, since a chain of nodes may be longer than the stack of calls.
  const path: number[] = []
  const next = offsets.slice()
  const open = (node: number): void => {
    if (isDone[node] === 1) return
    if (isOpen[node] === 1)
      failCircle(
        path.map((step) => nodes[step]!),
        nodes[node]!,
      )
    isOpen[node] = 1
    path.push(node)
  }
  for (let start = 0; start < nodes.length; start++) {
    open(start)
    while (path.length > 0) {
      const node = path.at(-1)!
      if (next[node]! < offsets[node + 1]!) {
        const producer = producers[values[next[node]!++]!]!
        if (producer >= 0) open(producer)
        continue
      }
      isDone[node] = 1
      done[count++] = node
      path.pop()
    }
  }
  return done
}

function failCircle(path: readonly GraphNode[], node: GraphNode): never {
  const circle = [...path.slice(path.indexOf(node)), node]
  const inputs = circle.slice(1).map((made, i) => {
    const reader = circle[i]!
    return `${reader.id} reads '${reader.reads.find((name) => made.writes.includes(name))!}'`
  })
  throw new LevadaError(
    'CYCLE',
    `Nodes read each other's outputs in a circle: ${circle.map(({ id }) => id).join(' → ')}. ${inputs.join(', ')}.`,
  )
}
