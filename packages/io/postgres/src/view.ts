import { denied, LevadaError, type Dataset } from '@levada/core/spi'
import { postgresStore, type StoreOptions } from './store.ts'

const partitioned = denied('a view is computed as a whole')
const append = denied('a view keeps the query of an SQL node, to which no rows are added')

/**
 * The query of an SQL node as a view of the public name. Its versions are those of the query, over the public names of its
 * inputs; its rows are as these are when it is read.
 */
export function postgresView(options: Omit<StoreOptions, 'type'>): Dataset {
  const { dataset, stage, open } = postgresStore({ type: 'postgres.view', ...options })
  const { asset } = options
  return {
    ...dataset,
    capabilities: {
      write: true,
      rows: denied('a view keeps the query of an SQL node'),
      partitioned,
      versioned: true,
      staging: true,
      restorable: true,
      append,
      atomicGroup: true,
    },
    async stage(request) {
      const { version, columns, partitionBy, adds } = request
      if (adds)
        throw new LevadaError('NOT_SUPPORTED', `'${asset}' is added to: ${append.denied}.`, {
          hint: 'Store it as postgres.table.',
        })
      if (partitionBy.length > 0)
        throw new LevadaError('NOT_SUPPORTED', `'${asset}' has partitions: ${partitioned.denied}.`, {
          hint: 'Store it as postgres.table, or declare it without partitions.',
        })
      const { system } = await open()
      return stage(request, async () => undefined, {
        target: { kind: 'query', system },
        async seal({ query, partitions }) {
          if (query === undefined) throw new TypeError('what is written into a view is its query')
          return partitions.map((partition) => ({ ...partition, version, columns, query }))
        },
        discard: async () => undefined,
      })
    },
  }
}
