import { DuckDBDataChunk, type DuckDBAppender, type DuckDBConnection } from '@duckdb/node-api'
import { LevadaError, type Column } from '@levada/core/spi'
import { quoteName } from '../sql/quote.ts'
import { typeText } from '../sql/types.ts'
import { chunkRows } from './chunk.ts'
import { encoderOf, writtenAsText, type Encoder } from './encode.ts'

type Row = Readonly<Record<string, unknown>>

/** Fills tables from JavaScript, chunk by chunk. */
export interface TableAppender {
  readonly rows: number
  /** @throws ROW_INVALID */
  addRows(rows: readonly Row[]): void
  /** @throws ROW_INVALID */
  addColumns(columns: readonly (readonly unknown[])[], length: number): void
  /** Everything is in the table. */
  finish(): void
  abort(): void
}

/** The definition of a table that holds such rows on their way. */
export const appenderColumns = (columns: readonly Column[]): string =>
  columns.map(({ name, type }) => `${quoteName(name)} ${typeText(type, writtenAsText)}`).join(', ')

/** Reads one property of every row; generated, so that each column's access stays monomorphic. */
function getter(name: string): (rows: readonly Row[], from: number, length: number, into: unknown[]) => void {
  const body = `for (let r = 0; r < length; r++) into[r] = rows[from + r][${JSON.stringify(name)}]`
  // oxlint-disable-next-line typescript/no-implied-eval -- the name is quoted as JSON
  return new Function('rows', 'from', 'length', 'into', body) as ReturnType<typeof getter>
}

export async function createTableAppender(
  connection: DuckDBConnection,
  {
    database,
    schema,
    table,
  }: { readonly database?: string; readonly schema: string; readonly table: string },
  columns: readonly Column[],
): Promise<TableAppender> {
  const appender: DuckDBAppender = await connection.createAppender(table, schema, database)
  const types = columns.map((_, i) => appender.columnType(i))
  const encoders: readonly Encoder[] = columns.map(encoderOf)
  const getters = columns.map(({ name }) => getter(name))
  const names = new Set(columns.map(({ name }) => name))
  const values = columns.map((): unknown[] => [])
  let count = 0

  function append(length: number, from: readonly (readonly unknown[])[]): void {
    const chunk = DuckDBDataChunk.create(types, length)
    encoders.forEach((encode, i) => encode(from[i]!, length, chunk))
    appender.appendDataChunk(chunk)
    count += length
  }

  function checkKeys(row: Row): void {
    let keys = 0
    for (const key in row) {
      if (!names.has(key))
        throw new LevadaError('ROW_INVALID', `a row has the column '${key}', which is not declared`, {
          details: { column: key },
        })
      keys++
    }
    if (keys >= columns.length) return
    const missing = columns.find(({ name }) => row[name] === undefined)
    if (missing)
      throw new LevadaError('ROW_INVALID', `column ${missing.name}: a row lacks it`, {
        details: { column: missing.name },
      })
  }

  return {
    get rows() {
      return count
    },
    addRows(rows) {
      for (const row of rows) checkKeys(row)
      for (let from = 0; from < rows.length; from += chunkRows) {
        const length = Math.min(chunkRows, rows.length - from)
        getters.forEach((get, i) => get(rows, from, length, values[i]!))
        append(length, values)
      }
    },
    addColumns(given, total) {
      if (given.length !== columns.length)
        throw new LevadaError(
          'ROW_INVALID',
          `a batch has ${given.length} columns instead of ${columns.length}`,
        )
      for (let from = 0; from < total; from += chunkRows) {
        const length = Math.min(chunkRows, total - from)
        append(length, total <= chunkRows ? given : given.map((column) => column.slice(from, from + length)))
      }
    },
    finish() {
      appender.flushSync()
      appender.closeSync()
    },
    abort() {
      appender.clear()
      appender.closeSync()
    },
  }
}
