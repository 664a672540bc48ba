import { allChecks, dimensionsOf, type PartitionKey } from '../asset/index.ts'
import { indexOf, listed, type App, type Graph, type GraphIndex } from '../app/index.ts'
import { placeOf, type Catalog, type Engines } from '../catalog/index.ts'
import type { KeptHeads, Version } from '../dataset/index.ts'
import type { Environment } from '../config/index.ts'
import { throwAll, toLevadaErrors, type LevadaError } from '../errors/index.ts'
import { decideNodes, type Mode } from './decide-nodes.ts'
import type { GuaranteesRow } from './guarantees.ts'
import { engineOf, stepMaker, type Places } from './make-steps.ts'
import { nodeStates } from './node-states.ts'
import { checkRequest, partitionsFor, requestText, type PartitionRequest } from './partitions.ts'
import { pinInputs } from './pin-inputs.ts'
import type { Reading } from './reading.ts'
import { mark, select, type Selected } from './selection.ts'
import { openStanding, type AllStanding, type Heads } from './standing.ts'
import { openStates, type Fingerprints, type States } from './states.ts'
import type { Step } from './step.ts'
import { unseenNotices } from './unseen.ts'

export type { Step, StepInput, StepOutput } from './step.ts'

/** A node that need not run. */
export interface SkippedStep {
  readonly id: string
  readonly pipeline: string
  readonly node: string
  /** The partitions that were asked for; undefined for all. */
  readonly partitions: readonly PartitionKey[] | undefined
  /** `exists`: something is stored, and only what is missing was asked for. */
  readonly reason: 'unchanged' | 'exists'
  /** What stands there, by asset key. */
  readonly versions: Readonly<Record<string, Version>>
}

/** The run that a plan goes on with: it has what is left of it. */
export interface Resumption {
  readonly runId: string
  /** What its function nodes take for the time of the run: UTC, ISO 8601. */
  readonly now: string
  /** Ids of the steps that are done. */
  readonly finished: readonly string[]
  /** What it has published, by asset key: the last version of each. */
  readonly made: ReadonlyMap<string, Version>
  /** Ids of all versions that it has published, as far as they are kept. */
  readonly versions: ReadonlySet<string>
}

export interface Plan {
  readonly env: string
  readonly selection: string
  /** The partitions that were asked for, as text. */
  readonly partition?: string
  /** Of a backfill: how many partitions along time one step writes. */
  readonly chunk?: number
  readonly mode: Mode
  readonly resumes?: Resumption
  /** In an order in which they can run. */
  readonly steps: readonly Step[]
  /** What is stored as these would make it. */
  readonly skipped: readonly SkippedStep[]
  /** How many partitions of each node are asked for, where some are; the steps write those that have to be. */
  readonly asked: Readonly<Record<string, number>>
  /** Steps of a backfill that are beyond its limit, or need one that is. */
  readonly later: readonly Step[]
  readonly notices: readonly string[]
  /** What holds for the assets that the steps write. */
  readonly guarantees: readonly GuaranteesRow[]
}

export interface PlanRequest {
  readonly graph: Graph
  readonly catalog: Catalog
  readonly engines: Engines
  readonly reading: Reading
  /** What was read of manifests before. */
  readonly keptHeads?: KeptHeads
  readonly environment: Environment
  readonly app: string
  /** What is to be told of the app itself. */
  readonly notices: readonly string[]
  readonly env: string
  readonly selection: string
  /** What `job:` may name. */
  readonly jobs: App['jobs']
  /** Ids of nodes that failed in the latest run that had them, for `state:failed`. */
  readonly failedNodes?: (() => Promise<ReadonlySet<string>>) | undefined
  readonly partition: PartitionRequest | undefined
  readonly mode: Mode
  readonly fingerprints: Fingerprints
  /** What begins later does not exist yet. */
  readonly now: Date
  /** All that may exist and are over, unless others are named, in steps of so many along time. */
  readonly backfill?: Backfill
}

/** Partitions in steps of so many along time. */
export interface Backfill {
  readonly chunk: number
  /** How many steps of each node the plan has; all when left out. */
  readonly limit?: number
}

/** What it takes to say what a selection names now. */
export type SelectRequest = Pick<
  PlanRequest,
  'graph' | 'catalog' | 'reading' | 'env' | 'selection' | 'jobs' | 'fingerprints' | 'failedNodes'
>

/** What a selection names now, its states included. @throws SELECTION_SYNTAX, SELECTION_UNKNOWN, SELECTION_EMPTY for a job */
export function selectNow(request: SelectRequest): Promise<Selected> {
  const standing = openStanding(request)
  const states = statesFrom(request.graph, standing)
  return select(request.graph, request.selection, selectOptions(request, standing, states))
}

