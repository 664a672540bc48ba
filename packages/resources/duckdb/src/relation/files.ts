import { showType, type Column, type ColumnType, type FileFormat, type Location } from '@levada/core/spi'
import { badCell } from '../errors.ts'
import { fileList, quoteName, quoteText } from '../sql/quote.ts'
import { relationType } from '../sql/types.ts'

export type FilesLocation = Extract<Location, { readonly kind: 'files' }>

/** The folder names of partitions repeat columns that stand in the files too, as text: they are ignored. */
export const parquetReader = ({ uris }: FilesLocation): string =>
  `read_parquet(${fileList(uris)}, hive_partitioning = false)`

/** The column in which a reader tells the file of a row. */
export const fileColumn = 'levada:file'

/** Without columns, all as text, only to see the header. */
export function csvReader(
  { uris, options }: FilesLocation,
  columns?: readonly (readonly [string, Column | undefined])[],
): string {
  const settings = [
    `header = ${options.header !== false}`,
    `delim = ${quoteText(options.delimiter ?? ',')}`,
    `quote = '"', escape = '"', comment = '', skip = 0`,
    `nullstr = ${quoteText(options.nullText ?? '')}, allow_quoted_nulls = false`,
    'hive_partitioning = false',
  ]
  if (columns) {
    const types = columns.map(([name, column]) => `${quoteText(name)}: ${quoteText(cellType(column))}`)
    settings.push(
      `auto_detect = false, strict_mode = true, filename = ${quoteText(fileColumn)}, columns = {${types.join(', ')}}`,
    )
  } else {
    settings.push(
      'all_varchar = true, strict_mode = false, null_padding = true, ignore_errors = true, sample_size = 1',
    )
  }
  return `read_csv(${fileList(uris)}, ${settings.join(', ')})`
}

/** Numbers whose text has to be looked at: DuckDB rounds 1.7 to an integer, and reads long decimals through a double. */
const guarded = (type: ColumnType): boolean =>
  type.kind === 'int' || type.kind === 'bigint' || type.kind === 'decimal'

const isNested = ({ kind }: ColumnType): boolean => kind === 'list' || kind === 'struct'

/**
 * What a CSV reader is to make of a cell: nested values are JSON, which DuckDB's own text for them is not. Instants are cast
 * behind it: the reader takes text that is none for NULL.
 */
function cellType(column: Column | undefined): string {
  if (column === undefined || guarded(column.type) || column.type.kind === 'instant') return 'VARCHAR'
  return isNested(column.type) ? 'JSON' : relationType(column.type)
}

/** Everything but texts is read as text and cast behind the reader, which names no column when it cannot. */
const readerType = (type: ColumnType): string => (isNested(type) || type.kind === 'json' ? 'JSON' : 'VARCHAR')

export function jsonReader({ uris, format }: FilesLocation, columns?: readonly Column[]): string {
  const settings = [
    `format = '${format === 'json' ? 'array' : 'newline_delimited'}'`,
    'hive_partitioning = false',
  ]
  if (columns)
    settings.push(
      `filename = ${quoteText(fileColumn)}`,
      `columns = {${columns.map(({ name, type }) => `${quoteText(name)}: ${quoteText(readerType(type))}`).join(', ')}}`,
    )
  return `read_json(${fileList(uris)}, ${settings.join(', ')})`
}

/** The value of a column that {@link csvReader} read, refused with its file and text when a cast would change it. */
export function csvExpression(
  { name, type }: Column,
  found: string,
  index: number,
  delimiter: string,
): string {
  const column = quoteName(found)
  if (!guarded(type) && type.kind !== 'instant') return column
  const odd =
    type.kind === 'instant'
      ? 'false'
      : type.kind === 'decimal'
        ? `not regexp_full_match(${column}, '\\s*[-+]?\\d*(\\.\\d{0,${type.scale}}0*)?\\s*')`
        : `regexp_matches(${column}, '[^-+0-9\\s]')`
  return castCell(column, type, odd, { column: name, index, delimiter })
}

/** The cast of a cell that stands in a file as text: an error that names cell and file when it is odd or none. */
function castCell(
  column: string,
  type: ColumnType,
  odd: string,
  facts: Readonly<Record<string, string | number>>,
): string {
  const known = quoteText(JSON.stringify({ ...facts, type: showType(type) }))
  const failed = `error(concat(${quoteText(badCell)}, json_object('facts', ${known}, 'file', ${quoteName(fileColumn)}, 'value', ${column})))`
  const sqlType = relationType(type)
  return `case when ${column} is null then null when ${odd} then ${failed} else coalesce(try_cast(${column} as ${sqlType}), ${failed}) end`
}

/** The value of a column that {@link jsonReader} read, refused with its file and text when a cast would change it. */
export function jsonExpression({ name, type }: Column, format: FileFormat): string {
  const column = quoteName(name)
  if (isNested(type) || type.kind === 'string' || type.kind === 'json' || type.kind === 'enum') return column
  const scale = type.kind === 'decimal' ? type.scale : 0
  const odd = guarded(type)
    ? `not regexp_full_match(${column}, ${quoteText(`-?\\d*(\\.\\d{0,${scale}}0*)?`)})`
    : type.kind === 'boolean'
      ? `${column} not in ('true', 'false')`
      : 'false'
  return castCell(column, type, odd, { column: name, format })
}
