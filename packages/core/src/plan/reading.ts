import type { Graph } from '../app/index.ts'
import type { Catalog, Engines } from '../catalog/index.ts'
import type { Dataset } from '../dataset/index.ts'

/** Where an asset is read. */
export interface ReadFrom {
  readonly env: string
  readonly dataset: Dataset
}

/** What an environment reads: its own datasets and, of assets that it has not built, those of another environment. */
export interface Reading {
  /** Looks where an asset is now. */
  find(asset: string): Promise<ReadFrom>
  /** The dataset of an asset in one of the environments. */
  dataset(asset: string, env: string): Dataset
  /** Engines of the environment, then those of the other one, for what only they can scan. */
  readonly engines: Pick<Engines, 'find'>
  /** The other environment, which is never written. */
  readonly other: { readonly env: string; readonly catalog: Catalog } | undefined
}

interface Opened {
  readonly env: string
  readonly catalog: Catalog
  readonly engines: Engines
}

export function readingOf(graph: Graph, own: Opened, other: Opened | undefined): Reading {
  const datasetIn = ({ catalog }: Opened, asset: string): Dataset => catalog.entry(asset).dataset
  return {
    async find(asset) {
      const dataset = datasetIn(own, asset)
      const here = { env: own.env, dataset }
      // A source is nobody's to build: it is where this environment says.
      if (!other || graph.assets.get(asset)?.role === 'source') return here
      if ((await dataset.head()) || (await dataset.exists())) return here
      const there = datasetIn(other, asset)
      return (await there.head()) || (await there.exists()) ? { env: other.env, dataset: there } : here
    },
    dataset: (asset, env) => datasetIn(other && env === other.env ? other : own, asset),
    engines: { find: async (can) => (await own.engines.find(can)) ?? (await other?.engines.find(can)) },
    other,
  }
}
