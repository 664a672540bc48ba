import {
  didYouMean,
  isLevadaError,
  LevadaError,
  reservedWordHint,
  showType,
  withArticle,
  type Place,
} from '@levada/core/spi'
import { isAbsolute } from 'node:path'
import { placeOf, type Found, type Statements } from './sql/statements.ts'
import { shownType } from './sql/types.ts'

/** What DuckDB says under `errors_as_json`. */
export interface EngineError {
  readonly type: string
  readonly message: string
  readonly position: number | undefined
  readonly name: string | undefined
  readonly candidates: readonly string[]
}

/** Reads an error of the client: JSON, JSON behind `Parser Error: `, or plain text `Kind Error: message`. */
function readEngineError(error: unknown): EngineError {
  const whole = error instanceof Error ? error.message : String(error)
  const start = whole.indexOf('{"exception_type"')
  const plain = /^([A-Z][\w ]*?) Error: ([^]*)$/.exec(whole)
  const bare = {
    type: plain?.[1] ?? '',
    message: plain?.[2] ?? whole,
    position: undefined,
    name: undefined,
    candidates: [],
  }
  if (start < 0) return bare
  try {
    const json = JSON.parse(whole.slice(start)) as Record<string, string | undefined>
    return {
      type: json['exception_type'] ?? '',
      message: json['exception_message'] ?? whole,
      position: json['position'] === undefined ? undefined : Number(json['position']),
      name: json['name'],
      candidates: json['candidates']?.split(',') ?? [],
    }
  } catch {
    return bare
  }
}

export interface ErrorSource {
  /** What was being done, to begin the message with: `stage-flights`. */
  readonly name: string
  readonly statements: Statements
  /** Names that an author may have meant. */
  readonly known?: readonly string[] | undefined
  /** The statement was bound only. */
  readonly binding?: boolean
}

/** What an error begins with that generated SQL raises for a cell of a file. */
export const badCell = 'levada-cell:'

function cellError(json: string, name: string): LevadaError {
  const { facts, file, value } = JSON.parse(json) as { facts: string; file: string; value: string }
  const { column, type, ...cell } = JSON.parse(facts) as Record<string, string | number>
  return new LevadaError(
    'DATA_UNREADABLE',
    `${name}: file '${file}': column ${column}: '${value}' is not ${withArticle(String(type))}.`,
    {
      details: { file, column, value, find: { ...cell, column, value } },
    },
  )
}

/** Any failure as the error that users meet. */
export function levadaError(error: unknown, source: ErrorSource): LevadaError {
  if (isLevadaError(error)) return error
  const engine = readEngineError(error)
  if (engine.message.startsWith(badCell)) return cellError(engine.message.slice(badCell.length), source.name)
  const found = engine.position === undefined ? undefined : source.statements.find(engine.position)
  return (
    valueError(engine, found, source) ?? dataError(engine, source) ?? textError(error, engine, found, source)
  )
}

const firstLine = (message: string): string => message.split('\n')[0]!.trim()
const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

