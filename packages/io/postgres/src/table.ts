import type { Dataset, StageRequest } from '@levada/core/spi'
import { columnSql, quoteName } from '@levada/resource-postgres'
import { postgresStore, type StagedWrite, type StoreOptions } from './store.ts'

/** Rows in tables that are written once, behind a view of the public name. */
export function postgresTable(options: Omit<StoreOptions, 'type'>): Dataset {
  const { dataset, stage, reopen, open, name, keptIn, tableOf } = postgresStore({
    type: 'postgres.table',
    ...options,
  })
  return {
    ...dataset,
    capabilities: {
      write: true,
      rows: true,
      partitioned: true,
      versioned: true,
      staging: true,
      restorable: true,
      append: true,
      atomicGroup: true,
    },
    async stage(request) {
      const { version, columns } = request
      const target = tableOf(version)
      return stage(
        request,
        async (own) => {
          const list = columns.map((column) => `${quoteName(column.name)} ${columnSql(column.type)}`)
          await own(`create table ${target} (${list.join(', ')})`)
          await own(`insert into ${keptIn}.tables (name, asset) values ($1, $2)`, [target, name])
        },
        await write(request),
      )
    },
    reopen: (held) => reopen(held, write),
  }

  /** Where the rows of a version go. */
  async function write({ version, columns, partitionBy, grains }: StageRequest): Promise<StagedWrite> {
    const { transaction, run, system } = await open()
    const target = tableOf(version)
    return {
      target: { kind: 'table', system, name: target, partitionBy, ...(grains && { grains }) },
      async seal({ partitions }) {
        await run(`analyze ${target}`)
        return partitions.map((partition) => ({ ...partition, version, columns }))
      },
      discard: () =>
        transaction(async (own) => {
          await own(`drop table if exists ${target}`)
          await own(`delete from ${keptIn}.tables where name = $1`, [target])
        }),
    }
  }
}
