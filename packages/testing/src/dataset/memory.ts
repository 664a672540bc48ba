import {
  datasetType,
  definePlugin,
  groupByPartition,
  partitionId,
  versionedDataset,
  type CatalogContext,
  type Dataset,
  type Plugin,
  type StoredPartition,
  type StoredVersion,
} from '@levada/core/spi'
import { z } from 'zod'
import { batchOf, rowsOf, type Row } from '../rows.ts'

/** What the memory datasets of one asset share: versions, and rows by the version and partition that hold them. */
export interface MemoryStore {
  readonly versions: StoredVersion[]
  readonly rows: Map<string, readonly Row[]>
}

export const memoryStore = (): MemoryStore => ({ versions: [], rows: new Map() })

/** The reference for every dataset: versions in memory, gone with the process. Datasets over one store are instances of one. */
export function memoryDataset(
  asset: string,
  { versions, rows }: MemoryStore,
  retention?: CatalogContext['retention'],
): Dataset {
  const keyOf = (version: string, partition: string): string => JSON.stringify([version, partition])
  const forgetRows = (writers: readonly string[]): void => {
    for (const key of rows.keys()) if (writers.includes((JSON.parse(key) as string[])[0]!)) rows.delete(key)
  }
  return versionedDataset({
    type: 'memory',
    address: `memory:${asset}`,
    asset,
    versions: {
      head: async () => versions.at(-1),
      read: async (number) => versions.find((version) => version.number === number),
      numbers: async () => versions.map(({ number }) => number).toReversed(),
      async claim(next) {
        if (versions.some(({ number }) => number === next.number)) return false
        versions.push(next)
        return true
      },
    },
    // A location in memory names the rows that it holds.
    locate: (partitions: readonly StoredPartition[], partitionBy) => ({
      kind: 'memory',
      id: JSON.stringify(partitions.map(({ version, key }) => keyOf(version, partitionId(partitionBy, key)))),
    }),
    target: (id, partitionBy) => ({ kind: 'memory', id, partitionBy }),
    isThere: async (partitions, partitionBy) =>
      partitions.every(({ version, key }) => rows.has(keyOf(version, partitionId(partitionBy, key)))),
    discard: async (version) => forgetRows([version]),
    async forget(numbers, writers) {
      for (const number of numbers)
        versions.splice(
          versions.findIndex((version) => version.number === number),
          1,
        )
      forgetRows(writers)
    },
    retention,
    async *read(location, columns) {
      const keys = location.kind === 'memory' ? (JSON.parse(location.id) as string[]) : []
      for (const key of keys) yield batchOf(rows.get(key) ?? [], columns)
    },
    async append(target, columns, batches) {
      if (target.kind !== 'memory') throw new TypeError('not a target of this dataset')
      const { partitionBy } = target
      const groups = await groupByPartition(partitionBy, columns, batches, target.grains)
      const partitions = groups.map(({ key, rows: batch }) => {
        rows.set(keyOf(target.id, partitionId(partitionBy, key)), rowsOf(batch, columns))
        return { key, rows: batch.length, sizeBytes: 0 }
      })
      const count = partitions.reduce((all, each) => all + each.rows, 0)
      return { rows: count, sizeBytes: 0, files: [], partitions }
    },
  })
}

/**
 * Datasets of the type `memory`, for the `plugins` of an app under test. What is stored lives as long as the plugin.
 * @example
 * '{domain}.{table}': { type: memory }
 */
export function memory(): Plugin {
  const stores = new Map<string, MemoryStore>()
  return definePlugin('memory', {
    datasets: {
      memory: datasetType({
        config: z.strictObject({}),
        create: (_, { asset, env, root, retention }) => {
          const place = JSON.stringify([root, env, asset])
          const store = stores.get(place) ?? memoryStore()
          stores.set(place, store)
          return memoryDataset(asset, store, retention)
        },
      }),
    },
  })
}
