import {
  LevadaError,
  type Column,
  type PartitionKey,
  type WriteTarget,
  type Written,
  type WrittenFile,
} from '@levada/core/spi'
import type { DuckDBConnection } from '@duckdb/node-api'
import { stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { castColumn, separate } from '../relation/scan.ts'
import { csvReader, fileColumn } from '../relation/files.ts'
import { fileList, quoteName, quoteText } from '../sql/quote.ts'
import type { Part, Statements } from '../sql/statements.ts'
import { typeText } from '../sql/types.ts'
import { textExpression } from './text-formats.ts'

export type FilesTarget = Extract<WriteTarget, { readonly kind: 'files' }>

/** JSON has no partitioned COPY. */
export const canWriteFiles = (target: WriteTarget): boolean =>
  target.kind === 'files' &&
  (target.partitionBy.length === 0 || target.format === 'parquet' || target.format === 'csv')

/** The declared columns of a relation, each cast to its type and written in its format's way. */
export function selectFor(table: string, columns: readonly Column[], target: FilesTarget): readonly Part[] {
  const casts = columns.map((column) => castColumn(quoteName(column.name), typeText(column.type), column))
  const inner: readonly Part[] = ['select ', ...separate(casts), ` from ${table}`]
  if (target.format === 'parquet') return inner
  const texts = columns.map(({ name, type }) => {
    const column = quoteName(name)
    return `${textExpression(type, target.format, column)} as ${column}`
  })
  return [`select ${texts.join(', ')} from (`, ...inner, ')']
}

function formatOptions({ format, options, partitionBy }: FilesTarget): readonly string[] {
  const codec = options.compression === 'none' ? 'uncompressed' : (options.compression ?? 'zstd')
  const own = {
    parquet: [`format parquet, compression ${codec}, parquet_version v2`],
    csv: [
      `format csv, header ${options.header !== false}, delimiter ${quoteText(options.delimiter ?? ',')}, nullstr ${quoteText(options.nullText ?? '')}`,
      `quote '"', escape '"'`,
    ],
    json: ['format json, array true'],
    ndjson: ['format json, array false'],
  }[format]
  if (partitionBy.length === 0) return own
  return [...own, `partition_by (${partitionBy.map(quoteName).join(', ')}), write_partition_columns true`]
}

/** A COPY of a SELECT into a target; `part` numbers the files of a target that is not partitioned. */
export function copyStatement(
  statements: Statements,
  select: readonly Part[],
  target: FilesTarget,
  part: number,
): string {
  const path =
    target.partitionBy.length > 0 ? target.directory : join(target.directory, `data_${part}.${target.format}`)
  return statements.join([
    'copy (',
    ...select,
    `) to ${quoteText(path)} (${[...formatOptions(target), 'return_files'].join(', ')})`,
  ])
}

/** What a COPY with RETURN_FILES says. */
export interface Copied {
  readonly rows: number
  readonly files: readonly string[]
}

export async function runCopy(connection: DuckDBConnection, sql: string): Promise<Copied> {
  const reader = await connection.runAndReadAll(sql)
  const [rows, files] = reader.getRowsJson()[0] as [string, string[]]
  return { rows: Number(rows), files }
}

/** The folder that DuckDB makes for NULL. Looking for it afterwards is free; a condition on every row is not. */
const nullFolder = '__HIVE_DEFAULT_PARTITION__'

/**
 * `flight_date=2001-03-04/` names are percent-encoded.
 * @throws ROW_INVALID for NULL, which stands in no partition
 */
function partitionOf(path: string, partitionBy: readonly string[]): PartitionKey {
  const folders = path.split('/').slice(0, partitionBy.length)
  return Object.fromEntries(
    folders.map((folder, i): [string, string] => {
      const name = partitionBy[i]!
      const value = folder.slice(folder.indexOf('=') + 1)
      if (value === nullFolder)
        throw new LevadaError('ROW_INVALID', `column ${name}: NULL stands in no partition.`)
      return [name, decodeURIComponent(value)]
    }),
  )
}

async function rowsByFile(
  connection: DuckDBConnection,
  target: FilesTarget,
  copied: readonly Copied[],
  columns: readonly Column[],
): Promise<ReadonlyMap<string, number>> {
  if (target.partitionBy.length === 0)
    return new Map(copied.flatMap(({ rows, files }) => files.map((file) => [file, rows] as const)))
  const files = copied.flatMap((copy) => copy.files)
  if (files.length === 0) return new Map()
  const reader = csvReader(
    { ...target, uris: files },
    columns.map(({ name }) => [name, undefined]),
  )
  const sql =
    target.format === 'parquet'
      ? `select file_name, num_rows from parquet_file_metadata(${fileList(files)})`
      : `select ${quoteName(fileColumn)}, count(*) from ${reader} group by all`
  return new Map(
    (await connection.runAndReadAll(sql)).getRowsJson().map(([file, rows]) => [String(file), Number(rows)]),
  )
}

/** The files of a finished write, with their rows and bytes. */
export async function writtenFiles(
  connection: DuckDBConnection,
  target: FilesTarget,
  copied: readonly Copied[],
  columns: readonly Column[],
): Promise<Written> {
  const counts = await rowsByFile(connection, target, copied, columns)
  const paths = copied.flatMap((copy) => copy.files)
  const files = await Promise.all(
    paths.map(async (file): Promise<WrittenFile> => {
      const path = relative(target.directory, file).split(sep).join('/')
      const rows = counts.get(file)
      if (rows === undefined)
        throw new LevadaError('INTERNAL', `DuckDB wrote '${file}' but does not say how many rows.`)
      return {
        path,
        rows,
        sizeBytes: (await stat(file)).size,
        partition: partitionOf(path, target.partitionBy),
      }
    }),
  )
  return { ...total(files), files, partitions: partitionsOf(files, target.partitionBy) }
}

const total = (files: readonly WrittenFile[]): { rows: number; sizeBytes: number } => ({
  rows: files.reduce((sum, { rows }) => sum + rows, 0),
  sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
})

function partitionsOf(files: readonly WrittenFile[], partitionBy: readonly string[]): Written['partitions'] {
  const groups = Map.groupBy(files, ({ partition }) =>
    JSON.stringify(partitionBy.map((name) => partition[name])),
  )
  return [...groups.values()].map((group) => ({ key: group[0]!.partition, ...total(group) }))
}
