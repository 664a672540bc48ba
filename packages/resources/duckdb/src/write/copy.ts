import {
  LevadaError,
  type Column,
  type PartitionKey,
  type WriteTarget,
  type Written,
  type WrittenFile,
} from '@levada/core/spi'
import type {
  DuckDBConnection,
  DuckDBDataChunk,
  DuckDBMapVector,
  DuckDBStructVector,
  DuckDBVector,
} from '@duckdb/node-api'
import { stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { castColumn, separate } from '../relation/scan.ts'
import { csvReader, fileColumn } from '../relation/files.ts'
import { quoteName, quoteText } from '../sql/quote.ts'
import type { Part, Statements } from '../sql/statements.ts'
import { typeText } from '../sql/types.ts'
import { partitionExpression } from './partition-expression.ts'
import { textExpression } from './text-formats.ts'

export type FilesTarget = Extract<WriteTarget, { readonly kind: 'files' }>

/** JSON has no partitioned COPY. */
export const canWriteFiles = (target: WriteTarget): boolean =>
  target.kind === 'files' &&
  (target.partitionBy.length === 0 || target.format === 'parquet' || target.format === 'csv')

/** The declared columns of a relation, each cast to its type and written in its format's way, and the values of partitions. */
export function selectFor(
  from: readonly Part[],
  columns: readonly Column[],
  target: FilesTarget,
): readonly Part[] {
  const casts = columns.map((column) => castColumn(quoteName(column.name), typeText(column.type), column))
  const inner: readonly Part[] = ['select ', ...separate(casts), ' from ', ...from]
  const { format, partitionBy, grains } = target
  if (format === 'parquet' && !grains) return inner
  const texts = columns.map(({ name, type }) => {
    const column = quoteName(name)
    return `${textExpression(type, format, column)} as ${column}`
  })
  const names = folderNames(target, columns)
  const values = grains
    ? partitionBy.map((name, i) => {
        const { type } = columns.find((column) => column.name === name)!
        return `${partitionExpression(type, grains[name], quoteName(name))} as ${quoteName(names[i]!)}`
      })
    : []
  return [`select ${[...texts, ...values].join(', ')} from (`, ...inner, ')']
}

const units = { hourly: 'hour', daily: 'day', weekly: 'week', monthly: 'month' } as const

/**
 * What the folders of partitions are named by: the columns, or else columns beside them that are not stored, since a reader
 * would take `at=2001-03-04T05` for the value of `at`.
 */
function folderNames({ partitionBy, grains }: FilesTarget, columns: readonly Column[]): readonly string[] {
  if (!grains) return partitionBy
  const taken = new Set(columns.map(({ name }) => name.toLowerCase()))
  return partitionBy.map((name) => {
    const kind = grains[name]?.kind
    let made = `${name}_${kind ? units[kind] : 'value'}`
    while (taken.has(made.toLowerCase())) made += '_'
    taken.add(made.toLowerCase())
    return made
  })
}

function formatOptions(target: FilesTarget, columns: readonly Column[]): readonly string[] {
  const { format, options, partitionBy, grains } = target
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
  const names = folderNames(target, columns).map(quoteName).join(', ')
  return [...own, `partition_by (${names}), write_partition_columns ${grains === undefined}`]
}

/** A COPY of a SELECT into a target; `part` numbers the files of a target that is not partitioned. */
export function copyStatement(
  statements: Statements,
  select: readonly Part[],
  target: FilesTarget,
  columns: readonly Column[],
  part: number,
): string {
  const path =
    target.partitionBy.length > 0 ? target.directory : join(target.directory, `data_${part}.${target.format}`)
  return statements.join([
    'copy (',
    ...select,
    `) to ${quoteText(path)} (${[...formatOptions(target, columns), target.format === 'parquet' ? 'return_stats' : 'return_files'].join(', ')})`,
  ])
}

/** A file as COPY tells of it: with RETURN_STATS all, with RETURN_FILES its path. */
export interface CopiedFile {
  readonly path: string
  readonly rows?: number
  readonly sizeBytes?: number
  readonly nulls?: ReadonlyMap<string, number>
}

/** A map as it lies in memory: the entries of all rows one after the other. */
function flat(map: DuckDBVector) {
  // A value of it would be an object for each of its entries, and a hundred files have thousands.
  const list = (map as DuckDBMapVector)['listVector']
  const entries = list.childVector as DuckDBStructVector
  return { list, keys: entries.entryVectorAt(0), values: entries.entryVectorAt(1) }
}

/** Of the statistics of files, `{"n": {null_count: 0, …}, "s"."inner": …}` each, those of whole columns, by their quoted names. */
function nullsOf(statistics: DuckDBVector): (file: number) => ReadonlyMap<string, number> {
  const columns = flat(statistics)
  const counts = flat(columns.values)
  return (file) => {
    const nulls = new Map<string, number>()
    const first = columns.list.getEntryOffset(file)
    for (let column = first; column < first + columns.list.getEntryLength(file); column++) {
      const start = counts.list.getEntryOffset(column)
      const end = start + counts.list.getEntryLength(column)
      let at = start
      while (at < end && counts.keys.getItem(at) !== 'null_count') at++
      if (at < end) nulls.set(String(columns.keys.getItem(column)), Number(counts.values.getItem(at)))
    }
    return nulls
  }
}

/** What COPY tells with RETURN_STATS: path, rows, bytes, bytes of the footer, statistics of columns, partition. */
function filesIn(chunk: DuckDBDataChunk): readonly CopiedFile[] {
  const [paths, rows, sizes, statistics] = [0, 1, 2, 4].map((column) => chunk.getColumnVector(column))
  const nulls = nullsOf(statistics!)
  return Array.from({ length: chunk.rowCount }, (_, i) => ({
    path: String(paths!.getItem(i)),
    rows: Number(rows!.getItem(i)),
    sizeBytes: Number(sizes!.getItem(i)),
    nulls: nulls(i),
  }))
}

export async function runCopy(
  connection: DuckDBConnection,
  target: FilesTarget,
  sql: string,
): Promise<readonly CopiedFile[]> {
  if (target.format === 'parquet')
    return (await (await connection.run(sql)).fetchAllChunks()).flatMap(filesIn)
  const [rows, paths] = (await connection.runAndReadAll(sql)).getRowsJson()[0] as [string, string[]]
  // One file has all rows; the files of partitions are counted afterwards.
  return paths.map((path) => (target.partitionBy.length === 0 ? { path, rows: Number(rows) } : { path }))
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

/** How many rows the files of a partitioned CSV hold. */
async function countRows(
  connection: DuckDBConnection,
  target: FilesTarget,
  files: readonly CopiedFile[],
  columns: readonly Column[],
): Promise<ReadonlyMap<string, number>> {
  const uris = files.filter(({ rows }) => rows === undefined).map(({ path }) => path)
  if (uris.length === 0) return new Map()
  const reader = csvReader(
    { ...target, uris },
    columns.map(({ name }) => [name, undefined]),
  )
  const counted = await connection.runAndReadAll(
    `select ${quoteName(fileColumn)}, count(*) from ${reader} group by all`,
  )
  return new Map(counted.getRowsJson().map(([file, rows]) => [String(file), Number(rows)]))
}

/** The files of a finished write, with their rows and bytes. */
export async function writtenFiles(
  connection: DuckDBConnection,
  target: FilesTarget,
  copied: readonly CopiedFile[],
  columns: readonly Column[],
): Promise<Written> {
  const counts = await countRows(connection, target, copied, columns)
  const files = await Promise.all(
    copied.map(async (file): Promise<WrittenFile> => {
      const path = relative(target.directory, file.path).split(sep).join('/')
      const rows = file.rows ?? counts.get(file.path)
      if (rows === undefined)
        throw new LevadaError('INTERNAL', `DuckDB wrote '${file.path}' but does not say how many rows.`)
      return {
        path,
        rows,
        sizeBytes: file.sizeBytes ?? (await stat(file.path)).size,
        partition: partitionOf(path, target.partitionBy),
      }
    }),
  )
  return {
    ...total(files),
    files,
    partitions: partitionsOf(files, target.partitionBy),
    ...(target.format === 'parquet' && { nulls: nullsIn(copied, columns) }),
  }
}

function nullsIn(
  copied: readonly CopiedFile[],
  columns: readonly Column[],
): Readonly<Record<string, number>> {
  const found = columns.flatMap(({ name }): readonly (readonly [string, number])[] => {
    const counts = copied.map(({ nulls }) => nulls?.get(quoteName(name)))
    const all = counts.reduce(
      (sum, count) => (sum === undefined || count === undefined ? undefined : sum + count),
      0,
    )
    return all === undefined ? [] : [[name, all]]
  })
  return Object.fromEntries(found)
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
