import type { AnyAsset, PartitionKey } from '../asset/index.ts'
import type { Graph, GraphNode } from '../app/index.ts'
import type { Dataset, Fingerprint, Version } from '../dataset/index.ts'
import { partitionName, partitionState } from '../dataset/partition-state.ts'
import { sha256 } from '../dataset/sha256.ts'
import { storedKeys } from './read-partitions.ts'

/** What the nodes of an app compute with now. */
export interface Fingerprints {
  /** Of a node for one of its outputs; of the node alone without. @throws SQL_FILE_MISSING, STORAGE */
  of(node: GraphNode, output: AnyAsset | undefined): Promise<Fingerprint>
}

/** Where an input stands, and in which version. */
export interface Standing {
  readonly dataset: Dataset
  readonly version: Version | undefined
}

/** What inputs hold, told without reading rows: the same state means the same rows. */
export interface States {
  /** Looks where assets stand, before they are asked for. */
  look(assets: Iterable<string>): Promise<void>
  /** The version that an asset stands in. */
  version(asset: string): Version | undefined
  /** Of some partitions of an asset, or of all; undefined when it cannot be told. */
  of(asset: string, partitions: readonly PartitionKey[] | undefined): string | undefined
}

interface Found extends Standing {
  /** The state of what has none by versions. */
  readonly told?: string | undefined
}

const digest = (text: string): string => sha256(text).slice(0, 16)

/** @param standing where an asset is read */
export function openStates(graph: Graph, standing: (asset: string) => Promise<Standing>): States {
  const found = new Map<string, Promise<Found | undefined>>()
  const known = new Map<string, Found>()
  const writers = new WeakMap<Version, ReadonlyMap<string, string>>()

  /** By which version each partition was written. */
  const writersOf = (version: Version): ReadonlyMap<string, string> => {
    const made =
      writers.get(version) ??
      new Map(version.partitions.map(({ key, version: writer }) => [partitionName(key), writer]))
    writers.set(version, made)
    return made
  }
  const stateOf = (version: Version, partitions: readonly PartitionKey[] | undefined): string => {
    if (!partitions && version.state !== undefined) return version.state
    const all = writersOf(version)
    const dimensions = Object.keys(version.partitions[0]?.key ?? {})
    const read = partitions && storedKeys(dimensions, version.partitions, partitions)
    const names = read ? read.map(partitionName) : [...all.keys()]
    return partitionState(names.flatMap((name) => (all.has(name) ? [[name, all.get(name)!] as const] : [])))
  }
  /** What keeps a query instead of rows changes with all that the query reads. */
  const queried = async (asset: string, version: Version): Promise<string | undefined> => {
    const node = graph.producers.get(asset)
    if (!node) return undefined
    await look(node.reads)
    const below = node.reads.map((input) => of(input, undefined))
    return below.every((state) => state !== undefined) ? digest([version.id, ...below].join('\n')) : undefined
  }
  async function find(asset: string): Promise<Found> {
    const at = await standing(asset)
    const { dataset, version } = at
    if (version)
      return dataset.capabilities.rows === true ? at : { ...at, told: await queried(asset, version) }
    const identity = await dataset.identity?.()
    return { ...at, told: identity === undefined ? undefined : digest(identity) }
  }
  async function look(assets: Iterable<string>): Promise<void> {
    await Promise.all(
      [...assets].map(async (asset) => {
        if (known.has(asset)) return
        // What is wrong with what is stored is told by whoever reads it.
        const finding = found.get(asset) ?? find(asset).catch(() => undefined)
        found.set(asset, finding)
        const at = await finding
        if (at) known.set(asset, at)
      }),
    )
  }
  function of(asset: string, partitions: readonly PartitionKey[] | undefined): string | undefined {
    const at = known.get(asset)
    if (!at) return undefined
    const { version, dataset, told } = at
    return version && dataset.capabilities.rows === true ? stateOf(version, partitions) : told
  }
  return { look, of, version: (asset) => known.get(asset)?.version }
}
