import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { FileFormat, FormatOptions, Location } from '../dataset/index.ts'
import type { Engine, EngineSession, Relation, ResultColumn } from '../engine/index.ts'
import { LevadaError } from '../errors/index.ts'
import type { Session } from '../run/session.ts'
import { assetQuery } from '../run/query.ts'

/** What is looked at: a file or a query. */
export interface From {
  readonly engine: Engine
  readonly session: EngineSession
  readonly given: readonly ResultColumn[]
  /** The rows as some columns. */
  readonly rows: (columns: Extract<Relation, { readonly kind: 'scan' }>['columns']) => Relation
  /** Values are text that somebody wrote, so that their type has to be guessed: all of them, those that JSON has no type for, or none. */
  readonly text: 'all' | 'json' | 'none'
  readonly file?: { readonly path: string; readonly format: FileFormat; readonly options: FormatOptions }
}

const formats: Readonly<Record<string, FileFormat>> = {
  csv: 'csv',
  tsv: 'csv',
  json: 'json',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  parquet: 'parquet',
}

/**
 * Opens a file or a query for as long as it is looked at.
 * @throws DATA_MISSING, NOT_SUPPORTED and what a query throws
 */
export async function readingFrom<T>(
  app: Session,
  from: string,
  look: (from: From) => Promise<T>,
): Promise<T> {
  const path = resolve(from)
  if (existsSync(path)) return await readingFile(app, path, look)
  if (/\s/.test(from.trim())) return await readingQuery(app, from, look)
  throw new LevadaError('DATA_MISSING', `There is no file ${path}, and '${from}' is no SELECT.`, {
    hint: 'Name a csv, tsv, json, ndjson or parquet file, or write a SELECT over the names of the catalog.',
  })
}

async function readingFile<T>(app: Session, path: string, look: (from: From) => Promise<T>): Promise<T> {
  if (!statSync(path).isFile())
    throw new LevadaError('NOT_SUPPORTED', `${path} is a folder; types are looked for in one file.`, {
      hint: 'Name one of its files, or write a SELECT over the asset that is stored there.',
    })
  const [, extension = ''] = /\.([a-z]+)(?:\.gz)?$/i.exec(path) ?? []
  const format = formats[extension.toLowerCase()]
  if (!format)
    throw new LevadaError('NOT_SUPPORTED', `${path}: '.${extension}' is not a kind of file that is read.`, {
      hint: `Name a file that ends in .${Object.keys(formats).join(', .')}.`,
    })
  const options: FormatOptions = format === 'csv' ? { delimiter: delimiterOf(path, extension) } : {}
  const location: Location = { kind: 'files', format, uris: [path], options }
  const engine = await app.engines.find((each) => each.canScan(location))
  if (!engine) throw new LevadaError('NOT_SUPPORTED', `No engine of the app reads ${format} files.`)
  await using session = await engine.open()
  return await look({
    engine,
    session,
    given: await session.describe(location),
    rows: (columns) => ({ kind: 'scan', location, columns }),
    text: format === 'csv' ? 'all' : format === 'parquet' ? 'none' : 'json',
    file: { path, format, options },
  })
}

async function readingQuery<T>(app: Session, text: string, look: (from: From) => Promise<T>): Promise<T> {
  const engine = await app.engines.get(app.engines.nameFor(undefined))
  await using session = await engine.open()
  const query = await assetQuery(app, engine, session, text)
  return await look({ engine, session, given: await session.bind(query), rows: () => query, text: 'none' })
}

/** What stands most often in the first line, a comma when nothing does. */
function delimiterOf(path: string, extension: string): string {
  if (extension.toLowerCase() === 'tsv') return '\t'
  if (path.endsWith('.gz')) return ','
  const [line = ''] = beginning(path)
    .replaceAll(/"[^"]*"/g, '')
    .split('\n')
  const times = (mark: string): number => line.split(mark).length - 1
  return [',', ';', '\t', '|'].toSorted((a, b) => times(b) - times(a))[0]!
}

/** Enough of a file for its header; nothing of one that cannot be read, which the engine tells better. */
function beginning(path: string): string {
  try {
    const bytes = Buffer.alloc(65_536)
    const file = openSync(path, 'r')
    try {
      return bytes.toString('utf8', 0, readSync(file, bytes))
    } finally {
      closeSync(file)
    }
  } catch {
    return ''
  }
}
