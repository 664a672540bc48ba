import { partitionId, type StoredPartition, type Version } from '@levada/core/spi'
import type { Row } from '../rows.ts'

/** What the memory datasets of one asset share: versions, and rows by the version and partition that hold them. */
export interface MemoryStore {
  readonly versions: Version[]
  readonly rows: Map<string, readonly Row[]>
}

export const memoryStore = (): MemoryStore => ({ versions: [], rows: new Map() })

export const rowsKey = (version: string, partition: string): string => JSON.stringify([version, partition])

/** A location in memory names the rows that it holds. */
export const memoryLocation = (
  partitionBy: readonly string[],
  partitions: readonly StoredPartition[],
): { kind: 'memory'; id: string } => ({
  kind: 'memory',
  id: JSON.stringify(partitions.map(({ version, key }) => rowsKey(version, partitionId(partitionBy, key)))),
})
