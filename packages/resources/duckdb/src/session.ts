import {
  LevadaError,
  type Column,
  type EngineSession,
  type Location,
  type Signal,
  type SqlText,
  type WriteTarget,
} from '@levada/core/spi'
import type { Connection } from './connection.ts'
import { createConnections } from './connections.ts'
import { levadaError } from './errors.ts'
import type { Instance } from './instance.ts'
import { createCursor } from './read/cursor.ts'
import { readAsText } from './read/decode.ts'
import { readings } from './relation/check-text.ts'
import { withLine } from './relation/line-of.ts'
import { jsonReader, parquetReader, type FilesLocation } from './relation/files.ts'
import { createRealiser, type Realised } from './relation/realise.ts'
import { castColumn, csvNames, separate } from './relation/scan.ts'
import { localPath, quoteName } from './sql/quote.ts'
import { createStatements, type Part } from './sql/statements.ts'
import { typeText } from './sql/types.ts'
import {
  canWriteFiles,
  copyStatement,
  runCopy,
  selectFor,
  writtenFiles,
  type FilesTarget,
} from './write/copy.ts'
import { createWriter } from './write/writer.ts'

/** The first files of a location; nothing is read when there are none. */
function firstFiles(location: Location): FilesLocation | undefined {
  if (location.kind === 'files')
    return location.uris.length === 0 ? undefined : { ...location, uris: location.uris.slice(0, 1) }
  if (location.kind === 'union') return location.parts.map(firstFiles).find((part) => part !== undefined)
  throw new LevadaError('NOT_SUPPORTED', `DuckDB cannot read a location of kind '${location.kind}'.`)
}

/** The declared columns, cast, in the types that the reader of rows wants. */
function readSelect({ from }: Realised, columns: readonly Column[]): readonly Part[] {
  const list = columns.map((column): readonly Part[] => {
    const cast = castColumn(quoteName(column.name), typeText(column.type), column)
    const read = typeText(column.type, readAsText)
    return read === typeText(column.type) ? cast : ['cast(', cast[0]!, ` as ${read})`, cast[1]!]
  })
  return ['select ', ...separate(list), ' from ', ...from]
}

function filesTarget(target: WriteTarget): FilesTarget {
  if (target.kind === 'files' && canWriteFiles(target)) return target
  const what =
    target.kind === 'files' ? `partitioned ${target.format} files` : `a target of kind '${target.kind}'`
  throw new LevadaError('NOT_SUPPORTED', `DuckDB cannot write ${what}.`)
}

/** `failed` is told of every statement that fails. */
export async function openSession(
  instance: Instance,
  failed: () => void = () => undefined,
): Promise<EngineSession> {
  const connections = createConnections(instance, failed)
  const statements = createStatements()
  const main = await connections.open()
  const realiser = createRealiser(main, connections, statements)
  const explain = (name: string) => (error: unknown) => levadaError(error, { name, statements })

  const told = (name: string, error: unknown): Promise<unknown> =>
    withLine(explain(name)(error), name, realiser.csvFiles)

  /** Work on a connection of its own. */
  async function onConnection<T>(
    name: string,
    signal: Signal | undefined,
    work: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    const connection = await connections.open()
    const closeLater = (): void => void connections.close(connection).catch(() => {})
    try {
      const value = await connections.guard(connection, signal, () => work(connection))
      connections.release(connection)
      return value
    } catch (error) {
      closeLater()
      throw await told(name, error)
    }
  }

  async function dropAll(): Promise<void> {
    const connection = await instance.connect()
    await realiser.drop(connection).catch(failed)
    await connection.close()
  }

  return {
    async describe(location) {
      const first = firstFiles(location)
      if (first === undefined) return []
      if (first.format === 'csv')
        return (await csvNames(first, realiser.describe)).map((name) => ({ name, type: { kind: 'string' } }))
      const reader = first.format === 'parquet' ? parquetReader(first) : jsonReader(first)
      return realiser.describe(`from ${reader}`, localPath(first.uris[0]!))
    },
    async bind(query) {
      return (await realiser.realise(query)).result!
    },
    async read(relation, columns, { signal } = {}) {
      const name = relation.kind === 'query' ? relation.name : 'reading'
      const realised = await realiser.realise(relation, signal)
      const connection = await connections.open()
      const close = (): Promise<void> => connections.close(connection)
      const guard = <T>(work: () => Promise<T>): Promise<T> =>
        connections.guard(connection, signal, work).catch(async (error: unknown) => {
          throw await told(name, error)
        })
      try {
        const select = (): readonly Part[] => readSelect(realised, columns)
        const run = (...parts: readonly Part[]): Promise<unknown> =>
          guard(() => connection.run(statements.join(parts)))
        // What core asks itself are a few rows, which need no stream.
        if (relation.kind === 'query' && relation.trusted) {
          const result = await guard(() => connection.run(statements.join(select())))
          const release = async (): Promise<void> => connections.release(connection)
          return createCursor(columns, { result, guard, close: release, explain: explain(name) })
        }
        // A statement that fails while it streams aborts its transaction, which is the only trace that the client leaves.
        await run('begin')
        const result = await guard(() => connection.stream(statements.join(select())))
        const checkComplete = async (): Promise<void> => {
          const aborted = await connection.run('select 1').then(
            () => false,
            () => true,
          )
          if (!aborted) return
          // The error itself is lost: it comes again when the statement is run to its end.
          await run('rollback')
          await run('create temp table levada_again as ', ...select())
          throw new LevadaError('SQL_FAILED', `${name}: the statement failed while it was read.`)
        }
        return createCursor(columns, { result, guard, close, checkComplete, explain: explain(name) })
      } catch (error) {
        void close().catch(() => {})
        throw error
      }
    },
    async write(query, columns, target, { signal } = {}) {
      const files = filesTarget(target)
      const realised = await realiser.realise(query, signal)
      return onConnection(query.name, signal, async (connection) => {
        const copied = await runCopy(
          connection,
          files,
          copyStatement(statements, selectFor(realised.from, columns, files), files, columns, 0),
        )
        return writtenFiles(connection, files, copied, columns)
      })
    },
    async writer(columns, target, { signal } = {}) {
      return createWriter(columns, filesTarget(target), {
        connections,
        statements,
        signal,
        database: await realiser.addDatabase().catch((error: unknown) => {
          throw explain('writing rows')(error)
        }),
      })
    },
    async tableNames(sql: SqlText) {
      const found = await readings(instance, sql.file, sql)
      return [...new Set(found.filter(({ kind }) => kind === 'table').map(({ name }) => name))]
    },
    async [Symbol.asyncDispose]() {
      await connections.closeAll()
      // Nobody waits for it: no later session uses these names, and where the engine is closed they are gone with it.
      dropAll().catch(() => {})
    },
  }
}
