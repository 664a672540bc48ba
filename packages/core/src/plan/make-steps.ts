import {
  dimensionsOf,
  partitionId,
  partitionText,
  splitPartitions,
  type AnyAsset,
  type PartitionKey,
} from '../asset/index.ts'
import { lengthOf, type GraphIndex, type GraphNode } from '../app/index.ts'
import { placeOf, type Catalog, type Engines } from '../catalog/index.ts'
import type { Dataset, Fingerprint, Version } from '../dataset/index.ts'
import type { Engine } from '../engine/index.ts'
import { LevadaError } from '../errors/index.ts'
import { buildsOn, followsOf } from './builds-on.ts'
import type { ToRun } from './decide.ts'
import { guaranteesOnce, groupedGuarantees, type Guarantees, type GuaranteesRow } from './guarantees.ts'
import type { PlanRequest } from './plan.ts'
import { readPartitions, storedKeys } from './read-partitions.ts'
import { showReasons, type Reason } from './reason.ts'
import type { AllStanding, Pin } from './standing.ts'
import type { Step, StepInput, StepOutput } from './step.ts'
import { checkGrains, checkStored, clashes, partitionsAmong, storedColumns } from './stored.ts'
import { queryDenied, writeDenied } from './write-problem.ts'

/** What stands where in the environment that is only read. */
export type Places = Awaited<ReturnType<Catalog['places']>>

/** What all steps of a plan are made with. Assets go by their number in the index. */
export interface StepsRequest {
  readonly request: PlanRequest
  readonly index: GraphIndex
  readonly pins: ReadonlyMap<number, Pin>
  /** 1 for what the run makes. */
  readonly written: Uint8Array
  readonly onlyRead: Places
  readonly standing: AllStanding
  /** The state of what has no versions. */
  readonly stateOf: (asset: string) => string | undefined
}

/** Makes the steps of a plan, in an order in which they can run. */
export interface StepMaker {
  /** The checks of a source, before it is read. */
  source(source: AnyAsset, pipeline: string): Promise<Step>
  /**
   * A step of a node, by its place in the graph, with its pins; a promise when something has to be waited for.
   * @throws NOT_SUPPORTED, CATALOG_CLASH, FOREIGN_ASSET, STALE_SCHEMA
   */
  node(node: number, run: ToRun): Step | Promise<Step>
  /** A step for each piece of time without a gap, one after the other; undefined when there is only one. */
  pieces(node: number, run: ToRun): Promise<readonly Step[]> | undefined
  /** What is made from now on waits for this step, which makes or checks an asset, if it reads that. */
  add(step: Step, asset: number): void
  /** The same of one of several steps that make the asset. */
  addPiece(step: Step, asset: number): void
  /** What holds for what the steps write that were made. */
  guarantees(): readonly GuaranteesRow[]
}

/** An engine that has started. */
interface Started {
  readonly engine: Engine
  /** By asset: whether the engine neither scans nor writes its dataset. 0 where that is not known yet. */
  readonly moved: Uint8Array
  /** By asset that is read wholly: what steps of the engine say of it. */
  readonly inputs: (StepInput | undefined)[]
}
const inPlace = 1
const isMoved = 2

/** What had to be waited for, by output. */
interface Waited {
  readonly queryProblem?: string | undefined
  readonly place?: string
  readonly fingerprint?: Fingerprint
}
const nothing: ReadonlyMap<number, Waited> = new Map()

export const engineOf = (engines: Engines, { assets, writes }: GraphIndex, node: number): string =>
  engines.nameFor(lengthOf(writes, node) > 0 ? assets[writes.values[writes.offsets[node]!]!] : undefined)

