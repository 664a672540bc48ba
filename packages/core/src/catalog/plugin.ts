import type { Dataset, DatasetContext } from '../dataset/index.ts'
import type { PartitionKey } from '../asset/index.ts'
import type { Engine, Signal } from '../engine/index.ts'
import type { NodeLog } from '../pipeline/index.ts'
import type { ConfigSchema } from '../resource/index.ts'

/** What the catalog tells a dataset. */
export interface CatalogContext extends DatasetContext {
  /** An engine by its name in resources.yml: the connection of datasets that are stored in it. @throws PLUGIN_MISSING, RESOURCE_FAILED */
  readonly engine: (name: string) => Promise<Engine>
}

/** A kind of dataset: what a catalog entry of its type may say, and how one is made. */
export interface DatasetType<C = never> {
  /** The entry without `type`, as a strict zod object. */
  readonly config: ConfigSchema<C>
  readonly create: (config: C, context: CatalogContext) => Dataset
}

export interface EngineContext {
  /** The name in engines.yml. */
  readonly name: string
  /** Absolute folder of the app, that relative paths start from. */
  readonly root: string
  readonly env: string
}

/** A kind of engine: what its entry in resources.yml may say, and how one is made. Nothing is loaded before `create`. */
export interface EngineType<C = never> {
  readonly config: ConfigSchema<C>
  readonly create: (config: C, context: EngineContext) => Promise<Engine>
}

/** An attempt of a step, as plugins are told of it. */
export interface StepCall {
  readonly runId: string
  readonly app: string
  readonly env: string
  readonly step: {
    /** As events name it: `flights/stage@2001-03-04`. */
    readonly id: string
    readonly pipeline: string
    /** The node's name; `source:<asset>` for the checks of a source. */
    readonly node: string
    /** Those that it writes; undefined for all, and where there are none. */
    readonly partitions: readonly PartitionKey[] | undefined
    readonly reason: string
    readonly engine: string
    /** Asset keys. */
    readonly inputs: readonly string[]
    readonly outputs: readonly string[]
  }
  /** Counts from 1. */
  readonly attempt: number
  /** Aborts when the run is stopped, or the time of the step is over. */
  readonly signal: Signal
  /** Becomes events of the step. */
  readonly log: NodeLog
  /** Runs the step, within the hooks of later plugins, and throws what that throws. To be called once. */
  next(): Promise<void>
}

/**
 * Is called around each attempt of a step, in the process or thread that runs it; the first plugin of the app is the outermost. It cannot
 * change what became of the step: what `next` throws counts also when it is caught.
 */
export type AroundStep = (call: StepCall) => Promise<void>

/** What an app lists under `plugins`. */
export interface Plugin {
  readonly '~levada': 'plugin@1'
  readonly name: string
  readonly datasets: Readonly<Record<string, DatasetType>>
  readonly engines: Readonly<Record<string, EngineType>>
  readonly aroundStep?: AroundStep
}

/** A dataset type with the type of its configuration kept while it is written. */
export const datasetType = <C>(type: DatasetType<C>): DatasetType => type as unknown as DatasetType
export const engineType = <C>(type: EngineType<C>): EngineType => type as unknown as EngineType

export const definePlugin = (
  name: string,
  parts: {
    readonly datasets?: Readonly<Record<string, DatasetType>>
    readonly engines?: Readonly<Record<string, EngineType>>
    readonly aroundStep?: AroundStep
  },
): Plugin => ({
  '~levada': 'plugin@1',
  name,
  datasets: parts.datasets ?? {},
  engines: parts.engines ?? {},
  ...(parts.aroundStep && { aroundStep: parts.aroundStep }),
})
