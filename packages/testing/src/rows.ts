import { defaultValue, type Batch, type Column } from '@levada/core/spi'

export type Row = Readonly<Record<string, unknown>>

/** Rows by columns; what a row lacks is the default of its column, or NULL. */
export const batchOf = (rows: readonly Row[], columns: readonly Column[]): Batch => ({
  length: rows.length,
  columns: columns.map((column) =>
    rows.map((row) => (row[column.name] === undefined ? defaultValue(column) : row[column.name])),
  ),
})

export const rowsOf = ({ length, columns: values }: Batch, columns: readonly Column[]): readonly Row[] =>
  Array.from({ length }, (_, r) => Object.fromEntries(columns.map(({ name }, c) => [name, values[c]![r]])))
