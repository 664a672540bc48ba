import { LevadaError } from '../errors/index.ts'
import type { Signal } from '../engine/index.ts'
import type { Plan, Step } from '../plan/index.ts'
import type { SkipReason, StepState } from '../state/index.ts'
import type { LimitedQueue } from './limits.ts'
import { lowestFirst } from './lowest-first.ts'

export interface RunnerOptions {
  /** How many steps run at a time. */
  readonly concurrency: number
  /** None starts after so many have failed. @default Infinity */
  readonly maxFailures?: number | undefined
  /** Of places in the plan: holds those back that may not run at once. */
  readonly limited?: LimitedQueue | undefined
  readonly signal: Signal
  /** Runs a step and tells how it ended; never throws. */
  readonly execute: (step: Step) => Promise<StepState>
  readonly skip: (step: Step, reason: SkipReason, becauseOf: string | undefined) => void
}

/** Who waits for whom, by the places of steps in the plan, so that the end of a step touches those that wait for it alone. */
interface Waiting {
  /** How many each still waits for. */
  readonly open: Int32Array
  /** By the id of a step: those that need it to succeed, and those that need it to end. */
  readonly needing: ReadonlyMap<string, readonly number[]>
  readonly following: ReadonlyMap<string, readonly number[]>
}

function waitingOf(steps: readonly Step[]): Waiting {
  const ids = new Set(steps.map(({ id }) => id))
  const open = new Int32Array(steps.length)
  const needing = new Map<string, number[]>()
  const following = new Map<string, number[]>()
  const wait = (lists: Map<string, number[]>, id: string, step: number): void => {
    // What the plan does not run is there already.
    if (!ids.has(id)) return
    open[step]!++
    const list = lists.get(id)
    if (list) list.push(step)
    else lists.set(id, [step])
  }
  for (const [i, { needs, after = [] }] of steps.entries()) {
    for (const id of needs) wait(needing, id, i)
    for (const id of after) wait(following, id, i)
  }
  return { open, needing, following }
}

/** Runs the steps of a plan, each after those that it needs. What does not depend on a failed step goes on. */
export async function runSteps(
  { steps }: Plan,
  { concurrency, maxFailures = Infinity, limited, signal, execute, skip }: RunnerOptions,
): Promise<ReadonlyMap<string, StepState>> {
  const states = new Map<string, StepState>()
  /** The step whose failure is the reason why a step cannot run. */
  const blamed = new Map<string, string>()
  const { open, needing, following } = waitingOf(steps)
  /** Places of steps that wait for nothing, and of those that cannot run since what they need did not succeed. */
  const ready = limited ?? lowestFirst()
  const lost = lowestFirst()
  for (let i = 0; i < steps.length; i++) if (open[i] === 0) ready.add(i)
  const started = new Uint8Array(steps.length)
  let running = 0
  let failures = 0
  let wake = (): void => {}

  const released = (step: number): void => {
    if (--open[step]! === 0) ready.add(step)
  }
  const ended = (id: string, state: StepState): void => {
    states.set(id, state)
    const tell = state === 'succeeded' ? released : lost.add
    for (const step of needing.get(id) ?? []) tell(step)
    for (const step of following.get(id) ?? []) released(step)
  }
  const start = (place: number): void => {
    const step = steps[place]!
    started[place] = 1
    running++
    void execute(step).then((state) => {
      running--
      limited?.ended(place)
      if (state !== 'succeeded') blamed.set(step.id, step.id)
      if (state === 'failed') failures++
      ended(step.id, state)
      wake()
    })
  }
  const drop = (place: number, end: SkipReason | undefined): void => {
    const step = steps[place]!
    // It may have lost several that it needs.
    if (states.has(step.id)) return
    const failed = step.needs.find((id) => blamed.has(id))
    const origin = failed === undefined ? undefined : blamed.get(failed)!
    if (origin !== undefined) blamed.set(step.id, origin)
    ended(step.id, 'skipped')
    skip(step, end === 'run_cancelled' ? end : origin === undefined ? end! : 'upstream_failed', origin)
  }
  const settle = (): void => {
    const end = signal.aborted ? 'run_cancelled' : failures >= maxFailures ? 'too_many_failures' : undefined
    if (end !== undefined) {
      for (let i = 0; i < steps.length; i++) if (started[i] === 0) drop(i, end)
      return
    }
    for (let place = lost.take(); place !== undefined; place = lost.take()) drop(place, undefined)
  }
  const next = (): number | undefined => {
    if (running >= concurrency) return undefined
    let place = ready.take()
    // Some may have been dropped meanwhile.
    while (place !== undefined && states.has(steps[place]!.id)) {
      limited?.ended(place)
      place = ready.take()
    }
    return place
  }
  for (;;) {
    settle()
    for (let place = next(); place !== undefined; place = next()) start(place)
    if (running === 0) break
    await new Promise<void>((resolve) => {
      wake = resolve
    })
  }
  if (states.size === steps.length) return states
  throw new LevadaError(
    'INTERNAL',
    `Steps wait for each other, so that none can start: ${steps
      .filter(({ id }) => !states.has(id))
      .map(({ id }) => id)
      .join(', ')}.`,
  )
}
