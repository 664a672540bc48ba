import { isLevadaError, jsonFault, LevadaError, positionAt } from '@levada/core/spi'
import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { pipeline, type Readable } from 'node:stream'

/** What DuckDB or generated SQL tells of a fault in a file, by which its line can be found. */
interface Find {
  /** A CSV file may not be UTF-8: DuckDB tells another line, or fails by itself when some columns are read. */
  readonly encoding?: true
  /** Of CSV: the record, where the header counts. */
  readonly record?: number
  /** Of CSV: the cell's place in its row. */
  readonly index?: number
  readonly delimiter?: string
  /** Of JSON. */
  readonly format?: 'json' | 'ndjson'
  readonly column?: string
  readonly value?: string
}
interface Found {
  readonly line: number
  readonly column?: number
  /** What is wrong there, when it can be said better. */
  readonly what?: string
}

async function openBytes(file: string): Promise<Readable & AsyncIterable<Buffer>> {
  const bytes = createReadStream(file)
  return file.endsWith('.gz') ? pipeline(bytes, (await import('node:zlib')).createGunzip(), () => {}) : bytes
}

/** The text of a file, unpacked. */
export const openText = async (file: string): Promise<AsyncIterable<string>> =>
  (await openBytes(file)).setEncoding('utf8') as AsyncIterable<string>

/** Adds the line to an error about a file; DuckDB tells it for none of its formats. `csvFiles` are those that were read. */
export async function withLine(failure: unknown, name: string, csvFiles: Iterable<string>): Promise<unknown> {
  if (!isLevadaError(failure)) return failure
  const { find, ...facts } = failure.details as { find?: Find; file?: string }
  const { file } = facts
  if (find?.encoding) return (await encodingFault(name, file === undefined ? csvFiles : [file])) ?? failure
  if (find === undefined || file === undefined) return failure
  const found = await lineOf(file, find).catch(() => undefined)
  const message = found ? located(failure.message, file, found) : failure.message
  return new LevadaError(failure.code, message, {
    hint: failure.hint,
    details: { ...facts, ...(found && { line: found.line }) },
  })
}

async function encodingFault(name: string, files: Iterable<string>): Promise<LevadaError | undefined> {
  for (const file of files) {
    const line = await notUtf8Line(file).catch(() => undefined)
    if (line === undefined) continue
    return new LevadaError(
      'DATA_UNREADABLE',
      `${name}: file '${file}' line ${line}: the file is not UTF-8.`,
      {
        details: { file, line },
      },
    )
  }
  return undefined
}

async function notUtf8Line(file: string): Promise<number | undefined> {
  let line = 1
  let rest: Buffer = Buffer.alloc(0)
  for await (const part of await openBytes(file)) {
    const bytes = Buffer.concat([rest, part])
    let start = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      if (!isUtf8(bytes.subarray(start, end))) return line
      line++
      start = end + 1
    }
    rest = bytes.subarray(start)
  }
  return isUtf8(rest) ? undefined : line
}

function located(message: string, file: string, { line, column, what }: Found): string {
  const place = `file '${file}' line ${line}${column === undefined ? '' : ` column ${column}`}`
  const upper = `F${place.slice(1)}`
  return what === undefined
    ? message.replace(`file '${file}'`, place).replace(`File '${file}'`, upper)
    : `${upper}: ${what}.`
}

function lineOf(file: string, find: Find): Promise<Found | undefined> {
  if (find.format === 'ndjson') return ndjsonLine(file, find)
  if (find.format === 'json') return find.column === undefined ? jsonLine(file) : Promise.resolve(undefined)
  return csvLine(file, find)
}

/** The line on which a record begins: by its number, or the first whose cell has a text. */
async function csvLine(file: string, { record, index, delimiter, value }: Find): Promise<Found | undefined> {
  let line = 1
  let start = 1
  let records = 1
  let cells = 0
  let text = ''
  let quoted = false
  const ends = (): boolean =>
    record === undefined ? cells === index && text.trim() === value?.trim() : records === record
  for await (const part of await openText(file)) {
    for (const c of part) {
      if (c === '"') quoted = !quoted
      if (c === '\n') line++
      if (quoted || (c !== delimiter && c !== '\n')) {
        if (c !== '"') text += c
        continue
      }
      if (ends()) return { line: start }
      text = ''
      cells = c === '\n' ? 0 : cells + 1
      if (c !== '\n') continue
      start = line
      records++
    }
  }
  return ends() ? { line: start } : undefined
}

/** The first line that is no JSON object, or whose value of a column has a text. */
async function ndjsonLine(file: string, { column, value }: Find): Promise<Found | undefined> {
  let line = 0
  for await (const text of lines(file)) {
    line++
    if (text.trim() === '') continue
    const fault = jsonFault(text)
    if (fault !== undefined) {
      if (column === undefined) return { line, column: fault + 1, what: 'this is not valid JSON' }
      continue
    }
    const row = JSON.parse(text) as unknown
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      if (column === undefined) return { line, what: 'a JSON object is expected' }
      continue
    }
    const cell = column === undefined ? undefined : (row as Record<string, unknown>)[column]
    if (cell === undefined || cell === null || value === undefined) continue
    if (typeof cell === 'string' ? cell === value : JSON.stringify(cell) === sameJson(value)) return { line }
  }
  return undefined
}

/** The text of a value as `JSON.stringify` writes it; itself when it is none. */
function sameJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return text
  }
}

async function jsonLine(file: string): Promise<Found | undefined> {
  let text = ''
  for await (const part of await openText(file)) text += part
  const fault = jsonFault(text) ?? text.search(/\S/)
  const { line, column } = positionAt(text, Math.max(0, fault))
  const what = jsonFault(text) === undefined ? 'a list of JSON objects is expected' : 'this is not valid JSON'
  return { line, column, what }
}

async function* lines(file: string): AsyncIterable<string> {
  let rest = ''
  for await (const part of await openText(file)) {
    const all = (rest + part).split('\n')
    rest = all.pop()!
    yield* all
  }
  if (rest !== '') yield rest
}
