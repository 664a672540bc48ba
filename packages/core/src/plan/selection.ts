import {
  indexOf,
  parseSelection,
  printSelection,
  selectionText,
  type App,
  type Graph,
  type GraphNode,
  type Selection,
  type StateTerm,
} from '../app/index.ts'
import { didYouMean, LevadaError, throwAll } from '../errors/index.ts'
import { evaluate, type Marks } from './evaluate-selection.ts'

export interface Selected {
  readonly nodes: ReadonlySet<GraphNode>
  /** Sources and externals: nothing here builds them, so they have no step. */
  readonly unbuilt: ReadonlySet<string>
  /** What the user should know: a tag that nothing has. */
  readonly notices: readonly string[]
  /** Why nothing at all is selected, when that can only be a mistake: not what depends on `state:`, or a tag that nothing has. */
  readonly empty: LevadaError | undefined
}

export interface SelectOptions {
  /** Those that `job:` names. */
  readonly jobs?: App['jobs']
  /** Ids of the nodes in a state; asked once for each state that the selection says. */
  readonly stateOf?: (state: StateTerm) => Promise<ReadonlySet<string>>
}

/** What is selected, in numbers. */
export interface Marked extends Omit<Selected, 'nodes' | 'unbuilt'> {
  /** Undefined for everything. */
  readonly marks: Marks | undefined
}

/**
 * What a selection names. Each factor names assets, or nodes; what it selects is the nodes that write them, with all of
 * their outputs. Blank, comma and `--exclude` work on these nodes. Without terms it is everything.
 *
 * @throws SELECTION_SYNTAX, SELECTION_UNKNOWN for all names that are, SELECTION_EMPTY for a job, NOT_SUPPORTED for `state:` where nothing is known of states
 */
export async function select(graph: Graph, text: string, options: SelectOptions = {}): Promise<Selected> {
  const { marks, notices, empty } = await mark(graph, text, options)
  if (!marks) return { nodes: new Set(graph.nodes), unbuilt: new Set(unbuiltIn(graph)), notices, empty }
  return {
    nodes: new Set(graph.nodes.filter((_, i) => marks[i] === 1)),
    unbuilt: new Set(indexOf(graph).assets.filter((_, i) => marks[graph.nodes.length + i] === 1)),
    notices,
    empty,
  }
}

/** As {@link select}, in numbers. */
export async function mark(graph: Graph, text: string, options: SelectOptions = {}): Promise<Marked> {
  const selection = parseSelection(text)
  const { jobs = {}, stateOf } = options
  const states = new Map<StateTerm, ReadonlySet<string>>()
  for (const state of statesIn(selection, jobs)) {
    if (!stateOf)
      throw new LevadaError('NOT_SUPPORTED', `state:${state} cannot be known here.`, {
        hint: 'Ask session.select, or a command.',
      })
    states.set(state, await stateOf(state))
  }
  if (selection.terms.length + selection.exclude.length === 0)
    return { marks: undefined, notices: [], empty: undefined }
  const index = indexOf(graph)
  const notices: string[] = []
  const jobOf = (name: string): Selection => parseSelection(jobText(jobs, name))
  const errors: LevadaError[] = []
  const marks = evaluate({ graph, index, jobs: Object.keys(jobs), jobOf, states, notices, errors }, selection)
  const told = new Map(errors.map((error) => [error.message, error]))
  throwAll([...told.keys()].toSorted((a, b) => (a < b ? -1 : 1)).map((message) => told.get(message)!))
  const isNothing = marks.subarray(0, graph.nodes.length).indexOf(1) < 0
  const isMistake = isNothing && states.size === 0 && notices.length === 0
  return {
    marks,
    notices: [...new Set(notices)],
    empty: isMistake
      ? new LevadaError('SELECTION_EMPTY', `'${printSelection(selection)}' selects nothing.`)
      : undefined,
  }
}

const unbuiltIn = ({ assets, producers }: Graph): readonly string[] =>
  [...assets.keys()].filter((name) => !producers.has(name))

/** The selection of a job, as text. @throws SELECTION_UNKNOWN */
function jobText(jobs: App['jobs'], name: string): string {
  const job = Object.hasOwn(jobs, name) ? jobs[name] : undefined
  if (job) return selectionText(job.select, job.exclude)
  const names = Object.keys(jobs)
  throw new LevadaError(
    'SELECTION_UNKNOWN',
    `The app has no job '${name}'; there are ${names.join(', ') || 'none'}.${didYouMean(name, names)}`,
  )
}

/** The states that have to be known for a selection, those of its jobs included. @throws SELECTION_UNKNOWN, CYCLE */
export function statesIn(
  selection: Selection,
  jobs: App['jobs'],
  inside: readonly string[] = [],
): ReadonlySet<StateTerm> {
  const states = new Set<StateTerm>()
  for (const { method, value } of [...selection.terms, ...selection.exclude].flat()) {
    if (method === 'state') states.add(value as StateTerm)
    if (method !== 'job') continue
    const path = [...inside, value]
    if (inside.includes(value))
      throw new LevadaError(
        'CYCLE',
        `Jobs select each other in a circle: ${path.slice(path.indexOf(value)).join(' → ')}.`,
        {
          hint: 'Break the circle: one of them has to say what it selects.',
        },
      )
    for (const state of statesIn(parseSelection(jobText(jobs, value)), jobs, path)) states.add(state)
  }
  return states
}
