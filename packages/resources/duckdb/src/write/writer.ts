import { LevadaError, type Column, type RowWriter, type Signal, type Written } from '@levada/core/spi'
import { sessionClosed, type Connection } from '../connection.ts'
import type { Connections } from '../connections.ts'
import { levadaError } from '../errors.ts'
import type { Statements } from '../sql/statements.ts'
import { copyStatement, runCopy, selectFor, writtenFiles, type CopiedFile, type FilesTarget } from './copy.ts'
import { appenderColumns, createTableAppender, type TableAppender } from './table-appender.ts'

/** Four row groups of DuckDB: so many rows wait in memory, while as many others are written. */
const partRows = 491_520

export interface WriterContext {
  readonly connections: Connections
  readonly statements: Statements
  readonly signal: Signal | undefined
  /**
   * Where the tables of rows are: a database of its own. In that of the session a table would stay in memory after it was dropped, as long as a
   * transaction goes on that began before: that in which the rows are read of which these are made.
   */
  readonly database: string
}

interface Part {
  readonly table: string
  readonly appender: TableAppender
}

/** Rows from JavaScript into files: in parts, unless one COPY has to see all rows of a partition. */
export async function createWriter(
  columns: readonly Column[],
  target: FilesTarget,
  { connections, statements, signal, database }: WriterContext,
): Promise<RowWriter> {
  const inParts = target.format === 'parquet' && target.partitionBy.length === 0
  const appending = await connections.open()
  const copying = await connections.open()
  const copied: CopiedFile[] = []
  let parts = 0
  let pending: Promise<void> = Promise.resolve()
  let closed = false
  const guarded = <T>(connection: Connection, work: () => Promise<T>): Promise<T> =>
    connections.guard(connection, signal, work).catch((error: unknown) => {
      throw levadaError(error, { name: 'writing rows', statements })
    })

  let part: Part = await openPart()

  async function openPart(): Promise<Part> {
    const table = `rows_${parts++}`
    await guarded(appending, () =>
      appending.run(`create table ${database}.main.${table} (${appenderColumns(columns)})`),
    )
    return {
      table,
      appender: await createTableAppender(appending, { database, schema: 'main', table }, columns),
    }
  }

  /** Starts the COPY of a full table; the one before it has ended. */
  async function copy({ table, appender }: Part, number: number): Promise<void> {
    appender.finish()
    await pending
    const name = `${database}.main.${table}`
    pending = guarded(copying, async () => {
      const sql = copyStatement(statements, selectFor([name], columns, target), target, columns, number)
      copied.push(...(await runCopy(copying, target, sql)))
      await copying.run(`drop table ${name}`)
    })
    pending.catch(() => {})
  }

  async function close(): Promise<void> {
    closed = true
    await Promise.allSettled([pending])
    await connections.close(appending)
    await connections.close(copying)
  }

  return {
    async write(rows) {
      if (closed) throw new LevadaError('INTERNAL', 'Rows were written after the end.')
      if (signal?.aborted) throw new LevadaError('CANCELLED', 'The writing of rows was interrupted.')
      part.appender.addRows(rows)
      if (!inParts || part.appender.rows < partRows) return
      const full = part
      part = await openPart()
      if (closed) throw sessionClosed()
      await copy(full, parts - 2)
    },
    async finish(): Promise<Written> {
      if (inParts && part.appender.rows === 0 && parts > 1) part.appender.finish()
      else await copy(part, parts - 1)
      try {
        await pending
        const written = await guarded(copying, () => writtenFiles(copying, target, copied, columns))
        await close()
        return written
      } catch (error) {
        // Told at once: what was interrupted may take a while to end.
        void close().catch(() => {})
        throw error
      }
    },
    async abort() {
      if (closed) return
      part.appender.abort()
      copying.interrupt()
      await close()
    },
  }
}
