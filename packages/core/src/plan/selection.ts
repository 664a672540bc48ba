import type { Graph, GraphNode } from '../app/index.ts'
import { didYouMean, LevadaError } from '../errors/index.ts'

export interface Selected {
  readonly nodes: ReadonlySet<GraphNode>
  /** What the user should know: a tag that nothing has. */
  readonly notices: readonly string[]
}

/**
 * The nodes that a selection names: asset keys, `+x` (with all that x is made from), `x+` (with all that is made from x),
 * `tag:daily`, `pipeline:delays`; several are separated by commas and add up. An empty selection is everything.
 *
 * @throws SELECTION_SYNTAX, SELECTION_UNKNOWN
 */
export function select(graph: Graph, selection: string): Selected {
  const terms = selection.split(',').map((term) => term.trim())
  if (selection.trim() === '') return { nodes: new Set(graph.nodes), notices: [] }
  const nodes = new Set<GraphNode>()
  const notices: string[] = []
  for (const term of terms) {
    const found = selectTerm(graph, term, selection)
    for (const node of found) nodes.add(node)
    if (found.length === 0) notices.push(nothing(graph, term))
  }
  return { nodes, notices }
}

function selectTerm(graph: Graph, term: string, selection: string): readonly GraphNode[] {
  const match = /^(\+?)(?:(tag|pipeline):)?([A-Za-z][\w.-]*)(\+?)$/.exec(term)
  if (!match)
    throw new LevadaError('SELECTION_SYNTAX', `'${term === '' ? selection : term}' is not a selection.`)
  const [, up, kind, name, down] = match as unknown as [string, string, string | undefined, string, string]
  const start =
    kind === 'tag' ? withTag(graph, name) : kind === 'pipeline' ? inPipeline(graph, name) : undefined
  if (start && (up || down))
    throw new LevadaError('SELECTION_SYNTAX', `'${term}': + goes with an asset key only, for now.`)
  if (start) return start
  const producer = producerOf(graph, name)
  const found = new Set(producer ? [producer] : [])
  if (up)
    walk(found, producer ? [producer] : [], (node) =>
      node.reads.flatMap((asset) => graph.producers.get(asset) ?? []),
    )
  if (down) {
    const readers = (asset: string): readonly GraphNode[] =>
      graph.nodes.filter((node) => node.reads.includes(asset))
    const first = readers(name)
    for (const node of first) found.add(node)
    walk(found, first, (node) => node.writes.flatMap(readers))
  }
  return [...found]
}

function walk(
  found: Set<GraphNode>,
  start: readonly GraphNode[],
  next: (node: GraphNode) => readonly GraphNode[],
): void {
  const open = [...start]
  for (let node = open.pop(); node; node = open.pop()) {
    for (const other of next(node)) {
      if (found.has(other)) continue
      found.add(other)
      open.push(other)
    }
  }
}

const withTag = (graph: Graph, tag: string): readonly GraphNode[] =>
  graph.nodes.filter((node) => node.writes.some((name) => graph.assets.get(name)!.asset.tags.includes(tag)))

function inPipeline(graph: Graph, name: string): readonly GraphNode[] {
  const found = graph.nodes.filter((node) => node.pipeline === name)
  const names = new Set(graph.nodes.map((node) => node.pipeline))
  if (found.length === 0)
    throw new LevadaError(
      'SELECTION_UNKNOWN',
      `No pipeline of the app is named '${name}'; there are ${[...names].join(', ')}.${didYouMean(name, names)}`,
    )
  return found
}

function producerOf(graph: Graph, name: string): GraphNode | undefined {
  const whole = [
    ...graph.nodes.map(({ pipeline }) => `pipeline:${pipeline}`),
    ...[...graph.assets.values()].flatMap(({ asset }) => asset.tags.map((tag) => `tag:${tag}`)),
  ].find((term) => term.split(':')[1] === name)
  if (whole !== undefined)
    throw new LevadaError(
      'SELECTION_UNKNOWN',
      `No asset of the app is named '${name}'. Did you mean '${whole}'?`,
    )
  if (!graph.assets.has(name))
    throw new LevadaError(
      'SELECTION_UNKNOWN',
      `No asset of the app is named '${name}'.${didYouMean(name, graph.assets.keys())}`,
    )
  return graph.producers.get(name)
}

function nothing(graph: Graph, term: string): string {
  if (!term.startsWith('tag:')) return `'${term}' is not built here, so it selects no step.`
  const tags = [...graph.assets.values()].flatMap(({ asset }) => asset.tags)
  return `No asset that is built here has the tag '${term.slice(4)}'.${didYouMean(term.slice(4), tags)}`
}
