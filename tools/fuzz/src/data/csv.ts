import type { Random } from '../random.ts'
import type { Table } from './rows.ts'

export interface CsvStyle {
  readonly newline?: '\n' | '\r\n'
  readonly delimiter?: string
  readonly random?: Random
}
export interface WrittenRows {
  readonly text: string
  /** The line of each row; the header is not counted. */
  readonly lines: readonly number[]
}

/** How a cell is written; empty text is quoted, since nothing is NULL. */
export const csvCell = (cell: string | null, delimiter: string, random?: Random): string => {
  if (cell === null) return ''
  const must = cell === '' || cell.includes(delimiter) || /["\r\n]/.test(cell)
  return must || random?.chance(0.2) ? `"${cell.replaceAll('"', '""')}"` : cell
}

/** Writes rows whose cells are already as they stand in the file. */
export function joinCsv(header: string, rows: readonly string[], newline: string): WrittenRows {
  const lines: number[] = []
  let line = 2
  for (const row of rows) {
    lines.push(line)
    line += row.split('\n').length
  }
  return { text: [header, ...rows].map((row) => row + newline).join(''), lines }
}

export function writeCsv(
  table: Table,
  { newline = '\n', delimiter = ',', random }: CsvStyle = {},
): WrittenRows {
  const row = (cells: readonly (string | null)[]): string =>
    cells.map((cell) => csvCell(cell, delimiter, random)).join(delimiter)
  return joinCsv(row(table.columns.map(({ name }) => name)), table.rows.map(row), newline)
}
