import {
  LevadaError,
  partitionId,
  type PartitionKey,
  type StageRequest,
  type Staging,
  type StoredPartition,
  type Version,
  type Written,
} from '@levada/core/spi'
import { memoryLocation, rowsKey, type MemoryStore } from './memory-store.ts'

/** One write, kept beside the versions until it becomes one. */
export function stageInMemory(
  asset: string,
  { versions, rows }: MemoryStore,
  request: StageRequest,
  /** Rows that stand there already, of an earlier version. */
  stored?: readonly StoredPartition[],
): Staging {
  const { version: id, columns, partitionBy, replace, base } = request
  const idOf = (key: PartitionKey): string => partitionId(partitionBy, key)
  let staged = stored

  const increment = (): readonly StoredPartition[] => {
    if (!staged) throw new TypeError('seal() comes first')
    return staged
  }
  const onTopOf = (version: Version | undefined): readonly StoredPartition[] => {
    const gone = new Set([...(replace ?? []), ...increment().map(({ key }) => key)].map(idOf))
    const kept = replace ? (version?.partitions ?? []).filter(({ key }) => !gone.has(idOf(key))) : []
    return [...kept, ...increment()].toSorted((a, b) => (idOf(a.key) < idOf(b.key) ? -1 : 1))
  }
  const checkRebase = (head: Version, mayRebase: boolean): void => {
    const writer = (version: Version | undefined, key: PartitionKey): string | undefined =>
      version?.partitions.find((partition) => idOf(partition.key) === idOf(key))?.version
    const keys = [...(replace ?? []), ...increment().map(({ key }) => key)]
    if (replace && mayRebase && keys.every((key) => writer(base, key) === writer(head, key))) return
    throw new LevadaError(
      'CONFLICT',
      `'${asset}' was published by run ${head.runId} after this step had started.`,
      { retryable: true },
    )
  }
  return {
    target: { kind: 'memory', id, partitionBy },
    async seal(written: Written) {
      staged = written.partitions.map((partition) => ({ ...partition, version: id, columns }))
    },
    increment: () => memoryLocation(partitionBy, increment()),
    candidate: () => memoryLocation(partitionBy, onTopOf(base)),
    async publish({ app, runId, inputs, mayRebase }) {
      const head = versions.at(-1)
      if (head && head.app !== app)
        throw new LevadaError(
          'FOREIGN_ASSET',
          `'${asset}' is written by the app '${head.app}', not by '${app}'.`,
        )
      if (head && head.id !== base?.id) checkRebase(head, mayRebase)
      const partitions = onTopOf(head)
      const sum = (of: 'rows' | 'sizeBytes'): number =>
        partitions.reduce((total, partition) => total + partition[of], 0)
      const number = (head?.number ?? 0) + 1
      const createdAt = new Date().toISOString()
      const version = {
        id,
        number,
        createdAt,
        app,
        runId,
        inputs,
        columns,
        partitions,
        rows: sum('rows'),
        sizeBytes: sum('sizeBytes'),
      }
      versions.push(version)
      return version
    },
    async discard() {
      if (versions.some((version) => version.id === id)) return
      for (const { key } of staged ?? []) rows.delete(rowsKey(id, idOf(key)))
    },
  }
}
