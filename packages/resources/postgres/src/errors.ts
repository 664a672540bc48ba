import { didYouMean, isLevadaError, LevadaError, reservedWordHint, type Place } from '@levada/core/spi'
import type { Statement } from './sql/statement.ts'

/** What the server says of an error. */
interface ServerError extends Error {
  readonly code: string
  readonly position?: string
  readonly hint?: string
  readonly detail?: string
  /** That of a statement that was ended: whether it had run for as long as it may. */
  isOverTime?: boolean
}

export const isServerError = (error: unknown): error is ServerError =>
  error instanceof Error && 'code' in error && /^[0-9A-Z]{5}$/.test(String(error.code))

/** Data that a cast refused: the class of "data exceptions", except of division by zero and the like. */
export const isValueError = (error: unknown): error is ServerError =>
  isServerError(error) && ['22003', '22P02', '22007', '22008', '22001', '22P05', '22021'].includes(error.code)

export interface ErrorSource {
  /** What was being done, to begin the message with: `stage-flights`. */
  readonly name: string
  readonly statement?: Statement
  /** Names that an author may have meant. */
  readonly known?: readonly string[] | undefined
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

const network = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'])

/** What a failure of the connection itself is; undefined for anything else. */
export function connectionError(error: unknown, name: string, address: string): LevadaError | undefined {
  if (isLevadaError(error)) return undefined
  const { message, code = '' } = error as Error & { readonly code?: string }
  const failed = (text: string, hint: string, retryable: boolean): LevadaError =>
    new LevadaError('RESOURCE_FAILED', `${name}: ${text}`, { cause: error, hint, retryable })
  if (code === 'ECONNREFUSED')
    return failed(
      `no server answers at ${address}.`,
      'Start the server, or correct host and port in resources.yml.',
      true,
    )
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return failed(
      `the host of ${address} is not known.`,
      'Correct host in resources.yml.',
      code === 'EAI_AGAIN',
    )
  if (code === '28P01' || code === '28000')
    return failed(
      `the server at ${address} refuses the login: ${sentence(message)}`,
      'Correct user and password in resources.yml.',
      false,
    )
  if (code === '3D000')
    return failed(
      `the server at ${address} says: ${sentence(message)}`,
      'Correct database in resources.yml, or create it.',
      false,
    )
  if (code === '53300')
    return failed(
      `the server at ${address} has no connection left.`,
      'Lower max_connections in resources.yml, or raise it on the server.',
      true,
    )
  if (/timeout exceeded when trying to connect|timeout expired/.test(message))
    return failed(
      `no connection to ${address} in time.`,
      'Raise connect_timeout_ms or max_connections in resources.yml.',
      true,
    )
  const lost =
    network.has(code) ||
    (/^(08|57P)/.test(code) && isServerError(error)) ||
    /Connection terminated|Connection ended|not queryable|Client was closed|connection error/i.test(message)
  if (!lost) return undefined
  return new LevadaError(
    'CONNECTION_LOST',
    `${name}: the connection to ${address} was lost: ${sentence(message)}`,
    {
      cause: error,
      retryable: true,
    },
  )
}

/** What to do about a server that has too little of something. */
const shortOf: Readonly<Record<string, string>> = {
  '53100': 'Free space on the disk of the server, then run again.',
  '53200': 'Let the server have more memory, or let fewer steps compute at once (limits), then run again.',
  '53400': 'Raise that limit on the server, or let a step compute less at once.',
}

/** Any failure of a statement as the error that users meet. */
export function statementError(error: unknown, { name, statement, known = [] }: ErrorSource): LevadaError {
  if (isLevadaError(error)) return error
  if (!isServerError(error))
    return new LevadaError(
      'SQL_FAILED',
      `${name}: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    )
  const place: Place | undefined =
    error.position === undefined ? undefined : statement?.placeOf(Number(error.position))
  const at = place && { place }
  const { code, message } = error
  // The message is in the server's language. What this process interrupts ends as CANCELLED before the server answers.
  if (code === '57014')
    return error.isOverTime === true
      ? new LevadaError(
          'STATEMENT_TIMEOUT',
          `${name}: the statement took longer than statement_timeout_ms.`,
          { cause: error },
        )
      : new LevadaError(
          'SQL_FAILED',
          `${name}: another session cancelled the statement: ${sentence(message)}`,
          {
            cause: error,
            hint: 'Ask who runs pg_cancel_backend on the server, and run again.',
            retryable: true,
          },
        )
  if (code === '42601')
    return new LevadaError('SQL_SYNTAX', `${name}: ${capital(sentence(message))}`, {
      ...at,
      ...reservedWordHint(message),
    })
  if (/^(42|0A)/.test(code) && code !== '42501') {
    const wrong = /(?:column|function|relation|type) "?([\w.]+)"?/.exec(message)?.[1]?.split('.').at(-1)
    const meant = wrong === undefined ? '' : didYouMean(wrong, known)
    return new LevadaError('SQL_BIND', `${name}: ${capital(sentence(message))}${meant}`, {
      cause: error,
      ...at,
    })
  }
  if (code === '42501')
    return new LevadaError('STORAGE', `${name}: ${capital(sentence(message))}`, {
      cause: error,
      hint: 'Give that right to the user of resources.yml, or name another user there.',
    })
  if (code.startsWith('53') || code.startsWith('58'))
    return new LevadaError('STORAGE', `${name}: ${capital(sentence(message))}`, {
      cause: error,
      hint: shortOf[code] ?? 'Look after the disk of the server, then run again.',
      retryable: code === '53200',
    })
  const retryable = code === '40001' || code === '40P01'
  return new LevadaError('SQL_FAILED', `${name}: ${capital(sentence(message))}`, {
    cause: error,
    retryable,
    ...at,
  })
}