const namesFile = /["'][^"']*[/\\][^"']*["']/
/** Begins a text about a file with what was being done; a file that was being looked at is not named twice. */
const about = (name: string, text: string): string =>
  isAbsolute(name) && namesFile.test(text) ? text[0]!.toUpperCase() + text.slice(1) : `${name}: ${text}`

/** What the operating system refuses, whatever the file holds, with its remedy. */
const refusals: readonly { readonly says: RegExp; readonly hint: string; readonly passes?: true }[] = [
  {
    says: /No space left|Disk quota exceeded|max_temp_directory_size|failed to offload/i,
    hint: 'Free disk space, or set temp_directory to a larger disk.',
  },
  {
    says: /": Too many open files/,
    hint: 'Let the process open more files (ulimit -n), or let a step write fewer partitions at once.',
    passes: true,
  },
  { says: /": Permission denied/, hint: 'Give the process the right to read and write there.' },
  { says: /": Read-only file system/, hint: 'Store the asset on a file system that can be written.' },
]

/** Failures of files and of the machine. */
function dataError({ type, message }: EngineError, { name }: ErrorSource): LevadaError | undefined {
  if (type === 'INTERRUPT' || message.startsWith('Interrupted'))
    return new LevadaError('CANCELLED', `${name} was interrupted.`)
  const missing = /No files found that match the pattern "([^]*)"/.exec(message)
  if (missing) {
    const file = missing[1]!.replaceAll(/\[([[*?])\]/g, '$1')
    return new LevadaError('DATA_MISSING', about(name, `file '${file}' does not exist.`), {
      details: { file },
    })
  }
  const gone = /^Cannot open file "([^]*)": No such file/.exec(message)
  if (gone) {
    const file = gone[1]!
    return new LevadaError('DATA_MISSING', about(name, `file '${file}' does not exist.`), {
      details: { file },
    })
  }
  if (type === 'INTERNAL' || type === 'FATAL') {
    const hint =
      'Run again; nothing of the step was published. If it happens again, report it with the message.'
    return new LevadaError(
      'SQL_FAILED',
      `${name}: DuckDB failed by itself: ${sentence(firstLine(message))}`,
      {
        hint,
        details: { find: { encoding: true } },
      },
    )
  }
  const csv = /CSV Error on Line: (\d+)/.exec(message)
  if (csv) return csvError(message, Number(csv[1]), name)
  if (type === 'Out of Memory') {
    const hint =
      'Raise memory_limit, or give temp_directory a disk with room, in conf/base/resources.yml; fewer threads need less.'
    return new LevadaError(
      'SQL_FAILED',
      `${name}: DuckDB ran out of memory: ${sentence(firstLine(message))}`,
      { hint },
    )
  }
  const refused = refusals.find(({ says }) => says.test(message))
  if (refused)
    return new LevadaError('STORAGE', about(name, sentence(firstLine(message))), {
      hint: refused.hint,
      retryable: refused.passes === true,
    })
  if (/schema mismatch in glob|failed to cast column/.test(message)) {
    return new LevadaError('SOURCE_SCHEMA', about(name, sentence(firstLine(message))))
  }
  const unreadable =
    /No magic bytes|Error when sniffing|JSON transform error|Malformed JSON|top-level JSON|Invalid unicode|file .* is (not|too)|[Pp]arquet|don't know what type|TProtocol|TType|Failed to read|snappy|zstd|Not a (gzip|zip)/i
  // A file that is only looked at is named by its path.
  const looked = isAbsolute(name) && type !== 'IO'
  if (type !== 'Binder' && type !== 'Catalog' && type !== 'Parser' && (looked || unreadable.test(message))) {
    const named = /file ["'](.*?)["'](?=[\s.,:;]|$)/i.exec(message)?.[1]
    const file = named ?? (isAbsolute(name) ? name : undefined)
    const json = /\bJSON\b/.test(message)
    const fact = sentence(firstLine(message).replace(/[:\s.]*$/, ''))
    const text = named === undefined && file !== undefined ? `file '${file}' cannot be read: ${fact}` : fact
    return new LevadaError('DATA_UNREADABLE', about(name, text), {
      details: {
        ...(file !== undefined && { file }),
        ...(file !== undefined &&
          json && { find: { format: / in line \d/.test(message) ? 'ndjson' : 'json' } }),
      },
    })
  }
  if (type === 'IO') return new LevadaError('STORAGE', about(name, sentence(firstLine(message))))
  return undefined
}

/** DuckDB counts records, not lines: a quoted cell may hold several. */
function csvError(message: string, record: number, name: string): LevadaError {
  const file = /\n\s+file = ([^\n]*)/.exec(message)?.[1] ?? ''
  const value = /converting column "([^]*?)"\. Could not convert string "([^]*?)" to '([^]*?)'\n/.exec(
    message,
  )
  const cells = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(message)
  const encoding = message.includes('Invalid unicode')
  const what = value
    ? `column ${value[1]}: '${value[2]}' is not ${withArticle(shownType(value[3]!))}`
    : cells
      ? `${cells[2]} values instead of ${cells[1]}`
      : encoding
        ? 'the file is not UTF-8'
        : /unterminated quote/.test(message)
          ? 'a quote is not closed'
          : firstLine(message.replace(/^[^]*?Original Line:[^\n]*\n/, ''))
  return new LevadaError('DATA_UNREADABLE', about(name, `file '${file}': ${sentence(what)}`), {
    details: {
      file,
      find: encoding ? { encoding } : { record },
      ...(value && { column: value[1]!, value: value[2]! }),
    },
  })
}

/** A cast that Levada wrote and that failed: which column it was. */
function valueError(
  { type, message }: EngineError,
  found: Found | undefined,
  { name }: ErrorSource,
): LevadaError | undefined {
  if (found?.mark.kind !== 'column' || message.startsWith('CSV Error')) return undefined
  if (!['Conversion', 'Out of Range', 'Invalid Input'].includes(type)) return undefined
  const { mark } = found
  const text = /Could not convert string '([^]*)' to/.exec(message)
  const number = /with value (\S+) can't be cast/.exec(message)
  const value = text?.[1] ?? number?.[1]
  const what =
    value === undefined
      ? firstLine(message)
      : `'${value.slice(0, 80)}' is not ${withArticle(showType(mark.type))}`
  return new LevadaError('VALUE_RANGE', `${name}: column ${mark.name}: ${sentence(what)}`, {
    details: { column: mark.name, ...(value !== undefined && { value }) },
  })
}

const bindTypes = ['Binder', 'Catalog', 'Parameter Not Resolved', 'Not implemented']

/** A fault in an author's text, with its place. */
function textError(
  cause: unknown,
  engine: EngineError,
  found: Found | undefined,
  source: ErrorSource,
): LevadaError {
  const { type, message } = engine
  const place: Place | undefined = found && placeOf(found)
  const at = place && { place }
  if (type === 'Parser')
    return new LevadaError('SQL_SYNTAX', `${source.name}: ${sentence(firstLine(message))}`, {
      ...at,
      ...reservedWordHint(message),
    })
  if (source.binding || bindTypes.includes(type)) {
    const wrong = engine.name ?? /named "([^"]*)"/.exec(message)?.[1]
    const names = [...engine.candidates.map((name) => name.replaceAll('"', '')), ...(source.known ?? [])]
    const meant = wrong === undefined ? '' : didYouMean(wrong, names)
    return new LevadaError('SQL_BIND', `${source.name}: ${sentence(firstLine(message))}${meant}`, { ...at })
  }
  return new LevadaError('SQL_FAILED', `${source.name}: ${sentence(firstLine(message))}`, { cause, ...at })
}
