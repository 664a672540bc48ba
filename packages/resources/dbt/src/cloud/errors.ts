import { LevadaError } from '@levada/core/spi'

/** What was asked for, to begin a message with: `trigger job 42`. */
interface Asked {
  readonly what: string
  /** The host that was asked. */
  readonly host: string
  /** The remedy where there is no such thing. */
  readonly missing?: string | undefined
}

/** Why a request came to nothing. */
export interface Failure {
  readonly error: LevadaError
  /** Whether the server may have done it all the same. */
  readonly mayBeDone: boolean
  /** How long the server wants to be left alone, in milliseconds. */
  readonly retryAfterMs?: number | undefined
}

/** The request did not get as far as the server. */
const unreached = new Set([
  'ECONNREFUSED',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])
const isUntrusted = (code: string): boolean => /^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code)

const correctHost = 'Correct host: it is the access URL of the account.'

/** The innermost cause with a code: fetch tells little more than that it failed. */
function reasonOf(error: unknown): { readonly code: string; readonly message: string } {
  const { cause, code, message } = error as Error & { readonly code?: unknown }
  if (cause instanceof Error) return reasonOf(cause)
  return { code: typeof code === 'string' ? code : '', message: message || String(code) }
}

const begin = ({ what }: Asked): string => `Cannot ${what} in dbt Cloud`

/** What a failure of the network is. */
export function networkFailure(cause: unknown, asked: Asked, requestTimeoutMs: number): Failure {
  const { host } = asked
  const { code, message } = reasonOf(cause)
  const failed = (text: string, hint: string, retryable: boolean): Failure => ({
    error: new LevadaError('RESOURCE_FAILED', `${begin(asked)}: ${text}.`, { cause, hint, retryable }),
    mayBeDone: false,
  })
  if (code === 'ENOTFOUND')
    return failed(
      `the host ${host} is not known`,
      'Correct host: it is the access URL of the account, such as ab123.us1.dbt.com.',
      false,
    )
  if (isUntrusted(code))
    return failed(
      `${host} is not trusted: ${message}`,
      'Correct host, or name the certificates of your proxy in NODE_EXTRA_CA_CERTS.',
      false,
    )
  if (message === 'redirect count exceeded')
    return failed(`${host} sends from one address to the next without end`, correctHost, false)
  if (unreached.has(code))
    return failed(
      `${host} does not answer (${code})`,
      'Look whether the host can be reached from here.',
      true,
    )
  const isLate = (cause as Error).name === 'TimeoutError'
  const text = isLate
    ? `${host} has not answered within ${requestTimeoutMs / 1000} s`
    : `the connection to ${host} was lost: ${message}`
  const error = new LevadaError('CONNECTION_LOST', `${begin(asked)}: ${text}.`, {
    cause,
    hint: 'Try again when the connection is back.',
    retryable: true,
  })
  return { error, mayBeDone: true }
}

/** What a status that is no success is. `said` is what the server says of it, without the token. */
export function statusFailure(status: number, said: string, asked: Asked): Failure {
  const { host, missing } = asked
  const quoted = said === '' ? '' : `: ${said}`
  const failed = (text: string, hint: string, retryable = false): Failure => ({
    error: new LevadaError('RESOURCE_FAILED', `${begin(asked)}: ${text} (${status})${quoted}.`, {
      hint,
      retryable,
      details: { status },
    }),
    mayBeDone: status >= 500 || status === 408,
  })
  if (status === 401)
    return failed(
      `${host} refuses the token`,
      'Give a token that is valid: this one is expired, revoked, or of another account or region.',
    )
  if (status === 403)
    return failed(
      `the token has not the right to`,
      'Give the token the right to see and run the jobs of the account.',
    )
  if (status === 404)
    return failed(
      `${host} has nothing of that kind`,
      missing ?? 'Correct the id, the account or the host; what the token may not see is not there for it.',
    )
  if (status === 429)
    return failed(
      `${host} was asked too often`,
      'Ask less often: raise pollMs, or run less side by side.',
      true,
    )
  if (status >= 300 && status < 400) return failed(`${host} sends to another address`, correctHost)
  if (status >= 500 || status === 408)
    return failed(`${host} has a fault`, 'Try again later; https://status.getdbt.com tells of outages.', true)
  return failed(`${host} refuses it`, 'Correct what the message names.')
}

/** An answer that is not what the API gives. */
export function answerFailure(text: string, asked: Asked, retryable: boolean, cause?: unknown): Failure {
  const error = new LevadaError('RESOURCE_FAILED', `${begin(asked)}: ${asked.host} answers ${text}.`, {
    cause,
    hint: 'Correct host: it is the access URL of the account. Proxies and pages for maintenance answer so, too.',
    retryable,
  })
  return { error, mayBeDone: true }
}

export const interrupted = (asked: Pick<Asked, 'what'>): LevadaError =>
  new LevadaError('CANCELLED', `It was interrupted to ${asked.what} in dbt Cloud.`)
