import type { ErrorRecord } from '../errors/index.ts'
import type { Signal } from '../engine/index.ts'

/** What is done about a step that fails of something that may pass: a connection that is lost, a conflict, a lock. */
export interface Retries {
  /** How often a step is tried again. @default 2 */
  readonly count?: number
  /** Before the first time, in milliseconds. @default 30 000 */
  readonly delayMs?: number
  /** By how much each delay is longer than the one before. @default 2 */
  readonly backoff?: number
  /** Up to which part of it a delay is longer or shorter, by chance, so that not all come back at once. @default 0.1 */
  readonly jitter?: number
}

export const attemptsOf = ({ count = 2 }: Retries): number => count + 1

/** No delay is longer. */
const longestMs = 3_600_000

/**
 * How long to wait before a step is tried again; undefined when it is not.
 * @param attempt the one that has failed, from 1
 * @param chance from 0 to 1
 */
export function retryDelay(
  retries: Retries,
  attempt: number,
  errors: readonly ErrorRecord[],
  chance: number,
): number | undefined {
  const { delayMs = 30_000, backoff = 2, jitter = 0.1 } = retries
  if (attempt >= attemptsOf(retries) || errors.length === 0 || !errors.every(({ retryable }) => retryable))
    return undefined
  const delay = Math.min(delayMs * backoff ** (attempt - 1), longestMs)
  return Math.round(delay * (1 + jitter * (2 * chance - 1)))
}

/** Aborts when either of the two does. */
export function either(first: Signal, second: Signal): Signal {
  const controller = new AbortController()
  const stop = (): void => controller.abort()
  for (const signal of [first, second])
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  return controller.signal
}

/** Waits, but not once the run is stopped. @returns whether the time is over */
export function waitFor(delayMs: number, signal: Signal): Promise<boolean> {
  return new Promise((resolve) => {
    const stop = (): void => {
      clearTimeout(timer)
      resolve(false)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve(true)
    }, delayMs)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}
