import { codes, type ErrorCode } from './codes.ts'
import { codeFrame } from './place.ts'

/** Where in a file something is: 1-based line and column. `text`, the file's content, makes a code frame possible. */
export interface Place {
  readonly file: string
  readonly line?: number
  readonly column?: number
  readonly text?: string
}

export interface ErrorOptions {
  /** What to do now; the table's remedy when left out. */
  readonly hint?: string
  readonly place?: Place
  readonly cause?: unknown
  /** Whether the same call may succeed later. @default false */
  readonly retryable?: boolean
  /** Facts for programs: plain JSON, never a secret. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** A message is a sentence: a value of a megabyte that somebody quotes is cut. */
const longest = 2000
const shortened = (text: string): string =>
  text.length <= longest
    ? text
    : `${text.slice(0, 300)} … (${text.length - 400} characters left out) … ${text.slice(-100)}`

const brand = Symbol.for('levada.error')

/** The one error that users meet: a code, a sentence that names thing and fact, a remedy and, where there is one, a place. */
export class LevadaError extends Error {
  readonly code: ErrorCode
  readonly hint: string
  readonly place: Place | undefined
  readonly retryable: boolean
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(shortened(message), options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'LevadaError'
    this.code = code
    this.hint = options.hint ?? codes[code].remedy
    this.place = options.place
    this.retryable = options.retryable ?? false
    this.details = options.details ?? {}
    Object.defineProperty(this, brand, { value: true })
  }
}

/** The same error at a place, when it has none of its own. */
export const placed = (error: LevadaError, place: Place | undefined): LevadaError =>
  error.place || !place
    ? error
    : new LevadaError(error.code, error.message, {
        hint: error.hint,
        place,
        cause: error.cause,
        retryable: error.retryable,
        details: error.details,
      })

/** Recognises Levada's errors by brand, so that two installed copies of core agree. */
export const isLevadaError = (error: unknown): error is LevadaError =>
  typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[brand] === true

/** Several errors found in one go, reported together. */
class LevadaErrors extends AggregateError {
  declare readonly errors: LevadaError[]
  constructor(errors: readonly LevadaError[]) {
    super(errors, errors.map((e) => e.message).join('\n'))
    this.name = 'LevadaErrors'
  }
}

/** Throws what was collected: nothing, the one error, or all of them together. */
export function throwAll(errors: readonly LevadaError[]): void {
  if (errors.length === 1) throw errors[0]
  if (errors.length > 1) throw new LevadaErrors(errors)
}

/** All Levada errors inside `error`; anything else becomes one INTERNAL error with its cause. */
export function toLevadaErrors(error: unknown): readonly LevadaError[] {
  if (isLevadaError(error)) return [error]
  if (error instanceof AggregateError) return error.errors.flatMap(toLevadaErrors)
  const message = error instanceof Error ? error.message : String(error)
  return [new LevadaError('INTERNAL', message, { cause: error })]
}

/** The plain-data form of an error, as it stands in events, logs and `--json`. */
export interface ErrorRecord {
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly file?: string
  readonly line?: number
  readonly column?: number
  /** The lines around the place, with a caret. */
  readonly frame?: string
  /** Set when the same may succeed later. */
  readonly retryable?: true
  readonly details?: Readonly<Record<string, unknown>>
}

export function errorRecord(error: LevadaError): ErrorRecord {
  const { place, details } = error
  const frame = place ? codeFrame(place) : ''
  return {
    code: error.code,
    message: error.message,
    hint: error.hint,
    ...(place && { file: place.file }),
    ...(place?.line !== undefined && { line: place.line }),
    ...(place?.column !== undefined && { column: place.column }),
    ...(frame !== '' && { frame }),
    ...(error.retryable && { retryable: true }),
    ...(Object.keys(details).length > 0 && { details }),
  }
}