export function stepMaker(steps: StepsRequest): StepMaker {
  const { request, index, pins, written, onlyRead, standing, stateOf } = steps
  const { graph, catalog, engines, env } = request
  const { assets, reads, writes, assetNumbers } = index
  const started = new Map<string, Started>()
  /** The id of the step that makes or checks an asset, or the steps that each make a piece of it. */
  const makers: (string | Step[] | undefined)[] = Array.from({ length: assets.length })
  const holds = guaranteesOnce()
  const held = new Map<Guarantees, string[]>()
  const isHeld = new Uint8Array(assets.length)

  const start = async (name: string): Promise<Started> => {
    const engine = await engines.get(name)
    const known = started.get(name) ?? {
      engine,
      moved: new Uint8Array(assets.length),
      inputs: Array.from({ length: assets.length }),
    }
    started.set(name, known)
    return known
  }
  const datasetOf = (asset: number): Dataset => pins.get(asset)?.dataset ?? standing.entry(asset).dataset
  /** A promise where the dataset has to be waited for. */
  const lookWhere = (
    { engine, moved }: Started,
    asset: number,
    dataset: Dataset,
  ): Promise<void> | undefined => {
    if (moved[asset] !== 0) return undefined
    const location = dataset.emptyLocation()
    if ('then' in location)
      return location.then((at) => void (moved[asset] = engine.canScan(at) ? inPlace : isMoved))
    moved[asset] = engine.canScan(location) ? inPlace : isMoved
    return undefined
  }

  /** Whether there is something that a step of a node has to wait for. */
  const hasToWait = (node: number, at: Started): boolean => {
    if (onlyRead.size > 0) return true
    const { outputs } = graph.nodes[node]!
    for (let i = writes.offsets[node]!, first = i, end = writes.offsets[node + 1]!; i < end; i++) {
      const asset = writes.values[i]!
      const { dataset } = standing.entry(asset)
      if (dataset.capabilities.rows !== true || outputs[i - first]!.incremental) return true
      if (lookWhere(at, asset, dataset)) return true
    }
    for (let i = reads.offsets[node]!, end = reads.offsets[node + 1]!; i < end; i++)
      if (at.moved[reads.values[i]!] === 0 && lookWhere(at, reads.values[i]!, datasetOf(reads.values[i]!)))
        return true
    return false
  }

  const waitFor = async (number: number, run: ToRun, at: Started): Promise<ReadonlyMap<number, Waited>> => {
    const node = graph.nodes[number]!
    const waited = new Map<number, Waited>()
    const { engine } = at
    for (const asset of node.outputs) {
      const output = assetNumbers.get(asset.name)!
      const { dataset } = standing.entry(output)
      const head = standing.head(output)
      const place = { asset, dataset, node: node.node, engine }
      const isQuery = dataset.capabilities.rows !== true && writeDenied(place) === undefined
      waited.set(output, {
        ...(isQuery && {
          queryProblem: await queryDenied(place, (name) => datasetOf(assetNumbers.get(name)!)),
        }),
        ...(onlyRead.size > 0 && { place: await placeOf(dataset) }),
        ...(asset.incremental && head && { fingerprint: await request.fingerprints.of(node, asset) }),
      })
      await lookWhere(at, output, dataset)
    }
    for (const name of node.reads) {
      const input = assetNumbers.get(name)!
      await lookWhere(at, input, datasetOf(input))
    }
    return waited
  }

  const outputOf = (
    node: GraphNode,
    asset: AnyAsset,
    number: number,
    { reasons, partitions }: ToRun,
    { engine, moved }: Started,
    waited: Waited | undefined,
  ): StepOutput => {
    const { dataset, place } = standing.entry(number)
    const base = standing.head(number)
    const problem = writeDenied({ asset, dataset, node: node.node, engine }) ?? waited?.queryProblem
    if (problem !== undefined) throw new LevadaError('NOT_SUPPORTED', problem, { place })
    const there =
      waited?.place === undefined ? undefined : onlyRead.get(waited.place)?.map((entry) => entry.asset)
    if (there)
      throw new LevadaError(
        'CATALOG_CLASH',
        `'${asset.name}' would be written to ${dataset.address}, where environment '${request.reading.other!.env}' has ${there.includes(asset.name) ? 'it' : `'${there[0]}'`}, which is only read.`,
        { place, hint: `Give it a place of its own in conf/${env}/catalog.yml or globals.yml.` },
      )
    if (base && base.app !== request.app)
      throw new LevadaError(
        'FOREIGN_ASSET',
        `'${asset.name}' is written by the app '${base.app}' (run ${base.runId}), not by '${request.app}'.`,
        { place },
      )
    const replaces = asset.partitions.length > 0 ? partitions : undefined
    if (base && replaces) checkGrains(asset, base, env)
    if (base && replaces && dataset.standing) checkKept(request, asset, base, replaces)
    const output: StepOutput = {
      asset: asset.name,
      dataset: dataset.type,
      address: dataset.address,
      base,
      replaces,
      moved: moved[number] === isMoved,
    }
    if (isHeld[number] === 0) {
      isHeld[number] = 1
      const kind = holds(dataset, engine, output.moved)
      const group = held.get(kind)
      if (group) group.push(asset.name)
      else held.set(kind, [asset.name])
    }
    const follows =
      waited?.fingerprint && buildsOn({ partitions, reasons }, node, base, waited.fingerprint)
        ? followsOf(asset, base)
        : undefined
    return follows ? { ...output, follows } : output
  }

  const inputOf = (
    node: GraphNode,
    name: string,
    number: number,
    { partitions }: ToRun,
    { moved, inputs }: Started,
  ): StepInput => {
    const pin = pins.size > 0 ? pins.get(number) : undefined
    const read = partitions && readPartitions(graph, node, name, partitions)
    const version = pin?.version
    if (version) {
      if (read) checkGrains(graph.assets.get(name)!.asset, version, env)
      checkPinned(request, node, name, version, read)
    }
    const known = read ? undefined : inputs[number]
    if (known) return known
    const from = written[number] === 1 ? 'run' : version ? 'version' : 'source'
    const state = from === 'source' ? stateOf(name) : undefined
    const input: StepInput = {
      asset: name,
      from,
      version,
      state,
      partitions: read,
      env: pin?.env ?? env,
      moved: moved[number] === isMoved,
    }
    if (!read) inputs[number] = input
    return input
  }

  /** Whether an asset is the first that a node reads of those that one other node makes. */
  const isFirstOf = (node: number, read: number): boolean => {
    const first = reads.offsets[node]!
    const maker = index.producers[reads.values[first + read]!]!
    if (maker < 0) return true
    for (let i = first; i < first + read; i++) if (index.producers[reads.values[i]!] === maker) return false
    return true
  }

  const needed: string[] = []
  const stepOf = (
    number: number,
    run: ToRun,
    engine: string,
    at: Started,
    waited: ReadonlyMap<number, Waited>,
  ): Step => {
    const node = graph.nodes[number]!
    const firstWritten = writes.offsets[number]!
    const outputs = node.outputs.map((output, i) => {
      const asset = writes.values[firstWritten + i]!
      return outputOf(node, output, asset, run, at, waited.get(asset))
    })
    // An array that is added to has room for many more, and there may be very many steps.
    needed.length = 0
    let hasPieces = false
    const firstRead = reads.offsets[number]!
    const inputs = node.reads.map((name, i) => {
      const asset = reads.values[firstRead + i]!
      const input = inputOf(node, name, asset, run, at)
      const made = makers[asset]
      if (typeof made === 'string') {
        if (isFirstOf(number, i)) needed.push(made)
      } else if (made) {
        hasPieces = true
        const names = graph.assets.get(input.asset)!.asset.partitions.map(({ column }) => column)
        for (const step of made) if (makes(step, input.partitions, names)) needed.push(step.id)
      }
      return input
    })
    return {
      id: node.id,
      pipeline: node.pipeline,
      node: node.node.name,
      work: { kind: 'node', node },
      partitions: run.partitions,
      reason: showReasons(run.reasons),
      reasons: run.reasons,
      engine,
      views: node.views,
      inputs,
      outputs,
      needs: hasPieces ? [...new Set(needed)] : needed.slice(),
    }
  }

  const waitingStep = async (number: number, run: ToRun, engine: string): Promise<Step> => {
    const at = started.get(engine) ?? (await start(engine))
    return stepOf(number, run, engine, at, await waitFor(number, run, at))
  }
  const node = (number: number, run: ToRun): Step | Promise<Step> => {
    const engine = engineOf(engines, index, number)
    const at = started.get(engine)
    return !at || hasToWait(number, at)
      ? waitingStep(number, run, engine)
      : stepOf(number, run, engine, at, nothing)
  }

  return {
    node,
    async source(source, pipeline) {
      const state = stateOf(source.name)
      const engine = engines.nameFor(source.name)
      const at = await start(engine)
      const number = assetNumbers.get(source.name)!
      await lookWhere(at, number, catalog.entry(source.name).dataset)
      return {
        id: `source:${source.name}`,
        pipeline,
        node: `source:${source.name}`,
        work: { kind: 'source', source },
        partitions: undefined,
        reason: showReasons(sourceReason),
        reasons: sourceReason,
        engine,
        views: [],
        inputs: [
          {
            asset: source.name,
            from: 'source',
            ...(state !== undefined && { state }),
            partitions: undefined,
            env,
            moved: at.moved[number] === isMoved,
          },
        ],
        outputs: [],
        needs: [],
      }
    },
    pieces(number, run) {
      const found = piecesOf(request, graph.nodes[number]!, run)
      return (
        found &&
        pieceSteps(found, (partitions) =>
          node(number, { reasons: run.reasonsOf?.(partitions) ?? run.reasons, partitions }),
        )
      )
    },
    add(step, asset) {
      makers[asset] = step.id
    },
    addPiece(step, asset) {
      const others = makers[asset] as Step[] | undefined
      if (others) others.push(step)
      else makers[asset] = [step]
    },
    guarantees: () => groupedGuarantees(held),
  }
}

