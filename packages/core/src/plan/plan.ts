import {
  allChecks,
  dimensionsOf,
  partitionId,
  partitionText,
  splitPartitions,
  type AnyAsset,
  type PartitionKey,
} from '../asset/index.ts'
import { type App, type Graph, type GraphNode } from '../app/index.ts'
import { placeOf, type Catalog, type Engines } from '../catalog/index.ts'
import type { Dataset, Version } from '../dataset/index.ts'
import type { Environment } from '../config/index.ts'
import type { Engine } from '../engine/index.ts'
import { LevadaError, placed, throwAll, toLevadaErrors, type Place } from '../errors/index.ts'
import { viewsBelow, type AnyNode } from '../pipeline/index.ts'
import { checkRequest, partitionsFor, requestText, type PartitionRequest } from './partitions.ts'
import { groupGuarantees, guaranteesOnce, type Guarantees, type GuaranteesRow } from './guarantees.ts'
import { readPartitions, storedKeys } from './read-partitions.ts'
import type { Reading } from './reading.ts'
import { nodeStates } from './node-states.ts'
import { select, type Selected } from './selection.ts'
import { decideNodes, type Mode } from './decide-nodes.ts'
import { checkFresh } from './freshness.ts'
import type { ToRun } from './decide.ts'
import { buildsOn, followsOf, type Follows } from './builds-on.ts'
import { showReasons, type Reason } from './reason.ts'
import { openStanding, type AllStanding, type Heads, type Pin } from './standing.ts'
import { openStates, type Fingerprints } from './states.ts'
import { checkGrains, checkStored, checkTable, clashes, partitionsAmong, storedColumns } from './stored.ts'
import { runWithMissing } from './command.ts'
import { unseenNotices } from './unseen.ts'
import { queryDenied, writeDenied } from './write-problem.ts'

export interface StepInput {
  readonly asset: string
  /** `run`: what this run makes; `version`: pinned; `source`: as it is when the step reads it. */
  readonly from: 'run' | 'version' | 'source'
  readonly version?: Version
  /** Of what has no versions: changes when it does; undefined when that cannot be told. */
  readonly state?: string
  /** The partitions that are read; undefined for all. */
  readonly partitions: readonly PartitionKey[] | undefined
  /** The environment that it is read from. */
  readonly env: string
  /** The engine of the step cannot scan it: its rows are moved there by columns. */
  readonly moved: boolean
}

export interface StepOutput {
  readonly asset: string
  readonly dataset: string
  readonly address: string
  /** The version that it replaces, wholly or in part. */
  readonly base: Version | undefined
  /** The partitions that are replaced; undefined for all. */
  readonly replaces: readonly PartitionKey[] | undefined
  /** Of an incremental asset that is not made anew: from where on rows are added or replaced. */
  readonly follows?: Follows
  /** The engine of the step cannot write it: its rows are moved there by columns. */
  readonly moved: boolean
}

/** One node for one partition range, or the checks of one source. */
export interface Step {
  readonly id: string
  readonly pipeline: string
  /** The node's name; `source:<asset>` for the checks of a source. */
  readonly node: string
  readonly work:
    | { readonly kind: 'node'; readonly node: GraphNode }
    | { readonly kind: 'source'; readonly source: AnyAsset }
  /** The partitions that it writes, in one act; undefined for all, and where there are none. */
  readonly partitions: readonly PartitionKey[] | undefined
  /** The reasons, as one text. */
  readonly reason: string
  readonly reasons: readonly Reason[]
  readonly engine: string
  /** Views that are fused into its statement. */
  readonly views: readonly string[]
  readonly inputs: readonly StepInput[]
  readonly outputs: readonly StepOutput[]
  /** Ids of the steps that have to succeed first. */
  readonly needs: readonly string[]
  /** Ids of steps that have to end first, however they do: they write other partitions of the same assets. */
  readonly after?: readonly string[]
}

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
  return selectFrom(request, standing, openStates(request.graph, standing.find))
}

const selectFrom = (
  { graph, selection, jobs, fingerprints, failedNodes }: SelectRequest,
  heads: Heads,
  states: ReturnType<typeof openStates>,
): Promise<Selected> =>
  select(graph, selection, {
    jobs,
    stateOf: nodeStates({ graph, fingerprints, states, heads, failedNodes }),
  })

