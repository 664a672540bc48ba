import {
  datasetType,
  definePlugin,
  LevadaError,
  partitionId,
  type Batch,
  type Dataset,
  type Plugin,
} from '@levada/core/spi'
import { z } from 'zod'
import { batchOf, rowsOf, type Row } from '../rows.ts'
import { stageInMemory } from './memory-staging.ts'
import { memoryLocation, memoryStore, rowsKey, type MemoryStore } from './memory-store.ts'

/** The reference for every dataset: versions in memory, gone with the process. Datasets over one store are instances of one. */
export function memoryDataset(asset: string, store: MemoryStore): Dataset {
  const { versions, rows } = store
  const missing = (what: string): LevadaError =>
    new LevadaError('DATA_MISSING', `'${asset}' has no ${what} in memory.`)
  const rowsAt = (id: string): readonly Row[] =>
    (JSON.parse(id) as string[]).flatMap((key) => rows.get(key) ?? [])
  return {
    type: 'memory',
    address: `memory:${asset}`,
    capabilities: {
      write: true,
      rows: true,
      partitioned: true,
      versioned: true,
      staging: true,
      restorable: true,
    },
    emptyLocation: async () => memoryLocation([], []),
    head: async () => versions.at(-1),
    exists: async () => versions.length > 0,
    async locate(version = versions.at(-1), partitions) {
      if (!version) throw missing('version')
      const found = versions.find(({ id }) => id === version.id)
      if (!found) throw missing(`version ${version.id}`)
      const names = Object.keys(found.partitions[0]?.key ?? {})
      const wanted = partitions && new Set(partitions.map((key) => partitionId(names, key)))
      return memoryLocation(
        names,
        found.partitions.filter(({ key }) => !wanted || wanted.has(partitionId(names, key))),
      )
    },
    stage: async (request) => stageInMemory(asset, store, request),
    async restore(version, id, request) {
      const found = versions.find((each) => each.id === version.id)
      if (!found) throw missing(`version ${version.id}`)
      const { columns, partitions } = found
      const partitionBy = Object.keys(partitions[0]?.key ?? {})
      const base = versions.at(-1)
      const stage = { version: id, columns, partitionBy, replace: undefined, base }
      const staging = stageInMemory(asset, store, stage, partitions)
      return staging.publish(request)
    },
    async *read(location, columns): AsyncGenerator<Batch> {
      if (location.kind === 'memory') yield batchOf(rowsAt(location.id), columns)
    },
    async append(target, columns, batches) {
      if (target.kind !== 'memory')
        throw new LevadaError('NOT_SUPPORTED', `Memory cannot be written as ${target.kind}.`)
      const all: Row[] = []
      for await (const batch of batches) all.push(...rowsOf(batch, columns))
      const groups = Map.groupBy(all, (row) =>
        partitionId(target.partitionBy, keyOf(row, target.partitionBy)),
      )
      const partitions = [...groups].map(([id, group]) => {
        rows.set(rowsKey(target.id, id), group)
        return { key: keyOf(group[0]!, target.partitionBy), rows: group.length, sizeBytes: 0 }
      })
      return { rows: all.length, sizeBytes: 0, files: [], partitions }
    },
  }
}

const keyOf = (row: Row, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, String(row[name])]))

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
        create: (_, { asset, env, root }) => {
          const place = JSON.stringify([root, env, asset])
          const store = stores.get(place) ?? memoryStore()
          stores.set(place, store)
          return memoryDataset(asset, store)
        },
      }),
    },
  })
}