const sourceReason: readonly Reason[] = [{ kind: 'source', names: [] }]

interface Pieces {
  readonly names: readonly string[]
  readonly pieces: readonly (readonly PartitionKey[])[]
}

/** What has to be written by several steps: pieces of time without a gap. */
function piecesOf(
  { backfill }: PlanRequest,
  { outputs }: GraphNode,
  { partitions }: ToRun,
): Pieces | undefined {
  const partitioned = partitions && outputs.find((asset) => asset.partitions.length > 0)
  if (!partitioned) return undefined
  const dimensions = dimensionsOf(partitioned)
  const pieces = splitPartitions(dimensions, partitions, backfill?.chunk)
  return pieces.length === 1 ? undefined : { pieces, names: dimensions.map(({ column }) => column) }
}

/** A step for each piece, one after the other. */
async function pieceSteps(
  { names, pieces }: Pieces,
  stepOf: (partitions: readonly PartitionKey[]) => Step | Promise<Step>,
): Promise<readonly Step[]> {
  const steps: Step[] = []
  for (const piece of pieces) {
    const step = await stepOf(piece)
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

/** A pinned version has to hold what a step reads of it, for itself and for checks of what it writes. @throws STALE_SCHEMA */
function checkPinned(
  { graph, env }: PlanRequest,
  { outputs, declared: inputs }: GraphNode,
  name: string,
  version: Version,
  read: readonly PartitionKey[] | undefined,
): void {
  const known = graph.assets.get(name)!
  const check = (declared: AnyAsset, keys: readonly PartitionKey[] | undefined): void =>
    checkStored({ declared, known, env }, partitionsAmong(version, keys))
  for (const declared of inputs) if (declared.name === name) check(declared, read)
  for (const { rule } of outputs.flatMap(({ checks }) => checks))
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
