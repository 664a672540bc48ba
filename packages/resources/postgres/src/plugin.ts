import { secret } from '@levada/core'
import { definePlugin, engineType, type Plugin } from '@levada/core/spi'
import { z } from 'zod'

const config: z.ZodType<PostgresConfig> = z.strictObject({
  host: z.string().min(1).optional(),
  port: z.int().min(1).max(65_535).optional(),
  database: z.string().min(1).optional(),
  user: z.string().min(1).optional(),
  password: secret().optional(),
  ssl: z.boolean().optional(),
  statement_timeout_ms: z.int().min(1).optional(),
  connect_timeout_ms: z.int().min(1).optional(),
  max_connections: z.int().min(2).optional(),
})

/** What an entry of type `postgres` in resources.yml may say. */
export interface PostgresConfig {
  /** @default 'localhost' */
  host?: string | undefined
  /** @default 5432 */
  port?: number | undefined
  /** @default the user's name */
  database?: string | undefined
  /** @default the user of the operating system */
  user?: string | undefined
  /** A secret; `${env:PGPASSWORD}` or `${secret:…}`. */
  password?: string | undefined
  /** Whether the connection is encrypted and the server's certificate verified. @default false */
  ssl?: boolean | undefined
  /** Statements that take longer end with STATEMENT_TIMEOUT; in milliseconds. @default none */
  statement_timeout_ms?: number | undefined
  /** How long to wait for a connection, in milliseconds. @default 10000 */
  connect_timeout_ms?: number | undefined
  /** Most connections at a time; a step uses one, and one more for each input or output that its code streams. @default 32 */
  max_connections?: number | undefined
}

/**
 * The engine of type `postgres`: PostgreSQL 14 or newer. Its client is loaded when the first step needs it.
 * @example
 * export default defineApp({ name: 'shop', plugins: [postgres(), postgresTables()], pipelines: [orders] })
 */
export const postgres = (): Plugin =>
  definePlugin('@levada/resource-postgres', {
    engines: {
      postgres: engineType<PostgresConfig>({
        config,
        create: async (options, context) => (await import('./engine.ts')).createEngine(options, context),
      }),
    },
  })