const selectOptions = (
  { graph, jobs, fingerprints, failedNodes }: SelectRequest,
  heads: Heads,
  states: States,
) => ({ jobs, stateOf: nodeStates({ graph, fingerprints, states, heads, failedNodes }) })

function statesFrom(graph: Graph, standing: AllStanding): States {
  const { assetNumbers } = indexOf(graph)
  return openStates(graph, (asset) => standing.find(assetNumbers.get(asset)!))
}

/**
 * Orders the steps of a selection and pins what they read. Nodes go by their place in the graph and assets by their number, since
 * there may be very many.
 * @throws SELECTION_SYNTAX, SELECTION_UNKNOWN, SELECTION_EMPTY, PARTITION_UNKNOWN, NOT_MATERIALIZED, DATA_MISSING, NOT_SUPPORTED, …: all at once
 */
export async function makePlan(request: PlanRequest): Promise<Plan> {
  const { graph, fingerprints } = request
  const index = indexOf(graph)
  const standing = openStanding(request)
  const states = statesFrom(graph, standing)
  const { marks, notices, empty } = await mark(
    graph,
    request.selection,
    selectOptions(request, standing, states),
  )
  if (empty) throw empty
  const selected: number[] = []
  for (let node = 0; node < graph.nodes.length; node++) if (!marks || marks[node] === 1) selected.push(node)
  const errors: LevadaError[] = []
  const fail = (error: unknown): void => void errors.push(...toLevadaErrors(error))
  const { nodes, partitionsOf } = askedOf(request, selected, fail)
  const { other } = request.reading
  const onlyRead: Places = other ? await other.catalog.places() : new Map()
  const toRun = await decideNodes({
    graph,
    nodes,
    partitionsOf,
    mode: request.mode,
    now: request.now,
    fingerprints,
    states,
    heads: standing,
    isRefused: (asset, head) =>
      head.app !== request.app ||
      (onlyRead.size > 0 && placeOf(standing.entry(asset).dataset).then((place) => onlyRead.has(place))),
    onRun: startEngines(request),
  })
  const running = selected.filter((node) => toRun[node])
  // Loading an engine takes this thread; what it does then, others do.
  if (running.length > 0) await new Promise((resolve) => setImmediate(resolve))
  // A run writes down first what its nodes compute with; what tells that is loaded while an engine starts.
  const first = graph.nodes[running[0] ?? -1]
  if (first) fingerprints.of(first, first.outputs[0]).catch(() => {})
  const written = new Uint8Array(index.assets.length)
  listed(index.writes, running).forEach((asset) => (written[asset] = 1))
  // Of what cannot be asked for so, that is what is told, and not that it is missing.
  if (nodes.length < selected.length) listed(index.writes, selected).forEach((asset) => (written[asset] = 1))
  const late: string[] = []
  const pins = await pinInputs(request, { selected, running, written, standing }, errors, late)
  await states.look([...pins].flatMap(([asset, { version }]) => (version ? [] : [index.assets[asset]!])))
  const stateOf = (asset: string): string | undefined => states.of(asset, undefined)
  const maker = stepMaker({ request, index, pins, written, onlyRead, standing, stateOf })
  const steps: Step[] = []
  for (const source of sourcesOf(graph, index, running)) {
    const { asset, pipeline } = graph.assets.get(index.assets[source]!)!
    if (allChecks(asset).length === 0) continue
    try {
      const step = await maker.source(asset, pipeline)
      steps.push(step)
      maker.add(step, source)
    } catch (error) {
      fail(error)
    }
  }
  const { limit = Infinity } = request.backfill ?? {}
  const later = new Map<string, Step>()
  const following: Step[] = []
  const add = (step: Step, node: number, piece: number, isPiece: boolean): void => {
    if (piece >= limit || (later.size > 0 && step.needs.some((id) => later.has(id)))) later.set(step.id, step)
    steps.push(step)
    if (step.outputs.some(({ follows }) => follows)) following.push(step)
    const { offsets, values } = index.writes
    for (let i = offsets[node]!, end = offsets[node + 1]!; i < end; i++)
      if (isPiece) maker.addPiece(step, values[i]!)
      else maker.add(step, values[i]!)
  }
  for (const node of running) {
    const run = toRun[node]!
    try {
      const pieces = run.partitions && maker.pieces(node, run)
      if (pieces) (await pieces).forEach((step, piece) => add(step, node, piece, true))
      else {
        const step = maker.node(node, run)
        add('then' in step ? await step : step, node, 0, false)
      }
    } catch (error) {
      fail(error)
    }
  }
  throwAll(
    unique(errors).filter(
      (error, i, all) =>
        error.code !== 'PARTITION_UNKNOWN' || all.findIndex(({ code }) => code === 'PARTITION_UNKNOWN') === i,
    ),
  )
  const { env, selection, partition, mode } = request
  return {
    env,
    selection,
    ...(partition !== undefined && { partition: requestText(partition) }),
    ...(request.backfill && { chunk: request.backfill.chunk }),
    mode,
    steps: withoutLater(steps, later),
    later: [...later.values()],
    asked: askedCounts(graph, nodes, partitionsOf),
    skipped: skippedOf(
      request,
      selected.filter((node) => !toRun[node]),
      partitionsOf,
      standing,
    ),
    notices: [...request.notices, ...notices, ...late, ...unseenNotices(graph, following, env)],
    guarantees: maker.guarantees(),
  }
}

