import { datasetType, definePlugin, type Plugin } from '@levada/core/spi'
import { z } from 'zod'
import { postgresTable } from './table.ts'

const config = z.strictObject({
  /** The schema of the public name. @default 'public' */
  schema: z.string().min(1).optional(),
  table: z.string().min(1),
  /** The entry of resources.yml that says where the server is. @default 'postgres' */
  server: z.string().min(1).optional(),
  /** The schema that versions are kept in, out of sight of readers. @default 'levada' */
  versions: z.string().min(1).optional(),
})

/**
 * Datasets of the type `postgres.table`, for the `plugins` of an app that has `postgres()` too. What Levada writes is read
 * through a view of that name; a table that somebody else owns is read as it is, and never written.
 * @example
 * aviation.flights: { type: postgres.table, schema: aviation, table: flights }
 */
export const postgresTables = (): Plugin =>
  definePlugin('@levada/io-postgres', {
    datasets: {
      'postgres.table': datasetType({
        config,
        create: ({ schema = 'public', table, server = 'postgres', versions = 'levada' }, context) =>
          postgresTable({ schema, table, versions, server, ...context }),
      }),
    },
  })
