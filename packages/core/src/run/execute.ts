import { availableParallelism, hostname } from 'node:os'
import { relative } from 'node:path'
import type { Version } from '../dataset/index.ts'
import type { Signal } from '../engine/index.ts'
import {
  errorRecord,
  isLevadaError,
  LevadaError,
  placed,
  toLevadaErrors,
  type ErrorRecord,
  type Place,
} from '../errors/index.ts'
import type { EventSink } from '../events/index.ts'
import type { Plan, Step } from '../plan/index.ts'
import type { RunState, StepState } from '../state/index.ts'
import type { RunContext } from './context.ts'
import { createEmitter } from './emitter.ts'
import type { LeaseOptions } from './leases.ts'
import { labelsOf, limitedQueue } from './limits.ts'
import { logSink } from './log-sink.ts'
import { rebuildHint } from './managed.ts'
import { nodeLog } from './node-log.ts'
import { stepFacts } from './output.ts'
import { randomHex } from '../dataset/random-hex.ts'
import { writeRecord } from './record.ts'
import { attemptsOf, either, retryDelay, waitFor, type Retries } from './retries.ts'
import { runSteps } from './runner.ts'
import { isSettled, type StepEnd } from './settled.ts'
import { runStep } from './step.ts'
import { owningStrays, strayText } from './strays.ts'

export const runners = ['sequential', 'concurrent', 'threads', 'process'] as const
export type RunnerName = (typeof runners)[number]

export interface RunOptions {
  readonly signal?: Signal
  /**
   * `sequential`: one step at a time. `concurrent`: several at a time, in this thread. `threads`: each in a thread of its own, for nodes that
   * compute much in TypeScript. `process`: each in a process of its own.
   * @default 'concurrent'
   */
  readonly runner?: RunnerName
  /** The command that threads and processes start, a path. @default that of the package @levada/cli which the app has */
  readonly command?: string
  /** What is done about steps that fail of something that may pass. @default nothing */
  readonly retries?: Retries
  /** How long a step may take, in milliseconds; each attempt anew. @default as long as it takes */
  readonly stepTimeoutMs?: number
  /** How long the run may take, in milliseconds. @default as long as it takes */
  readonly timeoutMs?: number
  /** Starts no more steps when so many have failed. @default all that can start do */
  readonly maxFailures?: number
  readonly sinks?: readonly EventSink[]
  /** What function nodes take for the time of the run: UTC, ISO 8601. @default the time at which it begins */
  readonly now?: string
  /** How the run holds what it writes against others. */
  readonly leases?: LeaseOptions
  /** Gets what went wrong beside the run, such as a sink that failed. @default console.error */
  readonly report?: (message: string) => void
}

export interface RunResult {
  readonly runId: string
  readonly state: RunState
  /** It has failed, and going on with it would end the same: what failed follows from the code and from what it began to read. */
  readonly settled: boolean
  readonly steps: ReadonlyMap<string, StepState>
  /** What ended it, beside what its steps failed of. */
  readonly errors: readonly ErrorRecord[]
  /** What was published, by asset key; rows are read with `session.load`. */
  readonly materializations: ReadonlyMap<string, Version>
  readonly durationMs: number
}

/** Sortable by time to the millisecond, and unlike any other. */
export const newRunId = (): string => `${new Date().toISOString().replaceAll(/[-:.]/g, '')}-${randomHex()}`

/**
 * Runs a plan: every step with its events, none of its errors thrown.
 * @param starting the engines, which what a run writes down before its first step does not wait for
 */
