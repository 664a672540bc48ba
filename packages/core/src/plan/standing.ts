import type { Graph } from '../app/index.ts'
import type { Catalog } from '../catalog/index.ts'
import type { Version } from '../dataset/index.ts'
import type { Reading, ReadFrom } from './reading.ts'

/** Where an asset stands, and in which version. */
export interface Pin extends ReadFrom {
  readonly version: Version | undefined
}

/** What this environment has of its assets. */
export interface Heads {
  /** Looks at assets before they are asked for. */
  look(assets: Iterable<string>): Promise<void>
  /** The current version of an asset that was looked at. @throws what looking at it did */
  head(asset: string): Version | undefined
}

/** Where assets stand, each looked at once, so that a plan goes by one version of each. */
export interface AllStanding extends Heads {
  /** Where an asset is read. */
  find(asset: string): Promise<Pin>
}

export interface StandingRequest {
  readonly catalog: Catalog
  readonly reading: Reading
  readonly graph: Graph
  readonly env: string
}

/** So many are looked at together. */
const together = 500

export function openStanding({ catalog, reading, graph, env }: StandingRequest): AllStanding {
  const heads = new Map<string, Version | undefined>()
  const failures = new Map<string, unknown>()
  const pins = new Map<string, Promise<Pin>>()
  const lookAt = async (name: string): Promise<void> => {
    try {
      heads.set(name, await catalog.entry(name).dataset.head())
    } catch (error) {
      failures.set(name, error)
    }
  }
  const look = async (assets: Iterable<string>): Promise<void> => {
    let some: Promise<void>[] = []
    for (const name of assets) {
      if (heads.has(name) || failures.has(name)) continue
      if (some.push(lookAt(name)) < together) continue
      await Promise.all(some)
      some = []
    }
    await Promise.all(some)
  }
  const head = (name: string): Version | undefined => {
    if (failures.has(name)) throw failures.get(name)
    return heads.get(name)
  }
  const lookFor = async (name: string): Promise<Pin> => {
    await look([name])
    const version = head(name)
    if (version || !reading.other || graph.assets.get(name)?.role === 'source')
      return { env, dataset: catalog.entry(name).dataset, version }
    const from = await reading.find(name)
    return { ...from, version: await from.dataset.head() }
  }
  return {
    look,
    head,
    find(name) {
      const pin = pins.get(name) ?? lookFor(name)
      pins.set(name, pin)
      return pin
    },
  }
}
