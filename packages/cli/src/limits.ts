import { LevadaError, timeSpanMs, type RunOptions } from '@levada/core/run'

/** What the command line says of retries and time limits. */
export interface LimitWords {
  readonly retries?: string | undefined
  readonly retryDelay?: string | undefined
  readonly stepTimeout?: string | undefined
  readonly timeout?: string | undefined
}

export type Limits = Pick<RunOptions, 'retries' | 'stepTimeoutMs' | 'timeoutMs'>

/** @throws USAGE */
export function limitsOf(options: LimitWords): Limits {
  const { retries, retryDelay, stepTimeout, timeout } = options
  if (retries !== undefined && !/^\d{1,3}$/.test(retries))
    throw new LevadaError('USAGE', `--retries ${retries} is not a number of times.`, {
      hint: 'Write --retries 2, at most 999.',
    })
  if (retryDelay !== undefined && Number(retries) === 0)
    throw new LevadaError('USAGE', '--retry-delay says when steps are tried again, which they are not.', {
      hint: 'Write --retries 2 beside it.',
    })
  // What is left out, the job may say.
  const again = {
    ...(retries !== undefined && { count: Number(retries) }),
    ...(retryDelay !== undefined && { delayMs: timeOf('--retry-delay', retryDelay) }),
  }
  return {
    ...(Object.keys(again).length > 0 && { retries: again }),
    ...(stepTimeout !== undefined && { stepTimeoutMs: timeOf('--step-timeout', stepTimeout) }),
    ...(timeout !== undefined && { timeoutMs: timeOf('--timeout', timeout) }),
  }
}

/** A time in milliseconds. @throws USAGE */
function timeOf(option: string, text: string): number {
  const ms = timeSpanMs(text)
  if (ms !== undefined) return ms
  throw new LevadaError('USAGE', `${option} ${text} is not a time.`, {
    hint: `Write ${option} 500ms, ${option} 30s, ${option} 10m or ${option} 2h, at most 24 days.`,
  })
}
