import type { PartitionKey } from '../asset/index.ts'
import { sha256 } from './sha256.ts'

/** Names a partition whatever the order of its dimensions. */
export const partitionName = (key: PartitionKey): string => {
  const names = Object.keys(key)
  return (names.length > 1 ? names.toSorted() : names).map((name) => `${name}=${key[name]}`).join('/')
}

/** The state of some partitions: by which version each was written. @param writers by the names of partitions */
export function partitionState(writers: Iterable<readonly [name: string, version: string]>): string {
  const lines = Array.from(writers, ([name, version]) => `${name} ${version}`)
  return sha256(lines.toSorted().join('\n')).slice(0, 16)
}
