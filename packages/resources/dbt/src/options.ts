import { LevadaError } from '@levada/core/spi'
import { z } from 'zod'

const name = z.string().min(1)
const names = z.union([name, z.array(name).min(1).readonly()])
const threads = z.int().min(1).max(1024)
/** Anything that JSON has: dbt reads the variables of a project as YAML. */
const vars = z.record(z.string(), z.json())

const options = z
  .strictObject({
    projectDir: name,
    executable: name.default('dbt'),
    profilesDir: name.optional(),
    profile: name.optional(),
    target: name.optional(),
    connection: z.object({ type: name }).catchall(z.json()).optional(),
    credentials: z.record(z.string(), z.string()).optional(),
    threads: threads.optional(),
    vars: vars.optional(),
    env: z.record(z.string(), z.string().optional()).optional(),
    targetDir: name.optional(),
    graceMs: z.int().min(0).default(25_000),
  })
  .refine(({ connection, credentials }) => connection || !credentials, {
    path: ['credentials'],
    error: 'they are of a connection, and there is none; those of a profiles.yml reach dbt by env',
  })

const call = {
  projectDir: name.optional(),
  profile: name.optional(),
  target: name.optional(),
  threads: threads.optional(),
  vars: vars.optional(),
  signal: z.instanceof(AbortSignal).optional(),
}
const selection = {
  select: names.optional(),
  exclude: names.optional(),
  selector: name.optional(),
  indirectSelection: z.enum(['eager', 'cautious', 'buildable', 'empty']).optional(),
  state: name.optional(),
  defer: z.boolean().optional(),
}
const running = { failFast: z.boolean().optional(), warnError: z.boolean().optional() }
const fullRefresh = z.boolean().optional()
const storeFailures = z.boolean().optional()
const resourceTypes = names.optional()

/** What each method takes, by its name. */
const configs = {
  build: z.strictObject({ ...call, ...selection, ...running, resourceTypes, fullRefresh, storeFailures }),
  run: z.strictObject({ ...call, ...selection, ...running, fullRefresh }),
  test: z.strictObject({ ...call, ...selection, ...running, storeFailures }),
  seed: z.strictObject({ ...call, ...selection, ...running, fullRefresh }),
  snapshot: z.strictObject({ ...call, ...selection, ...running }),
  compile: z.strictObject({ ...call, ...selection, ...running, fullRefresh }),
  parse: z.strictObject({ ...call, warnError: running.warnError }),
  ls: z.strictObject({ ...call, ...selection, resourceTypes }),
  docs: z.strictObject({ ...call, ...selection }),
  deps: z.strictObject(call),
  sourceFreshness: z.strictObject({ ...call, select: selection.select, exclude: selection.exclude }),
  retry: z.strictObject({ ...call, of: name.optional(), failFast: running.failFast }),
  clean: z.strictObject(call),
  invoke: z.strictObject({ signal: call.signal }),
} satisfies Record<Method, z.ZodType>

const pipeline = configs.build.extend({
  onFailure: z.enum(['stop', 'continue']).optional(),
  onEvent: z.custom((given) => typeof given === 'function', 'a function is needed').optional(),
})

type JsonValue = z.core.util.JSONType

/** What an output in a `profiles.yml` may say; the adapter decides what there is beside `type`. */
export type DbtConnection = { readonly type: string } & Readonly<Record<string, JsonValue>>

/** A project, and how dbt is run on it. */
export interface DbtOptions {
  /** The folder with `dbt_project.yml`. */
  readonly projectDir: string
  /** A name on the PATH, or a path. @default 'dbt' */
  readonly executable?: string | undefined
  /** The folder with `profiles.yml`. @default dbt's: DBT_PROFILES_DIR, the project's folder, then ~/.dbt */
  readonly profilesDir?: string | undefined
  /** @default the one that dbt_project.yml names */
  readonly profile?: string | undefined
  /** An output of the profile. @default the one that the profile names */
  readonly target?: string | undefined
  /** An output for a profile that is made for each command, instead of a `profiles.yml`: `{ type: 'duckdb', path: … }`. */
  readonly connection?: DbtConnection | undefined
  /** Further settings of `connection` that reach dbt by environment variables, and no file. */
  readonly credentials?: Readonly<Record<string, string>> | undefined
  /** Nodes that run at a time. @default the profile's */
  readonly threads?: number | undefined
  /** Values for `var()`. */
  readonly vars?: Readonly<Record<string, JsonValue>> | undefined
  /** Environment variables, beside those of this process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Where each command gets a folder for its artifacts and logs. @default '<projectDir>/target/levada' */
  readonly targetDir?: string | undefined
  /** How long dbt may take to end after an interrupt, in milliseconds. @default 25000 */
  readonly graceMs?: number | undefined
}

