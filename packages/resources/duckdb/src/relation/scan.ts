import {
  didYouMean,
  fit,
  LevadaError,
  showSqlType,
  showType,
  type Column,
  type Location,
  type ResultColumn,
} from '@levada/core/spi'
import { dialect } from '../dialect.ts'
import { localPath, quoteName, quoteText } from '../sql/quote.ts'
import type { Part } from '../sql/statements.ts'
import { relationType } from '../sql/types.ts'
import { firstRow, hasReadableHeader, headerNames } from './csv-header.ts'
import {
  csvExpression,
  csvReader,
  jsonExpression,
  jsonReader,
  parquetReader,
  type FilesLocation,
} from './files.ts'

export type DescribeSql = (sql: string, what: string) => Promise<readonly ResultColumn[]>

/** `cast(… as T) as "name"`, with a mark that names the column when the cast fails. */
export function castColumn(expression: string, sqlType: string, column: Column): readonly Part[] {
  return [
    {
      text: `cast(${expression} as ${sqlType})`,
      mark: { kind: 'column', name: column.name, type: column.type },
    },
    ` as ${quoteName(column.name)}`,
  ]
}

export function separate(lists: readonly (readonly Part[])[]): readonly Part[] {
  return lists.flatMap((parts, i) => (i === 0 ? parts : [', ', ...parts]))
}

/** What stands for a column that is absent: its default, or NULL. */
function absent({ type, default: value }: Column): string {
  if (value === undefined || value === null) return 'null'
  return typeof value === 'object' || type.kind === 'json'
    ? `${quoteText(JSON.stringify(value))}::json`
    : dialect.literal(value, type)
}

const nulls = (columns: readonly Column[]): readonly (readonly Part[])[] =>
  columns.map((column) => castColumn('null', relationType(column.type), column))

export const emptySelect = (columns: readonly Column[]): readonly Part[] => [
  'select ',
  ...separate(nulls(columns)),
  ' where false',
]

/**
 * A SELECT of exactly the declared columns of what stands at a location.
 * @throws SOURCE_SCHEMA, DATA_MISSING, DATA_UNREADABLE
 */
export async function scanSelect(
  location: Location,
  columns: readonly Column[],
  describe: DescribeSql,
): Promise<readonly Part[]> {
  if (location.kind === 'union') {
    const parts: Part[] = []
    for (const part of location.parts.filter((inner) => !isEmpty(inner))) {
      parts.push(parts.length === 0 ? '' : ' union all ', ...(await scanSelect(part, columns, describe)))
    }
    return parts.length === 0 ? emptySelect(columns) : parts
  }
  if (location.kind !== 'files')
    throw new LevadaError('NOT_SUPPORTED', `DuckDB cannot read a location of kind '${location.kind}'.`)
  if (location.uris.length === 0) return emptySelect(columns)
  return location.format === 'csv'
    ? scanCsv(location, columns, describe)
    : scanTyped(location, columns, describe)
}

const isEmpty = (location: Location): boolean =>
  location.kind === 'files'
    ? location.uris.length === 0
    : location.kind === 'union' && location.parts.every(isEmpty)

const only = (location: FilesLocation, uris: readonly string[]): FilesLocation => ({ ...location, uris })

/** Parquet and JSON: files carry names and types; those of the first file count. */
async function scanTyped(
  location: FilesLocation,
  columns: readonly Column[],
  describe: DescribeSql,
): Promise<readonly Part[]> {
  const file = localPath(location.uris[0]!)
  const first = only(location, [location.uris[0]!])
  const json = location.format !== 'parquet'
  const given = await describe(`select * from ${json ? jsonReader(first) : parquetReader(first)}`, file)
  const list = columns.map((column): readonly Part[] => {
    const found = find(given, column)
    const mustBeThere = !column.optional && !(json && (column.nullable || isUnknownJson(given)))
    if (!found && mustBeThere) throw missing(file, column, given)
    if (!found && (!json || column.default !== undefined))
      return castColumn(absent(column), relationType(column.type), column)
    if (found && !json && fit(found.type, column.type, true) === 'refused') throw refused(file, column, found)
    return castColumn(
      json ? jsonExpression(column, location.format) : quoteName(found!.name),
      relationType(column.type),
      column,
    )
  })
  return [
    'select ',
    ...separate(list),
    ` from ${json ? jsonReader(location, columns) : parquetReader(location)}`,
  ]
}

