import { datasetType, definePlugin, type CatalogContext, type Dataset, type Plugin } from '@levada/core/spi'
import { z } from 'zod'
import { maxNameBytes, type StoreOptions } from './store.ts'
import { postgresTable } from './table.ts'
import { postgresView } from './view.ts'

const name = z
  .string()
  .min(1)
  .refine((text) => !text.includes('\0') && Buffer.byteLength(text) <= maxNameBytes, {
    error: `a name of PostgreSQL has at most ${maxNameBytes} bytes`,
  })
const place = {
  /** The schema of the public name. @default 'public' */
  schema: name.optional(),
  /** The entry of resources.yml that says where the server is. @default 'postgres' */
  server: z.string().min(1).optional(),
  /** The schema that versions are kept in, out of sight of readers. @default 'levada' */
  versions: name.optional(),
}
const tableConfig = z.strictObject({
  ...place,
  table: name,
  /** Up to how many megabytes a table that somebody else writes is read through when a plan asks whether it changed; 0 for never. @default 64 */
  scan_mb: z.int().min(0).optional(),
})
const viewConfig = z.strictObject({ ...place, view: name })

type Config = Partial<Record<keyof typeof place, string | undefined>>

const options = (
  { schema = 'public', server = 'postgres', versions = 'levada' }: Config,
  table: string,
  context: CatalogContext,
): Omit<StoreOptions, 'type'> => ({ schema, server, versions, table, ...context })

/**
 * Datasets of the types `postgres.table` and `postgres.view`, for the `plugins` of an app that has `postgres()` too. What
 * Levada writes is read through a view of that name, over tables of rows or as the query of an SQL node; a table or view that
 * somebody else owns is read as it is, and never written.
 * @example
 * aviation.flights: { type: postgres.table, schema: aviation, table: flights }
 * delays.airport: { type: postgres.view, schema: delays, view: airport }
 */
export const postgresTables = (): Plugin =>
  definePlugin('@levada/io-postgres', {
    datasets: {
      'postgres.table': datasetType({
        config: tableConfig,
        create: ({ table, scan_mb: scanMb, ...config }, context): Dataset =>
          postgresTable({ ...options(config, table, context), ...(scanMb !== undefined && { scanMb }) }),
      }),
      'postgres.view': datasetType({
        config: viewConfig,
        create: ({ view, ...config }, context): Dataset => postgresView(options(config, view, context)),
      }),
    },
  })
