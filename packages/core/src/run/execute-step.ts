import type { ErrorRecord } from '../errors/index.ts'
import type { Version } from '../dataset/index.ts'
import type { EventSink } from '../events/index.ts'
import type { Plan } from '../plan/index.ts'
import type { StepState } from '../state/index.ts'
import type { RunContext } from './context.ts'
import { createEmitter } from './emitter.ts'
import { execute, type RunOptions } from './execute.ts'
import { logSink } from './log-sink.ts'
import { tellEnd, tellGoingOn } from './recorded-run.ts'

export interface StepOptions extends Pick<RunOptions, 'signal' | 'sinks' | 'report'> {
  /** Counts from 1. */
  readonly attempt?: number
  /** How long it may take, in milliseconds. @default as long as it takes */
  readonly stepTimeoutMs?: number
  /** Nothing else goes on in this process or thread, which ends with the step. */
  readonly alone?: boolean
  /** Told when code of an author begins, within how long the step has to end, and when it has ended. */
  readonly authorRuns?: (runs: boolean, stepTimeoutMs: number | undefined) => void
  /** Whoever started it holds what it writes, and tells the end of the run. */
  readonly isHeld?: boolean
}

export interface StepResult {
  readonly runId: string
  readonly stepId: string
  /** `nothing`: it had succeeded before. */
  readonly state: StepState | 'nothing'
  readonly errors: readonly ErrorRecord[]
  /** What it published, by asset key. */
  readonly materializations: ReadonlyMap<string, Version>
  readonly durationMs: number
}

/** Runs the one step that a plan has left, in a run that goes on elsewhere: the events of the step go to its log. */
export async function executeStep(
  stepId: string,
  plan: Plan,
  shared: Omit<RunContext, 'emitter' | 'made' | 'signal' | 'now'>,
  { attempt = 1, stepTimeoutMs, alone = false, authorRuns, isHeld = false, ...options }: StepOptions,
): Promise<StepResult> {
  const { runId } = shared
  const started = performance.now()
  const resumes = plan.resumes!
  const [step] = plan.steps
  const errors: ErrorRecord[] = []
  const ended = (state: StepResult['state'], made: StepResult['materializations']): StepResult => ({
    runId,
    stepId,
    state,
    errors,
    materializations: made,
    durationMs: performance.now() - started,
  })
  if (!step) return ended('nothing', new Map())
  const facts: EventSink = {
    name: 'result',
    event: (event) => void (event.type === 'step_finished' && errors.push(...(event.errors ?? []))),
  }
  const emitter = createEmitter(
    runId,
    [await logSink(shared.appDir, runId), facts, ...(options.sinks ?? [])],
    shared.redact,
    options.report ?? ((message) => console.error(message)),
  )
  const made = new Map(resumes.made)
  const context: RunContext = {
    ...shared,
    now: resumes.now,
    signal: options.signal ?? new AbortController().signal,
    emitter,
    made,
    resumes,
    alone,
    authorRuns: authorRuns && ((runs) => authorRuns(runs, stepTimeoutMs)),
  }
  try {
    if (!isHeld) tellGoingOn(shared.appDir, runId, emitter)
    const state = await execute(context, step, attempt, stepTimeoutMs)
    if (!isHeld && state !== 'cancelled') {
      // The log has what was told by then.
      await new Promise((resolve) => setImmediate(resolve))
      tellEnd(shared.appDir, runId, emitter)
    }
    const own = step.work.kind === 'node' ? step.work.node.writes : []
    return ended(state, new Map([...made].filter(([asset]) => own.includes(asset))))
  } finally {
    await emitter.close()
  }
}
