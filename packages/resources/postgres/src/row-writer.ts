import { LevadaError, valueProblem, type Column, type RowWriter, type Written } from '@levada/core/spi'
import { isValueError, statementError } from './errors.ts'
import type { Connection, CopyIn } from './server.ts'
import { quoteName } from './sql/quote.ts'
import { copyLines } from './values/encode.ts'

/** Writes rows from JavaScript into a table by `COPY … FROM STDIN`. */
export function rowWriter(
  connection: Connection,
  table: string,
  columns: readonly Column[],
  written: () => Promise<Written>,
): RowWriter {
  const lines = copyLines(columns)
  const names = columns.map(({ name }) => name)
  const known = new Set(names)
  const sql = `copy ${table} (${names.map(quoteName).join(', ')}) from stdin`
  let copy: CopyIn | undefined
  let isReleased = false
  /** Of several outputs, those that have ended are given up, too, when another one fails. */
  const release = (close: boolean): void => {
    if (!isReleased) connection.release(close)
    isReleased = true
  }
  const explain = (error: unknown): LevadaError =>
    isValueError(error)
      ? new LevadaError('ROW_INVALID', `${error.message}.`, { cause: error })
      : statementError(error, { name: 'writing rows' })
  return {
    async write(rows) {
      for (const row of rows) {
        const more = Object.keys(row).find((key) => !known.has(key))
        if (more !== undefined)
          throw new LevadaError('ROW_INVALID', `a row has the column '${more}', which is not declared`)
        for (const column of columns) {
          const problem = valueProblem(column, row[column.name])
          if (problem) throw new LevadaError('ROW_INVALID', `column ${column.name}: ${problem}`)
        }
      }
      try {
        copy ??= connection.copyIn(sql)
        await copy.write(
          lines(
            names.map((name) => rows.map((row) => row[name])),
            rows.length,
          ),
        )
      } catch (error) {
        throw explain(error)
      }
    },
    async finish() {
      try {
        await copy?.finish()
        const result = await written()
        release(false)
        return result
      } catch (error) {
        throw explain(error)
      }
    },
    async abort() {
      copy?.abort()
      release(true)
    },
  }
}
