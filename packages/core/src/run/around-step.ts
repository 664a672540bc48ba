import type { Plugin } from '../catalog/index.ts'
import type { Signal } from '../engine/index.ts'
import { isLevadaError, LevadaError } from '../errors/index.ts'
import type { Step } from '../plan/index.ts'
import type { RunContext } from './context.ts'
import { guardExit, NodeExit } from './exit-guard.ts'
import { modulePlace } from './module-place.ts'
import { nodeLog } from './node-log.ts'

/** Runs a step within the hooks of plugins, the first of them outermost. What becomes of the step is up to the step. */
export async function runAround(
  context: RunContext,
  step: Step,
  attempt: number,
  work: () => Promise<void>,
): Promise<void> {
  const { runId, app, env, signal, authorRuns } = context
  const log = nodeLog(context, step)
  const facts = {
    runId,
    app: app.name,
    env,
    step: {
      id: step.id,
      pipeline: step.pipeline,
      node: step.node,
      partitions: step.partitions,
      reason: step.reason,
      engine: step.engine,
      inputs: [...new Set(step.inputs.map(({ asset }) => asset))],
      outputs: step.outputs.map(({ asset }) => asset),
    },
    attempt,
    signal,
    log,
  }
  const hooks = app.plugins.flatMap(({ name, aroundStep }) => (aroundStep ? [{ name, aroundStep }] : []))
  /** What the step came to, once it ran. */
  let outcome: PromiseSettledResult<void> | undefined
  let working: Promise<void> | undefined
  /** What went wrong with plugins. */
  const faults: LevadaError[] = []

  let endGuard = (): void => {}
  /** Code of a hook runs now, or what is within it. */
  const hookRuns = (runs: boolean): void => {
    authorRuns?.(runs)
    endGuard()
    if (runs) endGuard = guardExit(signal, () => {})
  }

  const call = async (place: number): Promise<void> => {
    const plugin = hooks[place]
    if (!plugin) {
      signal.throwIfAborted()
      working = work()
      ;[outcome] = await Promise.allSettled([working])
      if (outcome.status === 'rejected') throw outcome.reason
      return
    }
    let inner: Promise<void> | undefined
    let isOver = false
    const next = (): Promise<void> => {
      if (inner) return Promise.reject(new TypeError('next() was called twice'))
      hookRuns(false)
      inner = call(place + 1).finally(() => hookRuns(!isOver))
      // It may be that nobody waits for it.
      inner.catch(() => {})
      return inner
    }
    hookRuns(true)
    try {
      await plugin.aroundStep({ ...facts, next })
      if (!inner) throw new TypeError('next() was not called')
    } catch (error) {
      await Promise.allSettled([inner])
      if (!isOfOthers(error)) faults.push(fault(plugin, error, context, step, outcome !== undefined))
      throw error
    } finally {
      isOver = true
      hookRuns(false)
    }
    await inner
  }
  const isOfOthers = (error: unknown): boolean =>
    (outcome?.status === 'rejected' && outcome.reason === error) ||
    faults.some(({ cause }) => cause === error)

  await untilGivenUp(
    call(0).catch(() => {}),
    signal,
    () => working,
  )
  endGuard()
  // A hook that was stopped with the run has not failed.
  if (!outcome && signal.aborted)
    throw new LevadaError('CANCELLED', 'The run was stopped.', { details: { abandoned: true } })
  if (!outcome) throw faults.length === 1 ? faults[0]! : new AggregateError(faults)
  for (const { message } of faults) log.warn(message)
  if (outcome.status === 'rejected') throw outcome.reason
}

/** How long hooks may take to notice that the run was stopped, beyond what they are around. */
const graceMs = 1000

/** Waits for hooks; once the run is stopped no longer than for the step and a little more, whatever they wait for. */
async function untilGivenUp(
  hooks: Promise<void>,
  signal: Signal,
  working: () => Promise<void> | undefined,
): Promise<void> {
  let onAbort = (): void => {}
  let timer: ReturnType<typeof setTimeout> | undefined
  const givenUp = new Promise<void>((resolve) => {
    onAbort = () => void Promise.allSettled([working()]).then(() => (timer = setTimeout(resolve, graceMs)))
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  await Promise.race([hooks, givenUp])
  clearTimeout(timer)
  signal.removeEventListener('abort', onAbort)
}

function fault(
  { name }: Pick<Plugin, 'name'>,
  cause: unknown,
  { appDir }: RunContext,
  { id }: Step,
  ran: boolean,
): LevadaError {
  const what =
    cause instanceof NodeExit
      ? `it called ${cause.call}, which would have ended the run and its other steps.`
      : isLevadaError(cause)
        ? `${cause.code} ${cause.message}`
        : cause instanceof Error
          ? `${cause.name}: ${cause.message}`
          : String(cause)
  const place = modulePlace(cause, appDir)
  return new LevadaError(
    'PLUGIN_FAILED',
    `Plugin '${name}' failed ${ran ? 'after' : 'before'} step '${id}'${ran ? '' : ', which did not run'}: ${what}`,
    { cause, retryable: isLevadaError(cause) && cause.retryable, ...(place && { place }) },
  )
}
