import {
  dimensionsOf,
  partitionId,
  readersOf,
  type AnyAsset,
  type PartitionKey,
  type ResolvedMapping,
} from '../asset/index.ts'
import { mappingOf, type Graph, type GraphNode } from '../app/index.ts'
import type { Covered, Provenance, Version } from '../dataset/index.ts'
import { mostInStep, possiblePartitions } from './partitions.ts'
import { readPartitions } from './read-partitions.ts'
import type { States } from './states.ts'

export interface Covering {
  readonly graph: Graph
  readonly node: GraphNode
  readonly asset: AnyAsset
  readonly states: States
}

/**
 * What a node covers when it makes all of an output: the partitions that inputs have something for, and what inputs hold for all
 * others. Undefined for an output without partitions, and where those are too many to be listed.
 */
export function coveredBy(
  { graph, node, asset, states }: Covering,
  now: Date = new Date(),
): Covered | undefined {
  if (asset.partitions.length === 0) return undefined
  const names = asset.partitions.map(({ column }) => column)
  const others: Record<string, string> = {}
  const found = new Map<string, PartitionKey>()
  for (const name of node.reads.toSorted()) {
    const read = readPartitions(graph, node, name, [])
    others[name] = states.of(name, read) ?? ''
    // All of it is read for every partition.
    if (!read) continue
    const stored = (states.version(name)?.partitions ?? []).map(({ key }) => key)
    for (const declared of node.declared) {
      if (declared.name !== name) continue
      const readers = readersFor(asset, mappingOf(graph, node, declared), stored, now)
      for (const key of readers ?? []) found.set(partitionId(names, key), key)
      if (!readers || found.size > mostInStep) return undefined
    }
  }
  return { partitions: [...found.values()], others }
}

/** The partitions of an output that read some of an input; undefined where that is any time, and there is no end of those. */
export function readersFor(
  asset: AnyAsset,
  mapping: ResolvedMapping,
  keys: readonly PartitionKey[],
  now: Date,
): readonly PartitionKey[] | undefined {
  const readers = readersOf(mapping, dimensionsOf(asset), keys)
  const isWhole = (key: PartitionKey): boolean =>
    asset.partitions.every(({ column }) => key[column] !== undefined)
  if (readers.every(isWhole)) return readers
  const possible = possiblePartitions(asset, now)
  return possible?.filter((key) =>
    readers.some((some) => Object.entries(some).every(([name, value]) => key[name] === value)),
  )
}

/** Of more that may exist, those alone are looked at where all is asked for that a version lists. */
const mostUnlisted = 1000

/** The partitions of which a version says what they were made from, as far as they may exist. */
export function coveredIn(asset: AnyAsset, version: Version | undefined, now: Date): readonly PartitionKey[] {
  const listed = [...(version?.partitions ?? []), ...(version?.empty ?? [])].map(({ key }) => key)
  if (!version?.whole?.others) return listed
  const names = asset.partitions.map(({ column }) => column)
  const ids = new Set(listed.map((key) => partitionId(names, key)))
  const possible = possiblePartitions(asset, now, mostUnlisted) ?? []
  return [...listed, ...possible.filter((key) => !ids.has(partitionId(names, key)))]
}

/** What a partition was made from that a version lists nowhere, since the last write of all had no rows for it. */
export const unlisted = ({ whole }: Version): Provenance | undefined =>
  whole?.others && { fingerprint: whole.fingerprint, inputs: whole.others }