/** Neither those that are for later nor checks of sources that only those read. */
function withoutLater(steps: readonly Step[], later: ReadonlyMap<string, Step>): readonly Step[] {
  if (later.size === 0) return steps
  const now = steps.filter(({ id }) => !later.has(id))
  const needed = new Set(now.flatMap(({ needs }) => needs))
  return now.filter(({ id, work }) => work.kind === 'node' || needed.has(id))
}

interface Asked {
  /** Those of the selected nodes that can be asked for it. */
  readonly nodes: readonly number[]
  /** The partitions of a node that are asked for; undefined when its outputs have none, or all are. */
  readonly partitionsOf: (node: number) => readonly PartitionKey[] | undefined
}

function askedCounts(
  graph: Graph,
  nodes: readonly number[],
  partitionsOf: Asked['partitionsOf'],
): Plan['asked'] {
  const counts: Record<string, number> = {}
  for (const node of nodes) {
    const partitions = partitionsOf(node)
    if (partitions) counts[graph.nodes[node]!.id] = partitions.length
  }
  return counts
}

/** What is asked of the selected nodes. Partitions of nodes whose outputs have the same dimensions are one list. */
function askedOf(
  { graph, partition, now, backfill }: PlanRequest,
  selected: readonly number[],
  fail: (error: unknown) => void,
): Asked {
  if (partition === undefined && !backfill) return { nodes: selected, partitionsOf: () => undefined }
  if (selected.length > 0) {
    try {
      checkRequest(
        partition ?? {},
        selected.flatMap((node) => graph.nodes[node]!.outputs),
      )
    } catch (error) {
      fail(error)
    }
  }
  const known = new Map<string, readonly PartitionKey[] | undefined>()
  const asked: (readonly PartitionKey[] | undefined)[] = Array.from({ length: graph.nodes.length })
  const nodes = selected.filter((node) => {
    const { outputs } = graph.nodes[node]!
    const text = JSON.stringify(outputs.map(dimensionsOf))
    try {
      if (!known.has(text))
        known.set(text, partitionsFor(partition ?? {}, outputs, { now, backfill: backfill !== undefined }))
      asked[node] = known.get(text)
      return true
    } catch (error) {
      fail(error)
      return false
    }
  })
  return { nodes, partitionsOf: (node) => asked[node] }
}

/** Has engines begin to start, so that the rest is planned meanwhile. What goes wrong is told by the steps that need them. */
function startEngines({ graph, engines }: PlanRequest): (node: number) => void {
  const index = indexOf(graph)
  const started = new Set<string>()
  return (node) => {
    try {
      const name = engineOf(engines, index, node)
      if (started.has(name)) return
      started.add(name)
      engines.get(name).catch(() => {})
    } catch {
      // Told by its step.
    }
  }
}

function skippedOf(
  { graph, mode }: PlanRequest,
  nodes: readonly number[],
  partitionsOf: Asked['partitionsOf'],
  heads: Heads,
): readonly SkippedStep[] {
  const { writes } = indexOf(graph)
  const reason = mode === 'missing' ? 'exists' : 'unchanged'
  return nodes.map((number) => {
    const { id, pipeline, node, writes: names } = graph.nodes[number]!
    const versions: Record<string, Version> = {}
    for (let i = 0; i < names.length; i++)
      versions[names[i]!] = heads.head(writes.values[writes.offsets[number]! + i]!)!
    return { id, pipeline, node: node.name, partitions: partitionsOf(number), reason, versions }
  })
}

const unique = (errors: readonly LevadaError[]): readonly LevadaError[] => [
  ...new Map(errors.map((error) => [error.code + error.message, error])).values(),
]

/** Numbers of the sources that some nodes read. */
function sourcesOf(
  graph: Graph,
  { assets, reads, producers }: GraphIndex,
  nodes: readonly number[],
): readonly number[] {
  const seen = new Uint8Array(assets.length)
  const sources: number[] = []
  listed(reads, nodes).forEach((asset) => {
    if (producers[asset]! >= 0 || seen[asset] === 1) return
    seen[asset] = 1
    if (graph.assets.get(assets[asset]!)!.role === 'source') sources.push(asset)
  })
  return sources
}
