import type { Query, Relation } from '../engine/index.ts'
import type { Column } from '../schema/index.ts'
import { rowsTable } from '../run/check-sql.ts'
import { collectRows, type Row } from '../run/rows.ts'
import type { From } from './read-from.ts'

/** Answers one row of aggregates over some rows. */
export type Ask = (expressions: readonly string[], columns: readonly Column[]) => Promise<Row>

/** What is guessed from the first rows is proven on all. */
export const sampleRows = 20_000

export const counted = (name: string): Column => ({ name, type: { kind: 'bigint' }, nullable: true })

/** A SELECT over rows, written here. */
export const overRows = (text: string, rows: Relation): Query => ({
  kind: 'query',
  name: 'looking at the rows',
  sql: { text, file: 'rows', line: 1, column: 1 },
  inputs: { [rowsTable]: rows },
  params: {},
  trusted: true,
})

export const firstRows = (rows: Relation): Query =>
  overRows(`select * from ${rowsTable} limit ${sampleRows}`, rows)

export const asking =
  ({ session }: From, rows: Relation): Ask =>
  async (expressions, columns) => {
    const query = overRows(`select ${expressions.join(', ')} from ${rowsTable}`, rows)
    const [row] = await collectRows(await session.read(query, columns), 1)
    return row!
  }
