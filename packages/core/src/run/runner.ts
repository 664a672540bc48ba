import { LevadaError } from '../errors/index.ts'
import type { Signal } from '../engine/index.ts'
import type { Plan, Step } from '../plan/index.ts'
import type { SkipReason, StepState } from '../state/index.ts'

export interface RunnerOptions {
  /** How many steps run at a time. */
  readonly concurrency: number
  /** None starts after so many have failed. @default Infinity */
  readonly maxFailures?: number | undefined
  readonly signal: Signal
  /** Runs a step and tells how it ended; never throws. */
  readonly execute: (step: Step) => Promise<StepState>
  readonly skip: (step: Step, reason: SkipReason, becauseOf: string | undefined) => void
}

/** Runs the steps of a plan, each after those that it needs. What does not depend on a failed step goes on. */
export async function runSteps(
  plan: Plan,
  { concurrency, maxFailures = Infinity, signal, execute, skip }: RunnerOptions,
): Promise<ReadonlyMap<string, StepState>> {
  const states = new Map<string, StepState>()
  /** The step whose failure is the reason why a step cannot run. */
  const blamed = new Map<string, string>()
  const waiting = new Set(plan.steps)
  const ids = new Set(plan.steps.map(({ id }) => id))
  const running = new Set<Promise<void>>()
  let failures = 0

  const start = (step: Step): void => {
    waiting.delete(step)
    const promise = execute(step).then((state) => {
      states.set(step.id, state)
      if (state !== 'succeeded') blamed.set(step.id, step.id)
      if (state === 'failed') failures++
      running.delete(promise)
    })
    running.add(promise)
  }
  const settle = (): void => {
    const ended = signal.aborted ? 'run_cancelled' : failures >= maxFailures ? 'too_many_failures' : undefined
    for (const step of waiting) {
      const failed = step.needs.find((id) => blamed.has(id))
      if (failed === undefined && ended === undefined) continue
      waiting.delete(step)
      states.set(step.id, 'skipped')
      const origin = failed === undefined ? undefined : blamed.get(failed)!
      if (origin !== undefined) blamed.set(step.id, origin)
      skip(
        step,
        ended === 'run_cancelled' ? ended : origin === undefined ? ended! : 'upstream_failed',
        origin,
      )
    }
  }
  for (;;) {
    settle()
    for (const step of waiting) {
      if (running.size >= concurrency) break
      if (
        step.needs.every((id) => states.get(id) === 'succeeded' || !ids.has(id)) &&
        (step.after ?? []).every((id) => states.has(id) || !ids.has(id))
      )
        start(step)
    }
    if (running.size === 0 && waiting.size > 0)
      throw new LevadaError(
        'INTERNAL',
        `Steps wait for each other, so that none can start: ${[...waiting].map(({ id }) => id).join(', ')}.`,
      )
    if (running.size === 0) return states
    await Promise.race(running)
  }
}
