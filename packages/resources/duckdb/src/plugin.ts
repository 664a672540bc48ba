import { definePlugin, engineType, memorySchema, type Plugin } from '@levada/core/spi'
import { z } from 'zod'

/** Each is started at once: more than a machine can start ends the process, or the machine. */
const mostThreads = 1024

const config: z.ZodType<DuckdbConfig> = z.strictObject({
  memory_limit: memorySchema().optional(),
  threads: z.int().check(z.gte(1), z.lte(mostThreads)).optional(),
  temp_directory: z.string().check(z.minLength(1)).optional(),
})

/** What an entry of type `duckdb` in resources.yml may say. */
export interface DuckdbConfig {
  /** Memory that queries may use before they spill to disk, `4GB` or `80%`. @default 80 % of the machine's */
  memory_limit?: string | undefined
  /** Threads that queries run on, at most 1024. @default all cores */
  threads?: number | undefined
  /** Folder to spill to, absolute or from the app's root. @default '.levada/tmp' */
  temp_directory?: string | undefined
}

/**
 * The embedded engine of type `duckdb`. DuckDB itself is loaded when the first step needs it.
 * @example
 * export default defineApp({ name: 'shop', plugins: [duckdb(), parquet()], pipelines: [orders] })
 */
export const duckdb = (): Plugin =>
  definePlugin('@levada/resource-duckdb', {
    engines: {
      duckdb: engineType<DuckdbConfig>({
        config,
        create: async (options, context) =>
          (await import('./create-engine.ts')).createEngine(options, context),
      }),
    },
  })
