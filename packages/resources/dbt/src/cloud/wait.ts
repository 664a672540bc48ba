import { isLevadaError, LevadaError } from '@levada/core/spi'
import { z } from 'zod'
import { withDetails } from './http.ts'
import { limit } from './limit.ts'
import { checked, longestTimerMs } from './options.ts'
import type { CloudRun } from './run.ts'

export interface WaitOptions {
  /** Ends the waiting, and the run unless `cancel` is false. */
  readonly signal?: AbortSignal
  /** How long to wait, in milliseconds. @default as long as the run takes */
  readonly timeoutMs?: number
  /** How long to wait before asking again, in milliseconds, 10 at least. @default 10 000 */
  readonly pollMs?: number
  /** Whether the run is cancelled when the signal aborts or the time is over. @default true */
  readonly cancel?: boolean
  /** Is called when the status of the run or of one of its steps is another than before, and first of all. */
  readonly onProgress?: (run: CloudRun) => void
}

/** What waiting does to a run. */
export interface Waited {
  readonly runId: number
  get(signal: AbortSignal): Promise<CloudRun>
  cancel(signal: AbortSignal): Promise<CloudRun>
  pause(ms: number, signal: AbortSignal): Promise<void>
}

const optionsSchema = z.strictObject({
  timeoutMs: z.number().min(1).max(longestTimerMs).optional(),
  pollMs: z.number().min(10).max(longestTimerMs).default(10_000),
  cancel: z.boolean().default(true),
})

/** Who interrupts does not wait for longer until the run is cancelled. */
const cancelTimeoutMs = 30_000

const progressOf = ({ status, steps }: CloudRun): string =>
  [status, ...steps.map(({ index, status }) => `${index}:${status}`)].join()

/**
 * Waits for the end of a run.
 * @throws CANCELLED after the signal, RUN_TIMEOUT when the time is over: `details.cancelled` tells whether dbt Cloud cancels the run
 * @throws RESOURCE_FAILED, CONNECTION_LOST when dbt Cloud cannot be asked any more, while the run may go on
 */
export async function waitForEnd(
  waited: Waited,
  { signal, onProgress, ...given }: WaitOptions,
): Promise<CloudRun> {
  const { timeoutMs, pollMs, cancel } = checked(optionsSchema, given, 'waitForJob')
  const { runId } = waited
  using limited = limit(timeoutMs, signal)
  const stop = limited.signal
  let seen = ''
  for (;;) {
    let run: CloudRun
    try {
      run = await waited.get(stop)
    } catch (error) {
      if (stop.aborted) break
      throw isLevadaError(error) ? outOfSight(error, runId) : error
    }
    const progress = progressOf(run)
    if (progress !== seen) onProgress?.(run)
    seen = progress
    if (run.isFinished) return run
    await waited.pause(pollMs, stop).catch(() => undefined)
    if (stop.aborted) break
  }
  const why = signal?.aborted
    ? (['CANCELLED', 'was interrupted'] as const)
    : (['RUN_TIMEOUT', `took longer than ${timeoutMs! / 1000} s`] as const)
  throw await ended(waited, why, cancel)
}

/** The error of a wait that was ended, after the run was cancelled if it is to be. */
async function ended(
  { runId, cancel }: Waited,
  [code, fact]: readonly ['CANCELLED' | 'RUN_TIMEOUT', string],
  isToCancel: boolean,
): Promise<LevadaError> {
  const failed = (text: string, hint: string, cancelled: boolean, cause?: unknown): LevadaError =>
    new LevadaError(code, `Waiting for run ${runId} of dbt Cloud ${fact}${text}.`, {
      hint,
      cause,
      details: { runId, cancelled },
    })
  const wait = `Call waitForJob(${runId}) to wait on.`
  if (!isToCancel) return failed(', and the run goes on', wait, false)
  using limited = limit(cancelTimeoutMs)
  try {
    const { status, isFinished, url } = await cancel(limited.signal)
    return isFinished && status !== 'cancelled'
      ? failed(`, when the run had ended already (${status})`, `See ${url}.`, false)
      : failed(', and the run is cancelled', 'Trigger the job again; allow it more with timeoutMs.', true)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const text = `, and the run could not be cancelled, so that it may go on: ${reason.replace(/\.$/, '')}`
    return failed(text, `Cancel it in dbt Cloud, or by cancel(${runId}).`, false, cause)
  }
}

const outOfSight = (error: LevadaError, runId: number): LevadaError =>
  withDetails(
    error,
    { runId },
    { message: `${error.message} The run was not cancelled and may go on: waitForJob(${runId}) waits on.` },
  )
