import { createHash } from 'node:crypto'
import type { PartitionKey } from '../asset/index.ts'
import type { Graph } from '../app/index.ts'
import type { Dataset, Version } from '../dataset/index.ts'

/** Where an input stands, and in which version. */
export interface Standing {
  readonly dataset: Dataset
  readonly version: Version | undefined
}

/** What inputs hold, told without reading rows: the same state means the same rows. */
export interface States {
  /** Of some partitions of an asset, or of all; undefined when it cannot be told. */
  of(asset: string, partitions: readonly PartitionKey[] | undefined): Promise<string | undefined>
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** Names a partition whatever the order of its dimensions. */
const idOf = (key: PartitionKey): string =>
  Object.keys(key)
    .toSorted()
    .map((name) => `${name}=${key[name]}`)
    .join('/')

/** @param standing where an asset is read now */
export function openStates(graph: Graph, standing: (asset: string) => Promise<Standing>): States {
  const writers = new WeakMap<Version, ReadonlyMap<string, string>>()
  const wholes = new WeakMap<Version, string>()
  const others = new Map<string, Promise<string | undefined>>()

  /** By which version each partition was written. */
  const writersOf = (version: Version): ReadonlyMap<string, string> => {
    const known = writers.get(version)
    if (known) return known
    const made = new Map(version.partitions.map(({ key, version: writer }) => [idOf(key), writer]))
    writers.set(version, made)
    return made
  }
  const stateOf = (version: Version, partitions: readonly PartitionKey[] | undefined): string => {
    const known = partitions ? undefined : wholes.get(version)
    if (known !== undefined) return known
    const all = writersOf(version)
    const ids = partitions ? partitions.map(idOf) : [...all.keys()]
    const state = digest(
      ids
        .toSorted()
        .flatMap((id) => (all.has(id) ? `${id} ${all.get(id)}` : []))
        .join('\n'),
    )
    if (!partitions) wholes.set(version, state)
    return state
  }
  /** What keeps a query instead of rows changes with all that the query reads. */
  const queried = async (asset: string, version: Version): Promise<string | undefined> => {
    const node = graph.producers.get(asset)
    const below = await Promise.all(node?.reads.map((input) => of(input, undefined)) ?? [])
    return node && below.every((state) => state !== undefined)
      ? digest([version.id, ...below].join('\n'))
      : undefined
  }
  const unversioned = async (asset: string, { dataset, version }: Standing): Promise<string | undefined> => {
    if (version) return queried(asset, version)
    const identity = await dataset.identity?.()
    return identity === undefined ? undefined : digest(identity)
  }
  const of: States['of'] = async (asset, partitions) => {
    const found = await standing(asset)
    if (found.version && found.dataset.capabilities.rows === true) return stateOf(found.version, partitions)
    const known = others.get(asset) ?? unversioned(asset, found)
    others.set(asset, known)
    return known
  }
  return { of }
}
