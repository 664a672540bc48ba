import {
  each,
  printFactor,
  type Factor,
  type Graph,
  type GraphIndex,
  type GraphNode,
  type Selection,
  type StateTerm,
  type Term,
} from '../app/index.ts'
import { didYouMean, isLevadaError, LevadaError } from '../errors/index.ts'
import { startAt, withLabel, type Start } from './selection-names.ts'

export interface Evaluation {
  readonly graph: Graph
  readonly index: GraphIndex
  readonly jobs: readonly string[]
  readonly jobOf: (name: string) => Selection
  readonly states: ReadonlyMap<StateTerm, ReadonlySet<string>>
  /** Gets what the user should know. */
  readonly notices: string[]
  /** Gets every name that is unknown; it stands for nothing then. */
  readonly errors: LevadaError[]
}

/**
 * 1 for what is selected: nodes by their place in `graph.nodes`, and behind them, by their number, assets that no node
 * writes. Several outputs of a node are one, so that none of what is excluded is written.
 */
export type Marks = Uint8Array

/** Reports SELECTION_UNKNOWN, SELECTION_EMPTY. */
export function evaluate(context: Evaluation, { terms, exclude }: Selection): Marks {
  const slices = terms.filter(isSlice)
  const rest = terms.filter((term) => !isSlice(term))
  const found = rest.length === 0 ? marks(context).fill(1) : union(context, rest)
  for (const method of ['from', 'to'] as const) {
    const parts = slices.filter((term) => term[0]!.method === method)
    if (parts.length > 0) intersect(found, union(context, parts))
  }
  const away = union(context, exclude)
  for (let i = 0; i < found.length; i++) if (away[i] === 1) found[i] = 0
  return found
}

const marks = ({ graph, index }: Evaluation): Marks =>
  new Uint8Array(graph.nodes.length + index.assets.length)

/** A term of its own that says an end of what is selected, and not a part of it. */
const isSlice = (term: Term): boolean => term.length === 1 && ['from', 'to'].includes(term[0]!.method)

function union(context: Evaluation, terms: readonly Term[]): Marks {
  const found = marks(context)
  for (const term of terms) {
    const [first, ...others] = term.map((factor) => ofFactor(context, factor))
    for (const other of others) intersect(first!, other)
    for (let i = 0; i < found.length; i++) found[i]! |= first![i]!
  }
  return found
}

function intersect(found: Marks, other: Marks): void {
  for (let i = 0; i < found.length; i++) found[i]! &= other[i]!
}

function ofFactor(context: Evaluation, factor: Factor): Marks {
  const { graph, index, notices } = context
  const { method, around } = factor
  let start: Start = { nodes: [], assets: [] }
  try {
    start = startOf(context, factor)
  } catch (error) {
    if (!isLevadaError(error)) throw error
    context.errors.push(error)
  }
  const found = marks(context)
  for (const node of start.nodes) found[node] = 1
  for (const asset of start.assets) {
    const producer = index.producers[asset]!
    found[producer >= 0 ? producer : graph.nodes.length + asset] = 1
  }
  const down = method === 'from' || around ? Infinity : factor.down
  if (down > 0) walkDown(context, start, down, found)
  const up = method === 'to' || around ? Infinity : factor.up
  if (up > 0) walkUp(context, around ? nodesIn(context, found) : nodesOf(context, start), up, found)
  if (nodesIn(context, found).length === 0 && start.assets.length > 0)
    notices.push(`'${printFactor(factor)}' is not built here, so it selects no step.`)
  return found
}

const nodesIn = ({ graph }: Evaluation, found: Marks): readonly number[] => {
  const nodes: number[] = []
  for (let i = 0; i < graph.nodes.length; i++) if (found[i] === 1) nodes.push(i)
  return nodes
}

const nodesOf = ({ index }: Evaluation, { nodes, assets }: Start): readonly number[] => [
  ...new Set([...nodes, ...assets.map((asset) => index.producers[asset]!).filter((node) => node >= 0)]),
]

/** Marks what reads the assets, what reads what that writes, and so on. */
function walkDown({ graph, index }: Evaluation, { assets }: Start, levels: number, found: Marks): void {
  const seen = new Uint8Array(graph.nodes.length)
  let next: number[] = []
  const reach = (node: number): void => {
    if (seen[node] === 1) return
    seen[node] = found[node] = 1
    next.push(node)
  }
  const readersOf = (asset: number): void => each(index.readers, asset, reach)
  for (const asset of assets) readersOf(asset)
  for (let level = 1; level < levels && next.length > 0; level++) {
    const nodes = next
    next = []
    for (const node of nodes) each(index.writes, node, readersOf)
  }
}