export async function executePlan(
  plan: Plan,
  shared: Omit<RunContext, 'emitter' | 'made' | 'signal' | 'now'>,
  starting: Promise<unknown>,
  options: RunOptions,
): Promise<RunResult> {
  const { runId } = shared
  const { resumes } = plan
  const started = performance.now()
  const cpu = process.cpuUsage()
  const never = new AbortController().signal
  const stopped = options.signal ?? never
  const inTime = options.timeoutMs === undefined ? undefined : AbortSignal.timeout(options.timeoutMs)
  const signal = inTime ? either(stopped, inTime) : stopped
  /** How steps ended that did not succeed, wherever they ran. */
  const ends = new Map<string, StepEnd & { readonly errors: readonly ErrorRecord[] }>()
  const failures: EventSink = {
    name: 'failures',
    event(event) {
      if (event.type !== 'step_finished') return
      const { step_id: id, state, skip_reason: skipReason, errors = [] } = event
      if (state === 'succeeded') ends.delete(id)
      else ends.set(id, { state, skipReason, errors })
    },
  }
  const sinks = [await logSink(shared.appDir, runId), failures, ...(options.sinks ?? [])]
  const report = options.report ?? ((message: string) => console.error(message))
  const emitter = createEmitter(runId, sinks, shared.redact, report)
  const now = resumes?.now ?? options.now ?? new Date().toISOString()
  const context: RunContext = {
    ...shared,
    now,
    signal,
    emitter,
    made: new Map(resumes?.made),
    ...(resumes && { resumes }),
  }
  try {
    const { billOfMaterials } = await import('./bom.ts')
    if (!resumes && plan.steps.length > 0) await writeRecord(plan, context)
    const facts = {
      app: shared.app.name,
      env: plan.env,
      selection: plan.selection,
      ...(plan.partition !== undefined && { partition: plan.partition }),
      steps: plan.steps.map(({ id }) => id),
      bom: billOfMaterials(shared.appDir).hash,
      pid: process.pid,
      host: hostname(),
    }
    if (resumes) emitter.emit({ type: 'run_resumed', ...facts, finished: resumes.finished })
    else emitter.emit({ type: 'run_started', ...facts })
    for (const step of plan.skipped)
      emitter.emit({
        type: 'step_finished',
        ...stepFacts(step),
        state: 'skipped',
        duration_ms: 0,
        skip_reason: step.reason,
      })
    const running = new Set<string>()
    const stopping = (): void =>
      emitter.emit({
        type: 'run_stopping',
        reason: stopped.aborted ? 'cancelled' : 'timeout',
        running: [...running],
      })
    if (signal.aborted) stopping()
    else signal.addEventListener('abort', stopping, { once: true })
    const concurrency = options.runner === 'sequential' ? 1 : Math.max(2, availableParallelism())
    const elsewhere = await workersFor(context, options, report)
    const attemptAt = async (step: Step, attempt: number): Promise<StepState> => {
      running.add(step.id)
      try {
        return await (elsewhere?.(step, attempt) ?? execute(context, step, attempt, options.stepTimeoutMs))
      } finally {
        running.delete(step.id)
      }
    }
    const untilDone = async (step: Step): Promise<StepState> => {
      for (let attempt = 1; ; attempt++) {
        const state = await attemptAt(step, attempt)
        if (state !== 'failed' || !options.retries || signal.aborted) return state
        const delay = retryDelay(options.retries, attempt, ends.get(step.id)?.errors ?? [], Math.random())
        if (delay === undefined) return state
        emitter.emit({
          type: 'step_retrying',
          ...stepFacts(step),
          attempt: attempt + 1,
          attempts: attemptsOf(options.retries),
          delay_ms: delay,
        })
        if (!(await waitFor(delay, signal))) return state
      }
    }
    const { limits } = shared
    await starting
    const steps = await runSteps(plan, {
      concurrency,
      limited: limits && limitedQueue(limits, (place) => labelsOf(plan.steps[place]!)),
      maxFailures: options.maxFailures,
      signal,
      execute: untilDone,
      skip: (step, reason, becauseOf) =>
        emitter.emit({
          type: 'step_finished',
          ...stepFacts(step),
          state: 'skipped',
          duration_ms: 0,
          skip_reason: reason,
          ...(becauseOf !== undefined && { because_of: becauseOf }),
        }),
    })
    signal.removeEventListener('abort', stopping)
    // Of a run that goes on all else is done.
    const state = resumes && steps.size === 0 ? 'succeeded' : runState([...steps.values()], stopped)
    const durationMs = performance.now() - started
    const { user, system } = process.cpuUsage(cpu)
    const settled = state === 'failed' && isSettled(ends.values())
    const errors = state === 'failed' && inTime?.aborted ? [errorRecord(runTimeout(options.timeoutMs!))] : []
    emitter.emit({
      type: 'run_finished',
      state,
      duration_ms: durationMs,
      cpu_ms: (user + system) / 1000,
      ...(settled && { settled }),
      ...(errors.length > 0 && { errors }),
    })
    return { runId, state, settled, errors, steps, materializations: context.made, durationMs }
  } finally {
    await emitter.close()
  }
}