/** What any command may be given; it counts instead of the option of the same name. */
export interface DbtCallConfig {
  /** Another project folder. */
  readonly projectDir?: string | undefined
  readonly profile?: string | undefined
  readonly target?: string | undefined
  readonly threads?: number | undefined
  readonly vars?: Readonly<Record<string, JsonValue>> | undefined
  /** Interrupts dbt, waits for `graceMs`, then kills it: the call throws CANCELLED. */
  readonly signal?: AbortSignal | undefined
}

/** Which nodes; several selections add up. */
export interface DbtSelection {
  /** In dbt's grammar: `marts`, `+orders`, `tag:nightly`, `state:modified+`. */
  readonly select?: string | readonly string[] | undefined
  readonly exclude?: string | readonly string[] | undefined
  /** One of `selectors.yml`. */
  readonly selector?: string | undefined
  /** Which tests come with a node. */
  readonly indirectSelection?: 'eager' | 'cautious' | 'buildable' | 'empty' | undefined
  /** A folder with the manifest to compare with, such as the `targetPath` of a result. */
  readonly state?: string | undefined
  /** Whether nodes that are not selected are read where `state` has them. */
  readonly defer?: boolean | undefined
}

/** When to stop. */
interface Running {
  /** Stops at the first failure. @default false */
  readonly failFast?: boolean | undefined
  /** Whether warnings fail the command. @default false */
  readonly warnError?: boolean | undefined
}

export interface DbtRunConfig extends DbtCallConfig, DbtSelection, Running {
  /** Builds incremental models anew. @default false */
  readonly fullRefresh?: boolean | undefined
}
export interface DbtTestConfig extends DbtCallConfig, DbtSelection, Running {
  /** Keeps failing rows in the database. @default false */
  readonly storeFailures?: boolean | undefined
}
export interface DbtBuildConfig extends DbtRunConfig, DbtTestConfig {
  /** `model`, `seed`, `snapshot`, `test`, `unit_test`, … */
  readonly resourceTypes?: string | readonly string[] | undefined
}
export type DbtSeedConfig = DbtRunConfig
export type DbtCompileConfig = DbtRunConfig
export interface DbtSnapshotConfig extends DbtCallConfig, DbtSelection, Running {}
export interface DbtParseConfig extends DbtCallConfig, Pick<Running, 'warnError'> {}
export interface DbtListConfig extends DbtCallConfig, DbtSelection, Pick<DbtBuildConfig, 'resourceTypes'> {}
export interface DbtDocsConfig extends DbtCallConfig, DbtSelection {}
export interface DbtFreshnessConfig extends DbtCallConfig, Pick<DbtSelection, 'select' | 'exclude'> {}
export interface DbtRetryConfig extends DbtCallConfig, Pick<Running, 'failFast'> {
  /** `targetPath` of the result to go on with. @default the last command of this project that can be retried */
  readonly of?: string | undefined
}

export type Method =
  | 'build'
  | 'run'
  | 'test'
  | 'seed'
  | 'snapshot'
  | 'compile'
  | 'parse'
  | 'ls'
  | 'docs'
  | 'deps'
  | 'sourceFreshness'
  | 'retry'
  | 'clean'
  | 'invoke'

/** Options with their defaults. */
export type CheckedOptions = DbtOptions & { readonly executable: string; readonly graceMs: number }
/** What any method may be given; each takes only its own. */
export type CheckedConfig = DbtBuildConfig & DbtRetryConfig

/** @throws CONFIG_INVALID */
export const checkedPipeline = <T extends DbtBuildConfig>(given: T): T =>
  check(pipeline as unknown as z.ZodType<T>, given, 'dbt.runFullPipeline')

/** @throws CONFIG_INVALID */
export const checkedWords = (given: readonly string[]): readonly string[] =>
  check(z.array(z.string()), given, 'dbt.invoke')

/** @throws CONFIG_INVALID that names each option and what it may be */
export const checkedOptions = (given: DbtOptions): CheckedOptions => check(options, given, 'createDbt')

/** @throws CONFIG_INVALID */
export const checkedConfig = (method: Method, given: object): CheckedConfig =>
  check<CheckedConfig>(configs[method] as unknown as z.ZodType<CheckedConfig>, given, `dbt.${method}`)

function check<T>(schema: z.ZodType<T>, given: unknown, where: string): T {
  const { success, data, error } = schema.safeParse(given)
  if (success) return data
  const problems = error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  )
  throw new LevadaError('CONFIG_INVALID', `${where}(): ${problems.join('; ')}.`, {
    hint: 'Correct the options; the message names them.',
  })
}