/** An empty JSON file is described as one column `json`. */
const isUnknownJson = (given: readonly ResultColumn[]): boolean =>
  given.length === 1 && given[0]!.type.kind === 'json'

/**
 * The names of the columns of one CSV file; those of the first row's cells are made up when it has no header.
 * @throws SOURCE_SCHEMA, DATA_MISSING, DATA_UNREADABLE
 */
export async function csvNames(location: FilesLocation, describe: DescribeSql): Promise<readonly string[]> {
  const file = localPath(location.uris[0]!)
  if (!hasReadableHeader(file))
    return (await describe(`select * from ${csvReader(location)}`, file)).map(({ name }) => name)
  const { header, delimiter = ',' } = location.options
  const cells = await firstRow(file, delimiter)
  if (header === false) return headerNames(cells.map(() => ''))
  if (cells.length === 0)
    throw new LevadaError('SOURCE_SCHEMA', `File '${file}' is empty: it has no header.`, {
      details: { file },
    })
  return headerNames(cells)
}

/** CSV: each distinct header is read by its own reader, which is told every column and guesses nothing. */
async function scanCsv(
  location: FilesLocation,
  columns: readonly Column[],
  describe: DescribeSql,
): Promise<readonly Part[]> {
  const groups = new Map<string, { readonly names: readonly string[]; readonly uris: string[] }>()
  for (const uri of location.uris) {
    const names =
      location.options.header === false
        ? columns.map(({ name }) => name)
        : await csvNames(only(location, [uri]), describe)
    const id = JSON.stringify(names)
    if (!groups.has(id)) groups.set(id, { names, uris: [] })
    groups.get(id)!.uris.push(uri)
  }
  return [...groups.values()].flatMap(({ names, uris }, i) => {
    const given = names.map((name): ResultColumn => ({ name, type: { kind: 'string' } }))
    const list = columns.map((column): readonly Part[] => {
      const found = find(given, column)
      if (!found && !column.optional) throw missingInHeader(localPath(uris[0]!), column, names, location)
      const cell =
        found &&
        csvExpression(column, found.name, names.indexOf(found.name), location.options.delimiter ?? ',')
      return castColumn(cell ?? absent(column), relationType(column.type), column)
    })
    const reader = csvReader(
      only(location, uris),
      names.map((name) => [name, columns.find((column) => find(given, column)?.name === name)]),
    )
    return [i === 0 ? '' : ' union all ', 'select ', ...separate(list), ` from ${reader}`]
  })
}

const find = (given: readonly ResultColumn[], { name }: Column): ResultColumn | undefined =>
  given.find((column) => column.name === name) ??
  given.find((column) => column.name.toLowerCase() === name.toLowerCase())

function missing(file: string, column: Column, given: readonly ResultColumn[]): LevadaError {
  const names = given.map(({ name }) => name)
  return new LevadaError(
    'SOURCE_SCHEMA',
    `File '${file}' has no column '${column.name}' (${showType(column.type)}).${didYouMean(column.name, names)}`,
    { details: { file, column: column.name } },
  )
}

const separators: Readonly<Record<string, string>> = { ',': ',', ';': ';', '\t': '\\t', '|': '|' }

/** Shows the header too: most often the file is split by something else. */
function missingInHeader(
  file: string,
  column: Column,
  names: readonly string[],
  { options: { delimiter = ',' } }: FilesLocation,
): LevadaError {
  const text = names.join(delimiter).replaceAll('\t', '\\t')
  const shown = text.length > 120 ? `${text.slice(0, 120)}…` : text
  const other =
    names.length === 1
      ? Object.keys(separators).find((c) => c !== delimiter && names[0]!.includes(c))
      : undefined
  return new LevadaError(
    'SOURCE_SCHEMA',
    `File '${file}' has no column '${column.name}' (${showType(column.type)}).${didYouMean(column.name, names)} Its header: ${shown}`,
    {
      details: { file, column: column.name },
      ...(other !== undefined && {
        hint: `The header is one column: if '${separators[other]!}' separates the values, set delimiter: "${separators[other]!}" in its catalog entry.`,
      }),
    },
  )
}

function refused(file: string, column: Column, found: ResultColumn): LevadaError {
  return new LevadaError(
    'SOURCE_SCHEMA',
    `File '${file}' column '${column.name}': ${showSqlType(found.type)} is stored, ${showType(column.type)} is declared.`,
    { details: { file, column: column.name } },
  )
}