const runTimeout = (timeoutMs: number): LevadaError =>
  new LevadaError('RUN_TIMEOUT', `The run took longer than ${timeoutMs / 1000} s and was stopped.`, {
    retryable: true,
  })

/** Runs steps in other threads or processes, if that is asked for. */
async function workersFor(
  context: RunContext,
  { runner, command, stepTimeoutMs }: RunOptions,
  report: (message: string) => void,
): Promise<((step: Step, attempt: number) => Promise<StepState>) | undefined> {
  if (runner !== 'process' && runner !== 'threads') return undefined
  const { commandOf, stepWorkers } = await import('./step-workers.ts')
  return stepWorkers(runner, context, {
    command: command ?? commandOf(context.appDir),
    report,
    timeoutMs: stepTimeoutMs,
  })
}

function runState(states: readonly StepState[], signal: Signal): RunState {
  if (signal.aborted) return 'cancelled'
  if (states.length === 0) return 'nothing'
  return states.every((state) => state === 'succeeded') ? 'succeeded' : 'failed'
}

/** Runs a step in this process, with its events; none of its errors is thrown. */
export async function execute(
  run: RunContext,
  step: Step,
  attempt: number,
  timeoutMs?: number,
): Promise<StepState> {
  const { emitter } = run
  const inTime = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)
  const context = inTime ? { ...run, signal: either(run.signal, inTime) } : run
  const started = performance.now()
  const finish = (state: StepState, errors: readonly LevadaError[] = []): StepState => {
    emitter.emit({
      type: 'step_finished',
      ...stepFacts(step),
      state,
      duration_ms: Math.round((performance.now() - started) * 1000) / 1000,
      ...(errors.length > 0 && { errors: errors.map(errorRecord) }),
    })
    return state
  }
  const kinds = step.reasons.map(({ kind }) => kind)
  emitter.emit({
    type: 'step_started',
    ...stepFacts(step),
    reason: step.reason,
    reason_kinds: kinds,
    attempt,
  })
  try {
    const late = await owningStrays(step.id, run.appDir, context.signal, async (signal, late) => {
      const own = { ...context, signal, late }
      if (run.app.plugins.some(({ aroundStep }) => aroundStep))
        await (
          await import('./around-step.ts')
        ).runAround(own, step, attempt, () => runStep(own, step, attempt))
      else await runStep(own, step, attempt)
    })
    if (late) nodeLog(run, step).warn(strayText(late))
    return finish('succeeded')
  } catch (error) {
    if (run.signal.aborted)
      return isLevadaError(run.signal.reason) ? finish('failed', [run.signal.reason]) : finish('cancelled')
    if (inTime?.aborted) {
      // Another attempt beside one that goes on would act twice.
      const goesOn = !run.alone && toLevadaErrors(error).some(({ details }) => details['abandoned'] === true)
      return finish('failed', [stepTimeout(step, timeoutMs!, goesOn)])
    }
    return finish(
      'failed',
      toLevadaErrors(error).map((each) =>
        placed(rebuildHint(each, context), dataPlace(each, context.appDir)),
      ),
    )
  }
}

export const stepTimeout = ({ id }: Pick<Step, 'id'>, timeoutMs: number, goesOn = false): LevadaError =>
  new LevadaError(
    'STEP_TIMEOUT',
    `Step '${id}' took longer than ${timeoutMs / 1000} s and was stopped${goesOn ? ', but its node does not look at its `signal` and goes on' : ''}.`,
    { retryable: !goesOn },
  )

/** Where in a file of data something is wrong, as the engine tells it. */
function dataPlace({ details }: LevadaError, root: string): Place | undefined {
  const { file, line } = details as { readonly file?: unknown; readonly line?: unknown }
  if (typeof file !== 'string' || typeof line !== 'number') return undefined
  const path = relative(root, file)
  return { file: path.startsWith('..') ? file : path, line }
}
