import { version } from '@duckdb/node-api'
import type duckdb from '@duckdb/node-bindings'
import type { Engine, EngineContext, Location } from '@levada/core/spi'
import { openBinder } from './binder.ts'
import { notStarted, openDatabase } from './database.ts'
import { dialect } from './dialect.ts'
import { Instance } from './instance.ts'
import type { DuckdbConfig } from './plugin.ts'
import { parserOf } from './relation/syntax-tree.ts'
import { openSession } from './session.ts'
import { canWriteFiles } from './write/copy.ts'

export { warmUp } from './read/warm-up.ts'

/** An option of an extension that is built in: it is not known yet while the instance is made. */
async function setTimeZone(instance: Instance): Promise<void> {
  const connection = await instance.connect()
  await connection.run(`set global TimeZone = 'UTC'`)
  await connection.close()
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

/** @param database what {@link openDatabase} opened */
export function engineOn(database: duckdb.Database, config: DuckdbConfig, context: EngineContext): Engine {
  let instance = new Instance(database)
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
      instance = new Instance(await openDatabase(config, context))
      await setTimeZone(instance)
    }
    await connection.close()
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
