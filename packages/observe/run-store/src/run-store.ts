/// <reference lib="esnext.disposable" preserve="true" />
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type * as Sqlite from 'node:sqlite'
import { catchUp, type UnreadableLog } from './catch-up.ts'
import { addPublished, type Published } from './published.ts'
import { schema, schemaVersion } from './schema.ts'
import type {
  StoredCheck,
  StoredMaterialization,
  StoredRun,
  StoredRunDetails,
  StoredRunState,
  StoredStep,
} from './stored.ts'

export interface RunsOptions {
  /** @default all */
  readonly limit?: number
}

/** The history of an app, as far as its logs tell it. */
export interface RunStore extends Disposable {
  /** The newest first. */
  runs(options?: RunsOptions): readonly StoredRun[]
  /** One run by its id, by a part of it that no other has, or the newest as `latest`; undefined when there is none. */
  run(id: string): StoredRunDetails | undefined
  /** Ids of the nodes, `pipeline/node`, the latest step of which failed. @param env of runs in this environment */
  failedNodes(env: string): ReadonlySet<string>
  /** Logs that are there and cannot be read: what they tell is not in the store. */
  readonly unreadable: readonly UnreadableLog[]
}

export interface OpenStoreOptions {
  /** Makes it again from the logs that there are. */
  readonly rebuild?: boolean
  /** What manifests tell: runs whose logs are gone are added from it, and kept until the store is made again. */
  readonly published?: readonly Published[]
}

/** Opens the store of an app and brings it up to date. */
export function openRunStore(
  appDir: string,
  { rebuild = false, published = [] }: OpenStoreOptions = {},
): RunStore {
  const folder = join(appDir, '.levada')
  const file = join(folder, 'runs.db')
  const remove = (): void => {
    for (const ending of ['', '-wal', '-shm']) rmSync(`${file}${ending}`, { force: true })
  }
  const open = (path: string): RunStore => {
    const database = openDatabase(path)
    try {
      const unreadable = catchUp(database, join(folder, 'runs'))
      if (published.length > 0) addPublished(database, published)
      return storeOf(database, unreadable)
    } catch (error) {
      database.close()
      throw error
    }
  }
  try {
    if (rebuild) remove()
    if (existsSync(join(folder, 'runs'))) mkdirSync(folder, { recursive: true })
    try {
      return open(existsSync(folder) ? file : ':memory:')
    } catch (error) {
      if (!isDamaged(error)) throw error
      remove()
      return open(file)
    }
  } catch (error) {
    // Nothing can be written there: what the logs say is all that is needed.
    if (isUnwritable(error)) return open(':memory:')
    throw error
  }
}

