import duckdb from '@duckdb/node-bindings'
import { isLevadaError, LevadaError, memoryBytes, type EngineContext } from '@levada/core/spi'
import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { DuckdbConfig } from './plugin.ts'

/** DuckDB knows sizes only. A share is one of the memory that the process may have, as for DuckDB's own default. */
function memoryLimit(limit: string): string {
  if (!limit.endsWith('%')) return limit
  return `${Math.max(1, Math.floor(memoryBytes(limit) / 1024))}KiB`
}

function settings(config: DuckdbConfig, { root }: EngineContext): Readonly<Record<string, string>> {
  return {
    ...(config.memory_limit !== undefined && { memory_limit: memoryLimit(config.memory_limit) }),
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

/**
 * Opens a database in memory. DuckDB does that on a thread of its own, so this needs its bindings only: whoever uses the database is
 * loaded meanwhile.
 * @throws RESOURCE_FAILED, STORAGE
 */
export async function openDatabase(config: DuckdbConfig, context: EngineContext): Promise<duckdb.Database> {
  try {
    const wanted = settings(config, context)
    const own = duckdb.create_config()
    for (const [name, value] of Object.entries(wanted)) duckdb.set_config(own, name, value)
    // The folder is made meanwhile; nothing is spilled yet.
    const [opened, folder] = await Promise.allSettled([
      duckdb.open(':memory:', own),
      makeFolder(wanted['temp_directory']!),
    ])
    if (opened.status === 'rejected') throw opened.reason
    if (folder.status === 'fulfilled') return opened.value
    duckdb.close_sync(opened.value)
    throw folder.reason
  } catch (cause) {
    throw notStarted(cause, context)
  }
}

export function notStarted(cause: unknown, { name }: EngineContext): LevadaError {
  if (isLevadaError(cause)) return cause
  const message = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
  return new LevadaError('RESOURCE_FAILED', `Engine '${name}': ${message}`, { cause })
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