/** Marks what makes the inputs of the nodes, what makes the inputs of that, and so on; and the sources. */
function walkUp({ graph, index }: Evaluation, nodes: readonly number[], levels: number, found: Marks): void {
  const seen = new Uint8Array(graph.nodes.length)
  let next = nodes
  for (let level = 0; level < levels && next.length > 0; level++) {
    const reached: number[] = []
    for (const node of next)
      each(index.reads, node, (asset) => {
        const producer = index.producers[asset]!
        found[producer >= 0 ? producer : graph.nodes.length + asset] = 1
        if (producer < 0 || seen[producer] === 1) return
        seen[producer] = 1
        reached.push(producer)
      })
    next = reached
  }
}

function startOf(context: Evaluation, { method, value }: Factor): Start {
  const { graph, index } = context
  switch (method) {
    case 'name':
    case 'from':
    case 'to':
      return startAt(graph, index, value, context.jobs)
    case 'tag':
    case 'owner':
      return withLabel(context, method, value)
    case 'pipeline':
      return named(context, value, ({ pipeline }) => [pipeline], `No pipeline of the app is named '${value}'`)
    case 'resource':
      return named(
        context,
        value,
        ({ node }) => Object.keys(node.resources),
        `No node of the app needs a resource '${value}'`,
      )
    case 'domain': {
      const assets = numbersWhere(index.assets, (name) => domainOf(name) === value)
      if (assets.length > 0) return { nodes: [], assets }
      throw unknown(`No asset of the app is of the domain '${value}'`, value, index.assets.map(domainOf))
    }
    case 'state':
      return inState(context, value as StateTerm)
    case 'job':
      return ofJob(context, value)
  }
}

const domainOf = (asset: string): string => asset.slice(0, asset.indexOf('.'))

/** Nodes by a name that one of them has to have. @throws SELECTION_UNKNOWN */
function named(
  context: Evaluation,
  value: string,
  namesOf: (node: GraphNode) => readonly string[],
  sentence: string,
): Start {
  const { nodes } = context.graph
  const found = numbersWhere(nodes, (node) => namesOf(node).includes(value))
  if (found.length > 0) return ofNodes(context, found)
  throw unknown(sentence, value, nodes.flatMap(namesOf))
}

function unknown(sentence: string, value: string, known: Iterable<string>): LevadaError {
  const names = [...new Set(known)]
  const some =
    names.length > 20
      ? `${names.slice(0, 20).join(', ')} and ${names.length - 20} more`
      : names.join(', ') || 'none'
  return new LevadaError('SELECTION_UNKNOWN', `${sentence}; there are ${some}.${didYouMean(value, names)}`)
}

/** Nodes with all that they write. */
function ofNodes({ index }: Evaluation, nodes: readonly number[]): Start {
  const assets: number[] = []
  for (const node of nodes) each(index.writes, node, (asset) => assets.push(asset))
  return { nodes, assets }
}

function inState(context: Evaluation, state: StateTerm): Start {
  const ids = context.states.get(state)!
  const nodes = numbersWhere(context.graph.nodes, ({ id }) => ids.has(id))
  if (nodes.length === 0) context.notices.push(`Nothing is ${state}.`)
  return ofNodes(context, nodes)
}

/** @throws SELECTION_EMPTY */
function ofJob(context: Evaluation, name: string): Start {
  const { graph, index, jobOf } = context
  const notices: string[] = []
  const selection = jobOf(name)
  const found = evaluate({ ...context, notices }, selection)
  const start = ofNodes(context, nodesIn(context, found))
  const isOfStates = [...selection.terms, ...selection.exclude]
    .flat()
    .some(({ method }) => method === 'state' || method === 'job')
  // A job is there to do something.
  if (start.nodes.length === 0 && !isOfStates && context.errors.length === 0)
    throw new LevadaError('SELECTION_EMPTY', [`Job '${name}' selects nothing.`, ...notices].join(' '))
  context.notices.push(...notices)
  const unbuilt = numbersWhere(index.assets, (_, i) => found[graph.nodes.length + i] === 1)
  return { nodes: start.nodes, assets: [...start.assets, ...unbuilt] }
}

function numbersWhere<T>(all: readonly T[], is: (one: T, i: number) => boolean): readonly number[] {
  const found: number[] = []
  for (let i = 0; i < all.length; i++) if (is(all[i]!, i)) found.push(i)
  return found
}
