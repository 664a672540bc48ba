import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { Redact } from '../config/index.ts'
import { errorRecord, toLevadaErrors, type ErrorRecord } from '../errors/index.ts'
import type { EventSink, LevadaEvent } from '../events/index.ts'
import type { StepState } from '../state/index.ts'
import { createEmitter, type Emitter } from './emitter.ts'
import { logSink, runFolder } from './log-sink.ts'
import { readLog, readRecord } from './read-record.ts'
import type { RecordedStep } from './record.ts'
import { isSettled, type StepEnd } from './settled.ts'

const isOfRun = ({ type }: LevadaEvent): boolean => /^run_(started|resumed|finished)$/.test(type)

/** How steps ended last, by id; those that run now are not among them. */
function endsOf(events: readonly LevadaEvent[]): ReadonlyMap<string, StepEnd> {
  const ends = new Map<string, StepEnd>()
  for (const event of events) {
    if (event.type === 'step_started') ends.delete(event.step_id)
    if (event.type === 'step_finished')
      ends.set(event.step_id, { state: event.state, skipReason: event.skip_reason, errors: event.errors })
  }
  return ends
}

/** What begins after its run was told to have ended goes on with it. */
export function tellGoingOn(appDir: string, runId: string, emitter: Emitter): void {
  const events = readLog(appDir, runId)
  if (events.findLast(isOfRun)?.type !== 'run_finished') return
  const { app, env, selection, steps } = readRecord(appDir, runId)
  const done = [...endsOf(events)].flatMap(([id, { state }]) => (state === 'succeeded' ? [id] : []))
  emitter.emit({
    type: 'run_resumed',
    app,
    env,
    selection,
    steps: steps.map(({ id }) => id).filter((id) => !done.includes(id)),
    finished: done,
  })
}

/**
 * Who runs single steps does not say which is the last: the end of a run is told by whichever step sees that all are done, or that
 * nothing can begin any more, since what is left has failed or needs what has.
 */
export function tellEnd(appDir: string, runId: string, emitter: Emitter): void {
  let events: readonly LevadaEvent[]
  try {
    events = readLog(appDir, runId)
  } catch {
    // The step has ended as it has, whatever can be told of the others.
    return
  }
  const last = events.findLast(isOfRun)
  const { steps } = readRecord(appDir, runId)
  const ends = endsOf(events)
  /** How a step ended, or cannot. */
  const known = new Map<string, StepState>()
  for (const { id, needs } of steps) {
    const state =
      ends.get(id)?.state ?? (needs.some((each) => isLost(known.get(each))) ? 'skipped' : undefined)
    if (state === undefined) return
    known.set(id, state)
  }
  if (last?.type === 'run_finished' || !isFirst(appDir, runId, events)) return
  const state = [...known.values()].every((each) => each === 'succeeded') ? 'succeeded' : 'failed'
  const settled = state === 'failed' && isSettled(ends.values())
  emitter.emit({
    type: 'run_finished',
    state,
    ...(settled && { settled }),
    duration_ms: last ? Date.now() - Date.parse(last.time) : 0,
    cpu_ms: 0,
  })
}

const isLost = (state: StepState | undefined): boolean => state !== undefined && state !== 'succeeded'

/** Of several steps that end at the same moment, one tells it. */
function isFirst(appDir: string, runId: string, events: readonly LevadaEvent[]): boolean {
  const times = events.filter(({ type }) => type === 'run_started' || type === 'run_resumed').length
  try {
    closeSync(openSync(join(runFolder(appDir, runId), `ended-${times}`), 'wx'))
    return true
  } catch {
    return false
  }
}

function recordedStep(appDir: string, runId: string, stepId: string): RecordedStep | undefined {
  try {
    return readRecord(appDir, runId).steps.find(({ id }) => id === stepId)
  } catch {
    return undefined
  }
}

interface StepOfRun {
  readonly appDir: string
  readonly runId: string
  readonly stepId: string
}

/** A step that is refused before it begins is told in the log of its run: what can pass by itself as a warning, anything else as its failure. */
export async function tellRefused(
  { appDir, runId, stepId }: StepOfRun,
  error: unknown,
  redact: Redact,
): Promise<void> {
  const step = recordedStep(appDir, runId, stepId)
  // Of a run that is not there nothing can be told.
  if (!step) return
  const errors = toLevadaErrors(error)
  const [pipeline = '', node = ''] = (step.node ?? `source/${step.source}`).split('/')
  const facts = { step_id: stepId, pipeline, node }
  const emitter = createEmitter(runId, [await logSink(appDir, runId)], redact, () => {})
  try {
    if (errors.every(({ retryable }) => retryable))
      for (const { code, message } of errors)
        emitter.emit({ type: 'log', ...facts, level: 'warn', message: `${code} ${message}` })
    else {
      emitter.emit({
        type: 'step_finished',
        ...facts,
        state: 'failed',
        duration_ms: 0,
        errors: errors.map(errorRecord),
      })
      await new Promise((resolve) => setImmediate(resolve))
      tellEnd(appDir, runId, emitter)
    }
  } finally {
    await emitter.close()
  }
}

/** A step that has begun, and whose process ended before it was told how, is told to have ended. */
export async function tellCutOff(
  { appDir, runId, stepId }: StepOfRun,
  state: 'cancelled' | 'failed',
  errors: readonly ErrorRecord[],
  sinks: readonly EventSink[],
): Promise<void> {
  const last = readLog(appDir, runId).findLast(
    (event) => (event.type === 'step_started' || event.type === 'step_finished') && event.step_id === stepId,
  )
  if (last?.type !== 'step_started') return
  const { step_id, pipeline, node, partition, partitions, time } = last
  const plain: Redact = (value) => value
  const emitter = createEmitter(runId, [await logSink(appDir, runId), ...sinks], plain, console.error)
  try {
    emitter.emit({
      type: 'step_finished',
      step_id,
      pipeline,
      node,
      ...(partition && { partition }),
      ...(partitions && { partitions }),
      state,
      duration_ms: Math.max(0, Date.now() - Date.parse(time)),
      ...(errors.length > 0 && { errors }),
    })
    if (state === 'cancelled') return
    await new Promise((resolve) => setImmediate(resolve))
    tellEnd(appDir, runId, emitter)
  } finally {
    await emitter.close()
  }
}
