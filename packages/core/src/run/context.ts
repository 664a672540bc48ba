import type { AnyAsset, PartitionKey } from '../asset/index.ts'
import type { App, Graph } from '../app/index.ts'
import type { Catalog, Engines } from '../catalog/index.ts'
import type { MemoryLimit, Redact } from '../config/index.ts'
import type { Version } from '../dataset/index.ts'
import type { Relation, Signal } from '../engine/index.ts'
import type { LevadaError } from '../errors/index.ts'
import {
  checkGrains,
  checkStored,
  inputPartitions,
  partitionsAmong,
  storedColumns,
  storedKeys,
  type Fingerprints,
  type ParamValues,
  type Reading,
  type Resumption,
  type Step,
} from '../plan/index.ts'
import type { Emitter } from './emitter.ts'
import type { HeldLeases } from './leases.ts'
import type { Limits } from './limits.ts'
import { relationAt } from './relation.ts'

/** What all steps of a run share. */
export interface RunContext {
  readonly runId: string
  readonly app: App
  readonly appDir: string
  readonly env: string
  readonly graph: Graph
  readonly catalog: Catalog
  readonly engines: Engines
  readonly reading: Reading
  readonly params: ParamValues
  /** Those of them that the session was opened with. */
  readonly given: ParamValues
  readonly fingerprints: Fingerprints
  readonly resources: (name: string) => Promise<unknown>
  /** When the run began: UTC, ISO 8601. */
  readonly now: string
  readonly signal: Signal
  readonly emitter: Emitter
  /** What this run has published so far, by asset key. */
  readonly made: Map<string, Version>
  readonly redact: Redact
  /** Holds what the run writes against others. */
  readonly leases?: HeldLeases
  /** Nothing but one step goes on in this process or thread, which ends with it. */
  readonly alone?: boolean
  /** Told when code of an author begins, and when it has ended. */
  readonly authorRuns?: ((runs: boolean) => void) | undefined
  /** Told what a node does when it has returned, of which its step fails. */
  readonly late?: (error: LevadaError) => void
  /** How many steps run at once, by what they have in common. */
  readonly limits?: Limits
  /** How much TypeScript may hold in each process and thread. */
  readonly memoryLimit?: MemoryLimit
  /** What was done before this process went on with the run. */
  readonly resumes?: Resumption
}

/** The version of an asset that a step reads: of this run, or as pinned by the plan. */
export function versionFor(context: RunContext, step: Step, asset: string): Version | undefined {
  return context.made.get(asset) ?? step.inputs.find((input) => input.asset === asset)?.version
}

/** The rows that a node of the step reads of an asset, as it declares it. @throws STALE_SCHEMA, DATA_MISSING */
export function inputRelation(context: RunContext, step: Step, declared: AnyAsset): Promise<Relation> {
  const { work, partitions } = step
  // Several inputs may be of one asset, each with partitions of its own.
  const read =
    partitions && work.kind === 'node'
      ? inputPartitions(context.graph, work.node, declared, partitions)
      : step.inputs.find(({ asset }) => asset === declared.name)?.partitions
  return assetRelation(context, step, declared, read)
}

/** What a query names that is kept and computed later: whatever version is published then. @throws STALE_SCHEMA */
export const standingRelation = (context: RunContext, step: Step, declared: AnyAsset): Promise<Relation> =>
  assetRelation(context, step, declared, undefined, true)

/** The rows of partitions of an asset, or of all, in the version that the step sees. @throws STALE_SCHEMA, DATA_MISSING */
export async function assetRelation(
  context: RunContext,
  step: Step,
  declared: AnyAsset,
  partitions: readonly PartitionKey[] | undefined,
  standing = false,
): Promise<Relation> {
  const { name } = declared
  const { reading } = context
  const input = step.inputs.find(({ asset }) => asset === name)
  const dataset = context.made.has(name)
    ? context.catalog.entry(name).dataset
    : input
      ? reading.dataset(name, input.env)
      : (await reading.find(name)).dataset
  const version = versionFor(context, step, name)
  const known = context.graph.assets.get(name)!
  if (version && partitions) checkGrains(known.asset, version, context.env)
  if (version) checkStored({ declared, known, env: context.env }, partitionsAmong(version, partitions))
  const names = Object.keys(version?.partitions[0]?.key ?? {})
  const keys = version && partitions ? storedKeys(names, version.partitions, partitions) : partitions
  const location = await (standing ? dataset.standing!() : dataset.locate(version, keys))
  const engine = await context.engines.get(step.engine)
  return relationAt(
    { engines: reading.engines, engine, signal: context.signal },
    dataset,
    location,
    version ? storedColumns(declared.columns, known.asset) : declared.columns,
  )
}
