import { secret } from '@levada/core'
import { defineResource, type ResourceDefinition } from '@levada/core/spi'
import { resolve } from 'node:path'
import { z } from 'zod'
import { createDbt, type Dbt } from './create-dbt.ts'
import type { DbtConnection } from './options.ts'

const name = z.string().min(1)

const config: z.ZodType<DbtConfig> = z.strictObject({
  project_dir: name,
  executable: name.optional(),
  profiles_dir: name.optional(),
  profile: name.optional(),
  target: name.optional(),
  connection: z.object({ type: name }).catchall(z.json()).optional(),
  credentials: z.record(z.string(), secret()).optional(),
  threads: z.int().min(1).optional(),
  vars: z.record(z.string(), z.json()).optional(),
  env: z.record(z.string(), z.string()).optional(),
  target_dir: name.optional(),
  grace_ms: z.int().min(0).optional(),
})

type JsonValue = z.core.util.JSONType

/** What the entry of the resource in resources.yml may say; paths are relative to the app. */
export interface DbtConfig {
  /** The folder with `dbt_project.yml`. */
  project_dir: string
  /** A name on the PATH, or a path. @default 'dbt' */
  executable?: string | undefined
  /** The folder with `profiles.yml`. @default dbt's */
  profiles_dir?: string | undefined
  /** @default the one that dbt_project.yml names */
  profile?: string | undefined
  /** An output of the profile. @default the one that the profile names */
  target?: string | undefined
  /** An output for a profile that is made for each command: `{ type: postgres, host: db, … }`. */
  connection?: DbtConnection | undefined
  /** Secrets of `connection`: `{ password: "${secret:warehouse}" }`. They reach dbt by environment variables only. */
  credentials?: Record<string, string> | undefined
  /** Nodes that run at a time. @default the profile's */
  threads?: number | undefined
  vars?: Record<string, JsonValue> | undefined
  /** Environment variables for dbt. */
  env?: Record<string, string> | undefined
  /** Where each command gets a folder for its artifacts. @default '<project_dir>/target/levada' */
  target_dir?: string | undefined
  /** How long dbt may take to end after an interrupt, in milliseconds. @default 25000 */
  grace_ms?: number | undefined
}

/**
 * dbt as a service of an app, with its settings in resources.yml, so that `--env prod` changes target, threads and schema.
 * @example
 * export default defineApp({ name: 'shop', resources: { dbt: dbt() }, pipelines: [orders] })
 */
export const dbt = (): ResourceDefinition<Dbt> =>
  defineResource('dbt', {
    config,
    setup: ({ project_dir, profiles_dir, target_dir, executable, grace_ms: graceMs, ...same }, { root }) => {
      const below = (path: string | undefined): string | undefined => path && resolve(root, path)
      return createDbt({
        ...same,
        projectDir: resolve(root, project_dir),
        profilesDir: below(profiles_dir),
        targetDir: below(target_dir),
        // A name alone is looked for on the PATH.
        executable: executable?.includes('/') ? below(executable) : executable,
        graceMs,
      })
    },
  })
