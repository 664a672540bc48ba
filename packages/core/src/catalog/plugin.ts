import type { Dataset, DatasetContext } from '../dataset/index.ts'
import type { Engine } from '../engine/index.ts'
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

/** What an app lists under `plugins`. */
export interface Plugin {
  readonly '~levada': 'plugin@1'
  readonly name: string
  readonly datasets: Readonly<Record<string, DatasetType>>
  readonly engines: Readonly<Record<string, EngineType>>
}

/** A dataset type with the type of its configuration kept while it is written. */
export const datasetType = <C>(type: DatasetType<C>): DatasetType => type as unknown as DatasetType
export const engineType = <C>(type: EngineType<C>): EngineType => type as unknown as EngineType

export const definePlugin = (
  name: string,
  parts: {
    readonly datasets?: Readonly<Record<string, DatasetType>>
    readonly engines?: Readonly<Record<string, EngineType>>
  },
): Plugin => ({ '~levada': 'plugin@1', name, datasets: parts.datasets ?? {}, engines: parts.engines ?? {} })
