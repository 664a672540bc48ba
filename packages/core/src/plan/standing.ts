import { indexOf, type Graph } from '../app/index.ts'
import type { Catalog, CatalogEntry } from '../catalog/index.ts'
import { openSurroundings, type KeptHeads, type Surroundings, type Version } from '../dataset/index.ts'
import type { Reading, ReadFrom } from './reading.ts'

/** Where an asset stands, and in which version. */
export interface Pin extends ReadFrom {
  readonly version: Version | undefined
}

/** What this environment has of its assets, which go by their number in the index of the graph. */
export interface Heads {
  /** Looks at assets before they are asked for. */
  look(assets: ArrayLike<number>): Promise<void>
  /** The current version of an asset that was looked at. @throws what looking at it did */
  head(asset: number): Version | undefined
}

/** Where assets stand, each looked at once, so that a plan goes by one version of each. */
export interface AllStanding extends Heads {
  /** What the catalog says of an asset. @throws as {@link Catalog.entry} */
  entry(asset: number): CatalogEntry
  /** Where an asset is read. */
  find(asset: number): Promise<Pin>
}

export interface StandingRequest {
  readonly catalog: Catalog
  readonly reading: Reading
  readonly graph: Graph
  readonly env: string
  /** What was read of manifests before. */
  readonly keptHeads?: KeptHeads
}

/** So many that have to be waited for are looked at together. */
const together = 500

export function openStanding({ catalog, reading, graph, env, keptHeads }: StandingRequest): AllStanding {
  const { assets } = indexOf(graph)
  const entries: (CatalogEntry | undefined)[] = Array.from({ length: assets.length })
  const heads: (Version | undefined)[] = Array.from({ length: assets.length })
  const looked = new Uint8Array(assets.length)
  const failures = new Map<number, unknown>()
  const pins = new Map<number, Promise<Pin>>()
  const entry = (asset: number): CatalogEntry => (entries[asset] ??= catalog.entry(assets[asset]!))
  const found = (asset: number, head: Version | undefined): void => {
    heads[asset] = head
    looked[asset] = 1
  }
  const failed = (asset: number, error: unknown): void => {
    failures.set(asset, error)
    looked[asset] = 1
  }
  /** A promise where the dataset has to be waited for. */
  const lookAt = (asset: number, surroundings: Surroundings): Promise<void> | undefined => {
    try {
      const { dataset } = entry(asset)
      if (!dataset.headNow)
        return dataset.head().then(
          (head) => found(asset, head),
          (error: unknown) => failed(asset, error),
        )
      found(asset, dataset.headNow(surroundings))
    } catch (error) {
      failed(asset, error)
    }
    return undefined
  }
  const look = async (wanted: ArrayLike<number>): Promise<void> => {
    const surroundings = openSurroundings(keptHeads)
    let some: Promise<void>[] = []
    for (let i = 0; i < wanted.length; i++) {
      const asset = wanted[i]!
      const waiting = looked[asset] === 1 ? undefined : lookAt(asset, surroundings)
      if (!waiting || some.push(waiting) < together) continue
      await Promise.all(some)
      some = []
    }
    if (some.length > 0) await Promise.all(some)
  }
  const head = (asset: number): Version | undefined => {
    if (failures.size > 0 && failures.has(asset)) throw failures.get(asset)
    return heads[asset]
  }
  const lookFor = async (asset: number): Promise<Pin> => {
    await look([asset])
    const version = head(asset)
    const name = assets[asset]!
    if (version || !reading.other || graph.assets.get(name)?.role === 'source')
      return { env, dataset: entry(asset).dataset, version }
    const from = await reading.find(name)
    return { ...from, version: await from.dataset.head() }
  }
  return {
    look,
    head,
    entry,
    find(asset) {
      const pin = pins.get(asset) ?? lookFor(asset)
      pins.set(asset, pin)
      return pin
    },
  }
}