/** SQLite is experimental in older versions of Node, which say so once. */
function loadSqlite(): typeof Sqlite {
  const { emitWarning } = process
  process.emitWarning = () => undefined
  try {
    return process.getBuiltinModule('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}

class OtherVersion extends Error {}

function openDatabase(path: string): Sqlite.DatabaseSync {
  const database = new (loadSqlite().DatabaseSync)(path, { timeout: 10_000 })
  try {
    // Readers and a writer do not wait for each other; a loss of power may lose what the logs still have.
    database.exec('pragma journal_mode = wal; pragma synchronous = normal')
    const versionOf = (): unknown => database.prepare('pragma user_version').get()?.['user_version']
    if (versionOf() !== schemaVersion) {
      database.exec('begin immediate')
      const version = versionOf()
      if (version === 0) database.exec(`${schema}; pragma user_version = ${schemaVersion}`)
      database.exec('commit')
      if (version !== 0 && version !== schemaVersion) throw new OtherVersion()
    }
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

const errcode = (error: unknown): number => ((error as { errcode?: number }).errcode ?? 0) & 0xff
/** SQLITE_ERROR (a table that is not there), SQLITE_CORRUPT, SQLITE_NOTADB. */
const isDamaged = (error: unknown): boolean =>
  error instanceof OtherVersion || [1, 11, 26].includes(errcode(error))
/** SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_IOERR, SQLITE_FULL. */
const isUnwritable = (error: unknown): boolean =>
  [8, 14, 10, 13].includes(errcode(error)) ||
  ['EACCES', 'EROFS', 'EPERM', 'ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')

type Row = Readonly<Record<string, unknown>>

function storeOf(database: Sqlite.DatabaseSync, unreadable: readonly UnreadableLog[]): RunStore {
  const all = (sql: string, ...values: (string | number)[]): readonly Row[] =>
    database.prepare(sql).all(...values)

  const countsOf = (runs: readonly string[]): ReadonlyMap<string, Readonly<Record<string, number>>> => {
    const counts = new Map<string, Record<string, number>>()
    const rows = all(
      `select run_id, case when skip_reason in ('unchanged', 'exists') then 'unchanged' else state end as state, count(*) as n
       from steps where run_id in (select value from json_each(?)) group by 1, 2`,
      JSON.stringify(runs),
    )
    for (const { run_id, state, n } of rows) {
      const of = counts.get(run_id as string) ?? {}
      of[state as string] = n as number
      counts.set(run_id as string, of)
    }
    return counts
  }
  const runsOf = (rows: readonly Row[]): readonly StoredRun[] => {
    const counts = countsOf(rows.map(({ id }) => id as string))
    return rows.map((row) => {
      const state = (row['state'] as StoredRunState | null) ?? (isAlive(row) ? 'running' : 'interrupted')
      return {
        id: row['id'] as string,
        app: row['app'] as string,
        env: row['env'] as string,
        selection: row['selection'] as string,
        partition: optional(row['partition']),
        state,
        startedAt: row['started_at'] as string,
        durationMs: (row['duration_ms'] as number | null) ?? undefined,
        counts: countsNow(counts.get(row['id'] as string) ?? {}, state),
      }
    })
  }
  // A log that does not begin as one tells nothing.
  const select = `select * from runs where started_at is not null`
  return {
    runs: ({ limit = -1 } = {}) => runsOf(all(`${select} order by id desc limit ?`, limit)),
    run(id) {
      const found =
        id === 'latest'
          ? all(`${select} order by id desc limit 1`)
          : all(`${select} and (id = ?1 or instr(id, ?1) > 0) order by id = ?1 desc limit 2`, id)
      const [run] = runsOf(found)
      if (!run || (found.length > 1 && run.id !== id)) return undefined
      return {
        ...run,
        steps: all('select * from steps where run_id = ? order by position', run.id).map((row) =>
          stepOf(row, run.state),
        ),
        checks: all('select * from checks where run_id = ? order by rowid', run.id).map(
          ({ step_id, result }): StoredCheck => ({
            step: step_id as string,
            ...(JSON.parse(result as string) as Omit<StoredCheck, 'step'>),
          }),
        ),
        materializations: all('select * from materializations where run_id = ? order by rowid', run.id).map(
          madeOf,
        ),
      }
    },
    failedNodes: (env) =>
      new Set(
        all(
          // Of each node the latest run that did something with it.
          `select pipeline || '/' || node as id from (
             select pipeline, node, state, row_number() over (partition by pipeline, node order by run_id desc, state = 'failed' desc) as nr
             from steps where run_id in (select id from runs where env = ?)
               and coalesce(skip_reason, '') not in ('upstream_failed', 'too_many_failures', 'run_cancelled') and state <> 'running')
           where nr = 1 and state in ('failed', 'cancelled')`,
          env,
        ).map(({ id }) => id as string),
      ),
    unreadable,
    [Symbol.dispose]: () => database.close(),
  }
}

/** NULL as undefined. */
const optional = (value: unknown): never => (value ?? undefined) as never

/** A step that was running when its run ended without saying how is not running any more. */
const isLeft = (state: unknown, run: StoredRunState): boolean => state === 'running' && run !== 'running'

function countsNow(
  { running = 0, ...counts }: Readonly<Record<string, number>>,
  run: StoredRunState,
): Readonly<Record<string, number>> {
  return running === 0 ? counts : { ...counts, [isLeft('running', run) ? 'interrupted' : 'running']: running }
}

const stepOf = (row: Row, run: StoredRunState): StoredStep => ({
  id: row['id'] as string,
  pipeline: row['pipeline'] as string,
  node: row['node'] as string,
  partitions: optional(row['partitions']),
  state: isLeft(row['state'], run) ? 'interrupted' : (row['state'] as StoredStep['state']),
  reason: optional(row['reason']),
  skipReason: optional(row['skip_reason']),
  becauseOf: optional(row['because_of']),
  startedAt: optional(row['started_at']),
  durationMs: optional(row['duration_ms']),
  errors: row['errors'] === null ? [] : (JSON.parse(row['errors'] as string) as StoredStep['errors']),
})

const madeOf = (row: Row): StoredMaterialization => ({
  step: row['step_id'] as string,
  asset: row['asset'] as string,
  version: row['version'] as string,
  number: row['number'] as number,
  rows: row['rows'] as number,
  rowsWritten: row['rows_written'] as number,
  bytesWritten: row['bytes_written'] as number,
  partitionsWritten: row['partitions_written'] as number,
  inputs: JSON.parse(row['inputs'] as string) as StoredMaterialization['inputs'],
  address: row['address'] as string,
  at: row['at'] as string,
})

/** Whether the process that began a run still is. Of another machine nobody knows: it is taken to be. */
function isAlive({ pid, host }: Row): boolean {
  // Its steps are run one by one, by whoever asked for its record.
  if (pid === null && host === null) return true
  if (host !== hostname()) return typeof host === 'string'
  try {
    process.kill(pid as number, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
