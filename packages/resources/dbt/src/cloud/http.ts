import { setTimeout as sleep } from 'node:timers/promises'
import { isLevadaError, LevadaError } from '@levada/core/spi'
import { z } from 'zod'
import { backoffMs, retryAfterMs } from './delays.ts'
import { answerFailure, interrupted, networkFailure, statusFailure, type Failure } from './errors.ts'
import { limit } from './limit.ts'
import type { CheckedOptions } from './options.ts'

export interface CloudRequest<T> {
  /** As a message says it: `trigger job 42`. */
  readonly what: string
  /** @default 'GET' */
  readonly method?: 'GET' | 'POST'
  /** Below the account: `runs/7/`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: object
  /** What the text of an answer means; throws where it means nothing. */
  readonly read: (text: string) => T
  readonly signal?: AbortSignal | undefined
  /** Whether making it twice does what making it once does. @default true */
  readonly isRepeatable?: boolean
  /** The remedy where there is no such thing. */
  readonly missing?: string
}

export interface CloudHttp {
  /** `https://cloud.getdbt.com` */
  readonly origin: string
  readonly accountId: number
  readonly retries: number
  /**
   * Makes a request, again where what it failed of may pass.
   * @throws RESOURCE_FAILED, CONNECTION_LOST, or CANCELLED after the signal; `details.mayBeDone` when the server may have done it
   */
  ask<T>(request: CloudRequest<T>): Promise<T>
  /** Waits as before another attempt; ends early with CANCELLED after the signal. */
  backOff(attempt: number, request: Pick<CloudRequest<unknown>, 'what' | 'signal'>): Promise<void>
}

type Answer<T> = { readonly value: T } | Failure

/** Who wants to be left alone for longer is asked again by whoever called, if at all. */
const longestPauseMs = 600_000

const envelope = z.looseObject({
  status: z.looseObject({
    user_message: z.string().optional().catch(undefined),
    developer_message: z.string().optional().catch(undefined),
  }),
})

/** Reads JSON of the shape; all API answers have what was asked for in `data`. */
export const reader =
  <T>(schema: z.ZodType<T>) =>
  (text: string): T =>
    schema.parse(JSON.parse(text))

export function cloudHttp(options: CheckedOptions): CloudHttp {
  const { origin, accountId, token, retries, retryDelayMs, requestTimeoutMs } = options
  const { host } = new URL(origin)
  /** Until then nothing is asked, whatever it is: limits are those of the account. */
  let pausedUntil = 0

  const withoutToken = (text: string): string => text.replaceAll(token, '***')

  function addressOf({ path, query = {} }: CloudRequest<unknown>): URL {
    const url = new URL(`/api/v2/accounts/${accountId}/${path}`, origin)
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value))
    return url
  }

  /** What the server says of a failure: a sentence for people, where there is one. */
  function saidBy(text: string): string {
    try {
      const { user_message: user, developer_message: developer } = envelope.parse(JSON.parse(text)).status
      return withoutToken(user || developer || '').replace(/\.$/, '')
    } catch {
      return ''
    }
  }

  async function once<T>(request: CloudRequest<T>): Promise<Answer<T>> {
    const { method = 'GET', what, missing, body, signal } = request
    const asked = { what, host, missing }
    using limited = limit(requestTimeoutMs, signal)
    let response: Response
    let text: string
    try {
      response = await fetch(addressOf(request), {
        method,
        headers: {
          authorization: `Token ${token}`,
          accept: 'application/json, */*;q=0.5',
          ...(body && { 'content-type': 'application/json' }),
        },
        // A POST that is sent elsewhere would become a GET.
        redirect: method === 'GET' ? 'follow' : 'manual',
        signal: limited.signal,
        ...(body && { body: JSON.stringify(body) }),
      })
      text = await response.text()
    } catch (cause) {
      if (signal?.aborted) return { error: interrupted(request), mayBeDone: true }
      return networkFailure(cause, asked, requestTimeoutMs)
    }
    // Sent to another host, a request has lost its token: what is refused there says nothing of it.
    const isElsewhere = response.redirected && new URL(response.url).host !== host
    if (!response.ok)
      return {
        ...statusFailure(isElsewhere ? 302 : response.status, saidBy(text), asked),
        retryAfterMs: retryAfterMs(response.headers),
      }
    const isPage = response.headers.get('content-type')?.startsWith('text/html') === true
    if (isPage && !request.path.endsWith('.html')) return answerFailure('with a web page', asked, true)
    try {
      return { value: request.read(text) }
    } catch (cause) {
      if (cause instanceof z.ZodError)
        return answerFailure(`without ${cause.issues[0]?.path.join('.') || 'data'}`, asked, false, cause)
      return answerFailure('with what is no JSON', asked, true)
    }
  }

  async function pause(ms: number, request: Pick<CloudRequest<unknown>, 'what' | 'signal'>): Promise<void> {
    const { signal } = request
    try {
      await sleep(ms, undefined, signal ? { signal } : {})
    } catch {
      throw interrupted(request)
    }
  }
  const backOff: CloudHttp['backOff'] = (attempt, request) =>
    pause(backoffMs(retryDelayMs, attempt, Math.random()), request)

  async function ask<T>(request: CloudRequest<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      if (request.signal?.aborted) throw interrupted(request)
      // Others may have been told to wait for longer meanwhile.
      for (let left; (left = pausedUntil - Date.now()) > 0;) await pause(left, request)
      const answer = await once(request)
      if ('value' in answer) return answer.value
      const { error, mayBeDone, retryAfterMs: wanted = 0 } = answer
      const isOver = attempt > retries || wanted > longestPauseMs
      if (!error.retryable || isOver || (mayBeDone && request.isRepeatable === false))
        throw mayBeDone && request.method === 'POST' ? withDetails(error, { mayBeDone }) : error
      pausedUntil = Math.max(pausedUntil, Date.now() + wanted)
      await backOff(attempt, request)
    }
  }
  return { origin, accountId, retries, ask, backOff }
}

/** What of an error is said otherwise. */
interface Said {
  readonly message?: string
  readonly hint?: string
  readonly retryable?: boolean
}

/** The same error with more facts for programs. */
export const withDetails = (
  error: LevadaError,
  details: Readonly<Record<string, unknown>>,
  { message = error.message, hint = error.hint, retryable = error.retryable }: Said = {},
): LevadaError =>
  new LevadaError(error.code, message, {
    hint,
    retryable,
    cause: error.cause,
    details: { ...error.details, ...details },
  })

/** Whether the server may have done what failed. */
export const mayBeDone = (error: unknown): error is LevadaError =>
  isLevadaError(error) && error.details['mayBeDone'] === true
