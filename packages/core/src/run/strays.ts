import { AsyncLocalStorage } from 'node:async_hooks'
import type { Signal } from '../engine/index.ts'
import { isLevadaError, LevadaError } from '../errors/index.ts'
import { exitError, NodeExit } from './exit-guard.ts'
import { modulePlace } from './module-place.ts'

/** A step that runs, or ran, in this thread. */
interface Owner {
  readonly step: string
  readonly root: string
  fail(error: LevadaError): void
  isOver: boolean
}

let owners: AsyncLocalStorage<Owner> | undefined

/** From now on {@link failStray} knows whose an error is. */
export function watchStrays(): void {
  owners ??= new AsyncLocalStorage()
}

/**
 * Fails the step that has begun something, does not wait for it and so does not catch what it throws.
 * @returns the error of the step, and whether it fails of it; undefined when it is no step's
 */
export function failStray(
  thrown: unknown,
): { readonly error: LevadaError; readonly fails: boolean } | undefined {
  const owner = owners?.getStore()
  if (!owner) return undefined
  const error = strayError(owner.step, thrown, owner.root)
  const fails = !owner.isOver && !isInterrupted(thrown)
  if (fails) owner.fail(error)
  return { error, fails }
}

/** What a node asks for and does not wait for is interrupted when the node has ended, which is no reason to fail. */
export const isInterrupted = (thrown: unknown): boolean =>
  isLevadaError(thrown) && thrown.code === 'CANCELLED'

/** What is told of an error that a step does not fail of. */
export const strayText = ({ message }: LevadaError): string =>
  `${message.replace(/\.$/, '')}; the step does not fail of it, since it had ended.`

/** What a step fails of that does not wait for what threw. @param root the folder of the app */
export function strayError(step: string, thrown: unknown, root: string): LevadaError {
  const place = modulePlace(thrown, root)
  if (thrown instanceof NodeExit) return exitError(step, thrown, place)
  const what = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
  return new LevadaError('NODE_FAILED', `What step '${step}' has begun and does not wait for threw ${what}`, {
    cause: thrown,
    hint: 'Await it in the node, or catch what it throws.',
    ...(place && { place }),
  })
}

/**
 * Runs a step, which is stopped and fails when {@link failStray} finds that an error is its own, or its node goes on when it has returned.
 * @param root the folder of the app
 * @returns the error that came when the step could not fail of it any more
 */
export async function owningStrays(
  step: string,
  root: string,
  signal: Signal,
  work: (signal: Signal, late: (error: LevadaError) => void) => Promise<void>,
): Promise<LevadaError | undefined> {
  const controller = new AbortController()
  const stop = (): void => controller.abort(signal.reason)
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop)
  let failure: LevadaError | undefined
  const owner: Owner = {
    step,
    root,
    isOver: false,
    fail(error) {
      failure ??= error
      controller.abort(error)
    },
  }
  const late = (thrown: LevadaError): void => {
    if (!owner.isOver) owner.fail(strayError(step, thrown, root))
    // It is told all the same when its author handles it.
    else if (process.hasUncaughtExceptionCaptureCallback()) void Promise.reject(thrown)
  }
  const run = (): Promise<void> => work(controller.signal, late)
  try {
    await (owners ? owners.run(owner, run) : run())
    return failure
  } catch (error) {
    throw failure ?? error
  } finally {
    owner.isOver = true
    signal.removeEventListener('abort', stop)
  }
}
