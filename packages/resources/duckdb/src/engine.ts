import { DuckDBInstance, version } from '@duckdb/node-api'
import { isLevadaError, LevadaError, type Engine, type EngineContext, type Location } from '@levada/core/spi'
import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { openBinder } from './binder.ts'
import { dialect } from './dialect.ts'
import type { DuckdbConfig } from './plugin.ts'
import { parserOf } from './relation/syntax-tree.ts'
import { openSession } from './session.ts'
import { canWriteFiles } from './write/copy.ts'

function settings(config: DuckdbConfig, { root }: EngineContext): Readonly<Record<string, string>> {
  return {
    ...(config.memory_limit !== undefined && { memory_limit: config.memory_limit }),
    ...(config.threads !== undefined && { threads: String(config.threads) }),
    temp_directory: resolve(root, config.temp_directory ?? '.levada/tmp'),
    preserve_insertion_order: 'false',
    // A partition gets one file: with the default of 100 open files, 182 days became 260.
    partitioned_write_max_open_files: '1000',
    errors_as_json: 'true',
    // It takes old bytes for a file that was replaced within one tick of the file system's clock.
    enable_external_file_cache: 'false',
    // A statement never downloads code.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  }
}

async function openInstance(config: DuckdbConfig, context: EngineContext): Promise<DuckDBInstance> {
  try {
    const wanted = settings(config, context)
    // The folder is made meanwhile; nothing is spilled yet.
    const [created, folder] = await Promise.allSettled([
      DuckDBInstance.create(':memory:', wanted),
      makeFolder(wanted['temp_directory']!),
    ])
    if (created.status === 'rejected') throw created.reason
    if (folder.status === 'fulfilled') return created.value
    created.value.closeSync()
    throw folder.reason
  } catch (cause) {
    throw notStarted(cause, context)
  }
}

function notStarted(cause: unknown, { name }: EngineContext): LevadaError {
  if (isLevadaError(cause)) return cause
  const message = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
  return new LevadaError('RESOURCE_FAILED', `Engine '${name}': ${message}`, { cause })
}

/** An option of an extension that is built in: it is not known yet while the instance is made. */
async function setTimeZone(instance: DuckDBInstance): Promise<void> {
  const connection = await instance.connect()
  await connection.run(`set global TimeZone = 'UTC'`)
  connection.closeSync()
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new LevadaError('STORAGE', `DuckDB's folder ${folder} cannot be made: ${code}.`, {
      hint: 'Make it a folder that this user can write, or set temp_directory in resources.yml.',
      details: { setting: 'temp_directory' },
      cause,
    })
  }
}

const isLocal = (uri: string): boolean => !/^[a-z][a-z0-9+.-]+:\/\//i.test(uri) || uri.startsWith('file://')

const canScan = (location: Location): boolean =>
  location.kind === 'files'
    ? location.uris.every(isLocal)
    : location.kind === 'union' && location.parts.every(canScan)

/** Parquet keeps counts in its footers; DuckDB answers `count(column)` from them. */
const countsFromMetadata = (location: Location): boolean =>
  location.kind === 'files'
    ? location.format === 'parquet'
    : location.kind === 'union' && location.parts.every(countsFromMetadata)

export async function createEngine(config: DuckdbConfig, context: EngineContext): Promise<Engine> {
  let instance = await openInstance(config, context)
  // What is asked first waits for it, and a plan asks nothing.
  let checking = setTimeZone(instance).catch((cause: unknown) => {
    throw notStarted(cause, context)
  })
  checking.catch(() => {})
  parserOf(instance)
  let hasFailed = false

  /** DuckDB answers nothing more once it has failed by itself: whoever comes next gets an instance of their own. */
  async function replaceBroken(): Promise<void> {
    if (!hasFailed) return
    hasFailed = false
    const connection = await instance.connect()
    try {
      await connection.run('select 1')
    } catch {
      instance = await openInstance(config, context)
      await setTimeZone(instance)
    }
    connection.closeSync()
  }
  return {
    name: context.name,
    dialect,
    capabilities: { cancellable: true, bindsWithoutData: true },
    canScan,
    canWrite: canWriteFiles,
    countsFromMetadata,
    bindsAlikeWhile: `duckdb ${version()}`,
    async open() {
      checking = checking.then(replaceBroken)
      await checking
      return openSession(instance, () => (hasFailed = true))
    },
    async openBinder() {
      await checking
      return openBinder(instance)
    },
    async close() {
      // Nothing in it is kept, so a process that is about to end need not wait until its memory is given back.
      setTimeout(() => instance.closeSync(), 100).unref()
    },
  }
}