/**
 * Orders the steps of a selection and pins what they read.
 * @throws SELECTION_SYNTAX, SELECTION_UNKNOWN, SELECTION_EMPTY, PARTITION_UNKNOWN, NOT_MATERIALIZED, DATA_MISSING, NOT_SUPPORTED, …: all at once
 */
export async function makePlan(request: PlanRequest): Promise<Plan> {
  const { graph, fingerprints } = request
  const standing = openStanding(request)
  const states = openStates(graph, standing.find)
  const { nodes, notices, empty } = await selectFrom(request, standing, states)
  if (empty) throw empty
  const selected = graph.nodes.filter((node) => nodes.has(node))
  const errors: LevadaError[] = []
  const fail = (error: unknown): void => void errors.push(...toLevadaErrors(error))
  try {
    if ((request.partition !== undefined || request.backfill) && selected.length > 0)
      checkRequest(
        request.partition ?? {},
        selected.flatMap(({ node }) => Object.values(node.outputs)),
      )
  } catch (error) {
    fail(error)
  }
  const partitionsOf = askOnce(request)
  const asked = new Map<GraphNode, readonly PartitionKey[] | undefined>()
  for (const node of selected) {
    try {
      asked.set(node, partitionsOf(node))
    } catch (error) {
      fail(error)
    }
  }
  const { other } = request.reading
  const onlyRead: Places = other ? await other.catalog.places() : new Map()
  const toRun = await decideNodes({
    graph,
    nodes: [...asked.keys()],
    partitionsOf: (node) => asked.get(node),
    mode: request.mode,
    now: request.now,
    fingerprints,
    states,
    heads: standing,
    isRefused: async (asset, head) =>
      head.app !== request.app || onlyRead.has(await placeOf(request.catalog.entry(asset).dataset)),
    onRun: startEngines(request),
  })
  // Loading an engine takes this thread; what it does then, others do.
  if (toRun.size > 0) await new Promise((resolve) => setImmediate(resolve))
  // A run writes down first what its nodes compute with; what tells that is loaded while an engine starts.
  const [first] = toRun.keys()
  if (first) fingerprints.of(first, Object.values(first.node.outputs)[0]).catch(() => {})
  const running = selected.filter((node) => toRun.has(node))
  const late: string[] = []
  const pins = await pinInputs(request, { selected, running, standing }, errors, late)
  await states.look([...pins].flatMap(([name, { version }]) => (version ? [] : [name])))
  const written = new Set(running.flatMap((node) => node.writes))
  const steps: Step[] = []
  /** The steps that make or check an asset. */
  const makers = new Map<string, Step[]>()
  const add = (step: Step): void => {
    steps.push(step)
    const { work } = step
    for (const asset of work.kind === 'source' ? [work.source.name] : work.node.writes)
      makers.set(asset, pushed(makers.get(asset), step))
  }
  const stateOf = (asset: string): string | undefined => states.of(asset, undefined)
  const ready: Ready = { engines: new Map(), moved: new Map() }
  for (const source of sourcesOf(graph, running)) {
    if (allChecks(source.asset).length > 0)
      await sourceStep({ request, ready, stateOf }, source.asset, source.pipeline).then(add, fail)
  }
  const planning = { request, pins, written, onlyRead, makers, heads: standing, ready, stateOf }
  const { limit = Infinity } = request.backfill ?? {}
  const later = new Map<string, Step>()
  const addOf = (step: Step, piece: number): void => {
    if (piece >= limit || (later.size > 0 && step.needs.some((id) => later.has(id)))) later.set(step.id, step)
    add(step)
  }
  for (const node of running) {
    const run = toRun.get(node)!
    try {
      const pieces = piecesOf(request, node, run)
      if (pieces) (await pieceSteps(planning, node, run, pieces)).forEach(addOf)
      else addOf(await nodeStep(planning, node, run), 0)
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
    asked: Object.fromEntries(
      [...asked].flatMap(([{ id }, partitions]) => (partitions ? [[id, partitions.length]] : [])),
    ),
    skipped: skippedOf(
      request,
      selected.filter((node) => !toRun.has(node)),
      asked,
      standing,
    ),
    notices: [...request.notices, ...notices, ...late, ...unseenNotices(graph, steps, env)],
    guarantees: guaranteesIn(request, steps, ready),
  }
}

/** Neither those that are for later nor checks of sources that only those read. */
function withoutLater(steps: readonly Step[], later: ReadonlyMap<string, Step>): readonly Step[] {
  if (later.size === 0) return steps
  const now = steps.filter(({ id }) => !later.has(id))
  const needed = new Set(now.flatMap(({ needs }) => needs))
  return now.filter(({ id, work }) => work.kind === 'node' || needed.has(id))
}

/** What holds for what the steps write. */
export function guaranteesIn(
  { catalog }: PlanRequest,
  steps: readonly Step[],
  { engines }: Ready,
): readonly GuaranteesRow[] {
  const holds = guaranteesOnce()
  const guarantees: { asset: string; holds: Guarantees }[] = []
  for (const { engine: name, outputs } of steps)
    for (const { asset, moved } of outputs)
      guarantees.push({
        asset,
        holds: holds(catalog.entry(asset).dataset, engines.get(name)!, moved),
      })
  return groupGuarantees(guarantees)
}

/**
 * The partitions of a node that are asked for; undefined when its outputs have none, or all are. Those of nodes whose outputs have
 * the same dimensions are one list.
 * @throws PARTITION_UNKNOWN
 */
function askOnce({
  partition,
  now,
  backfill,
}: PlanRequest): (of: GraphNode) => readonly PartitionKey[] | undefined {
  if (partition === undefined && !backfill) return () => undefined
  const known = new Map<string, readonly PartitionKey[] | undefined>()
  return ({ node }) => {
    const outputs = Object.values(node.outputs)
    const text = JSON.stringify(outputs.map(dimensionsOf))
    if (!known.has(text))
      known.set(text, partitionsFor(partition ?? {}, outputs, { now, backfill: backfill !== undefined }))
    return known.get(text)
  }
}

/** Has engines begin to start, so that the rest is planned meanwhile. What goes wrong is told by the steps that need them. */
function startEngines({ engines }: PlanRequest): (of: GraphNode) => void {
  const started = new Set<string>()
  return ({ node }) => {
    try {
      const name = engineOf(engines, node)
      if (started.has(name)) return
      started.add(name)
      engines.get(name).catch(() => {})
    } catch {
      // Told by its step.
    }
  }
}

const pushed = <T>(list: T[] | undefined, item: T): T[] => {
  if (!list) return [item]
  list.push(item)
  return list
}

function skippedOf(
  { mode }: PlanRequest,
  nodes: readonly GraphNode[],
  asked: ReadonlyMap<GraphNode, readonly PartitionKey[] | undefined>,
  heads: Heads,
): readonly SkippedStep[] {
  const skipped: SkippedStep[] = []
  for (const node of nodes) {
    const versions: Record<string, Version> = {}
    for (const asset of node.writes) versions[asset] = heads.head(asset)!
    const { id, pipeline } = node
    const reason = mode === 'missing' ? 'exists' : 'unchanged'
    skipped.push({ id, pipeline, node: node.node.name, partitions: asked.get(node), reason, versions })
  }
  return skipped
}

const engineOf = (engines: Engines, { outputs }: AnyNode): string =>
  engines.nameFor(Object.values(outputs)[0]?.name)

const unique = (errors: readonly LevadaError[]): readonly LevadaError[] => [
  ...new Map(errors.map((error) => [error.code + error.message, error])).values(),
]

const sourcesOf = (
  graph: Graph,
  nodes: readonly GraphNode[],
): readonly { asset: AnyAsset; pipeline: string }[] =>
  [...new Set(nodes.flatMap((node) => node.reads))]
    .map((name) => graph.assets.get(name)!)
    .filter(({ role }) => role === 'source')

/** What stands where in the environment that is only read. */
export type Places = Awaited<ReturnType<Catalog['places']>>

interface Readers {
  readonly selected: readonly GraphNode[]
  readonly running: readonly GraphNode[]
  readonly standing: AllStanding
}

/** Pins what the steps read. How old sources and externals are counts for what is skipped, too. */
async function pinInputs(
  request: PlanRequest,
  { selected, running, standing }: Readers,
  errors: LevadaError[],
  told: string[],
): Promise<ReadonlyMap<string, Pin>> {
  const pins = new Map<string, Pin>()
  const missing: string[] = []
  const written = new Set(running.flatMap((node) => node.writes))
  const read = new Set(running.flatMap((node) => node.reads))
  for (const name of new Set(selected.flatMap((node) => node.reads))) {
    const { role, asset } = request.graph.assets.get(name)!
    if (written.has(name) || (!read.has(name) && role === 'asset')) continue
    try {
      const pin = await standing.find(name)
      const { dataset, version } = pin
      pins.set(name, pin)
      const isThere = role === 'source' || (!version && (await dataset.exists()))
      const late = await checkFresh(request, name, pin)
      if (late !== undefined) told.push(late)
      if (version || !read.has(name)) continue
      if (isThere) await checkFound(request, asset, dataset)
      else if (request.graph.producers.has(name)) missing.push(name)
      else {
        throw new LevadaError('NOT_MATERIALIZED', notBuilt(request, name), {
          hint: 'Run the deployment that builds it first.',
        })
      }
    } catch (error) {
      errors.push(...toLevadaErrors(error).map((one) => placed(one, storedAt(request, name, one))))
    }
  }
  // One command for all of them.
  const hint = runWithMissing(request, missing)
  for (const name of missing)
    errors.push(new LevadaError('NOT_MATERIALIZED', notBuilt(request, name), { hint }))
  return pins
}

const notBuilt = ({ env }: PlanRequest, asset: string): string =>
  `'${asset}' has not been built in environment '${env}', and this selection does not build it.`

/** The catalog entry that a failure of storage follows from. */
function storedAt(
  { catalog, reading }: PlanRequest,
  asset: string,
  { code }: LevadaError,
): Place | undefined {
  if (!['DATA_MISSING', 'SOURCE_SCHEMA', 'STORAGE', 'NOT_SUPPORTED'].includes(code) || reading.other)
    return undefined
  return catalog.entry(asset).place
}

/** Engines that have started, and the datasets that each neither scans nor writes: what is known of them is not waited for. */
interface Ready {
  readonly engines: Map<string, Engine>
  readonly moved: Map<Engine, Map<Dataset, boolean>>
}

async function engineNamed(
  { request, ready }: Pick<Planning, 'request' | 'ready'>,
  name: string,
): Promise<Engine> {
  const engine = await request.engines.get(name)
  ready.engines.set(name, engine)
  if (!ready.moved.has(engine)) ready.moved.set(engine, new Map())
  return engine
}

/** Whether an engine neither scans nor writes what a dataset stores. */
async function isMoved({ moved }: Ready, engine: Engine, dataset: Dataset): Promise<boolean> {
  const is = !engine.canScan(await dataset.emptyLocation())
  moved.get(engine)!.set(dataset, is)
  return is
}

/** What has no version is as it is found; a table tells its columns without being read. @throws DATA_MISSING, SOURCE_SCHEMA */
async function checkFound({ reading }: PlanRequest, asset: AnyAsset, dataset: Dataset): Promise<void> {
  const location = await dataset.locate(undefined)
  if (location.kind !== 'table') return
  const engine = await reading.engines.find((each) => each.canScan(location))
  if (!engine) return
  await using session = await engine.open()
  checkTable(asset, dataset.address, await session.describe(location))
}

const sourceReason: readonly Reason[] = [{ kind: 'source', names: [] }]

/** The checks of a source, before it is read. */
export async function sourceStep(
  planning: Pick<Planning, 'request' | 'ready' | 'stateOf'>,
  source: AnyAsset,
  pipeline: string,
): Promise<Step> {
  const { catalog, engines, env } = planning.request
  const state = planning.stateOf(source.name)
  const name = engines.nameFor(source.name)
  const engine = await engineNamed(planning, name)
  const moved = await isMoved(planning.ready, engine, catalog.entry(source.name).dataset)
  return {
    id: `source:${source.name}`,
    pipeline,
    node: `source:${source.name}`,
    work: { kind: 'source', source },
    partitions: undefined,
    reason: showReasons(sourceReason),
    reasons: sourceReason,
    engine: name,
    views: [],
    inputs: [
      {
        asset: source.name,
        from: 'source',
        ...(state !== undefined && { state }),
        partitions: undefined,
        env,
        moved,
      },
    ],
    outputs: [],
    needs: [],
  }
}

/** What all steps of a plan are made with. */
export interface Planning {
  readonly request: PlanRequest
  readonly pins: ReadonlyMap<string, Pin>
  readonly written: ReadonlySet<string>
  readonly onlyRead: Places
  readonly makers: ReadonlyMap<string, readonly Step[]>
  readonly heads: Heads
  readonly ready: Ready
  /** The state of what has no versions. */
  readonly stateOf: (asset: string) => string | undefined
}

interface Pieces {
  readonly names: readonly string[]
  readonly pieces: readonly (readonly PartitionKey[])[]
}

/** What has to be written by several steps: pieces of time without a gap. */
function piecesOf({ backfill }: PlanRequest, { node }: GraphNode, { partitions }: ToRun): Pieces | undefined {
  const partitioned = partitions && Object.values(node.outputs).find((asset) => asset.partitions.length > 0)
  if (!partitioned) return undefined
  const dimensions = dimensionsOf(partitioned)
  const pieces = splitPartitions(dimensions, partitions, backfill?.chunk)
  return pieces.length === 1 ? undefined : { pieces, names: dimensions.map(({ column }) => column) }
}

/** A step for each piece, one after the other. */
async function pieceSteps(
  planning: Planning,
  node: GraphNode,
  toRun: ToRun,
  { names, pieces }: Pieces,
): Promise<readonly Step[]> {
  const steps: Step[] = []
  for (const piece of pieces) {
    const step = await nodeStep(planning, node, { ...toRun, partitions: piece })
    const text = partitionText(names, piece)
    const range = names.length === 1 ? text.slice(names[0]!.length + 1) : text
    const before = steps.at(-1)
    steps.push({ ...step, id: `${step.id}@${range}`, ...(before && { after: [before.id] }) })
  }
  return steps
}

/** Whether a step makes something of the partitions that are read. */
function makes(
  { work, partitions }: Step,
  read: readonly PartitionKey[] | undefined,
  names: readonly string[],
): boolean {
  if (!read || !partitions || work.kind === 'source') return true
  const made = new Set(partitions.map((key) => partitionId(names, key)))
  const stored = partitions.map((key) => ({ key }))
  return storedKeys(names, stored, read).some((key) => made.has(partitionId(names, key)))
}

/** A step of a node, with its pins. @throws NOT_SUPPORTED, CATALOG_CLASH, FOREIGN_ASSET, STALE_SCHEMA */
export async function nodeStep(
  planning: Planning,
  node: GraphNode,
  { reasons, partitions }: ToRun,
): Promise<Step> {
  const { request, pins, written, onlyRead, makers, heads, ready, stateOf } = planning
  const { graph, catalog, engines, reading } = request
  const assets = Object.values(node.node.outputs)
  const engineName = engineOf(engines, node.node)
  const engine = ready.engines.get(engineName) ?? (await engineNamed(planning, engineName))
  const moved = ready.moved.get(engine)!
  const datasetOf = (name: string): Dataset => pins.get(name)?.dataset ?? catalog.entry(name).dataset
  const outputs: StepOutput[] = []
  for (const asset of assets) {
    const { dataset, place } = catalog.entry(asset.name)
    const base = heads.head(asset.name)
    const output = { asset, dataset, node: node.node, engine }
    const problem =
      writeDenied(output) ??
      (dataset.capabilities.rows === true ? undefined : await queryDenied(output, datasetOf))
    if (problem !== undefined) throw new LevadaError('NOT_SUPPORTED', problem, { place })
    const there =
      onlyRead.size > 0 ? onlyRead.get(await placeOf(dataset))?.map((entry) => entry.asset) : undefined
    if (there)
      throw new LevadaError(
        'CATALOG_CLASH',
        `'${asset.name}' would be written to ${dataset.address}, where environment '${reading.other!.env}' has ${there.includes(asset.name) ? 'it' : `'${there[0]}'`}, which is only read.`,
        { place, hint: `Give it a place of its own in conf/${request.env}/catalog.yml or globals.yml.` },
      )
    if (base && base.app !== request.app)
      throw new LevadaError(
        'FOREIGN_ASSET',
        `'${asset.name}' is written by the app '${base.app}' (run ${base.runId}), not by '${request.app}'.`,
        { place },
      )
    const replaces = asset.partitions.length > 0 ? partitions : undefined
    if (base && replaces) checkGrains(asset, base, request.env)
    if (base && replaces && dataset.standing) checkKept(request, asset, base, replaces)
    const follows =
      asset.incremental &&
      base &&
      buildsOn({ partitions, reasons }, node, base, await request.fingerprints.of(node, asset))
        ? followsOf(asset, base)
        : undefined
    outputs.push({
      asset: asset.name,
      dataset: dataset.type,
      address: dataset.address,
      base,
      replaces,
      ...(follows && { follows }),
      moved: moved.get(dataset) ?? (await isMoved(ready, engine, dataset)),
    })
  }
  const inputs: StepInput[] = []
  for (const name of node.reads) {
    const pin = pins.get(name)
    const from = written.has(name) ? 'run' : pin?.version ? 'version' : 'source'
    const read = readPartitions(graph, node, name, partitions)
    const state = from === 'source' ? stateOf(name) : undefined
    if (pin?.version && read) checkGrains(graph.assets.get(name)!.asset, pin.version, request.env)
    if (pin?.version) checkPinned(request, node, name, pin.version, read)
    const dataset = datasetOf(name)
    inputs.push({
      asset: name,
      from,
      ...(pin?.version && { version: pin.version }),
      ...(state !== undefined && { state }),
      partitions: read,
      env: pin?.env ?? request.env,
      moved: moved.get(dataset) ?? (await isMoved(ready, engine, dataset)),
    })
  }
  return {
    id: node.id,
    pipeline: node.pipeline,
    node: node.node.name,
    work: { kind: 'node', node },
    partitions,
    reason: showReasons(reasons),
    reasons,
    engine: engineName,
    views: viewsBelow(Object.values(node.node.inputs)).map(({ name }) => name),
    inputs,
    outputs,
    needs: needsOf(inputs, makers, graph),
  }
}

/** Ids of the steps that make what is read. */
function needsOf(
  inputs: readonly StepInput[],
  makers: ReadonlyMap<string, readonly Step[]>,
  graph: Graph,
): readonly string[] {
  const needs: string[] = []
  for (const { asset, partitions: read } of inputs) {
    const all = makers.get(asset)
    if (all?.length === 1) needs.push(all[0]!.id)
    else if (all) {
      const names = graph.assets.get(asset)!.asset.partitions.map(({ column }) => column)
      for (const step of all) if (makes(step, read, names)) needs.push(step.id)
    }
  }
  return needs.length > 1 ? [...new Set(needs)] : needs
}

/** A pinned version has to hold what a step reads of it, for itself and for checks of what it writes. @throws STALE_SCHEMA */
function checkPinned(
  { graph, env }: PlanRequest,
  { node, declared: inputs }: GraphNode,
  name: string,
  version: Version,
  read: readonly PartitionKey[] | undefined,
): void {
  const known = graph.assets.get(name)!
  const check = (declared: AnyAsset, keys: readonly PartitionKey[] | undefined): void =>
    checkStored({ declared, known, env }, partitionsAmong(version, keys))
  for (const declared of inputs) if (declared.name === name) check(declared, read)
  for (const { rule } of Object.values(node.outputs).flatMap(({ checks }) => checks))
    if (rule.kind === 'relationship' && rule.to.name === name) check(rule.to, undefined)
}

/**
 * All partitions of a table are read together under its public name: what a step keeps of them has to be of the types that it
 * writes. A column that they lack is NULL there, or its default.
 * @throws STALE_SCHEMA
 */
function checkKept(
  { graph, env }: PlanRequest,
  asset: AnyAsset,
  base: Version,
  replaces: readonly PartitionKey[],
): void {
  const names = asset.partitions.map(({ column }) => column)
  const replaced = new Set(replaces.map((key) => partitionId(names, key)))
  const kept = base.partitions.filter(({ key }) => !replaced.has(partitionId(names, key)))
  const columns = storedColumns(asset.columns, asset)
  checkStored(
    { declared: asset, known: graph.assets.get(asset.name)!, env, together: replaces },
    kept.filter((partition) => clashes(columns, partition)),
  )
}
