import type { DbtEvent } from './events.ts'
import type { DbtResult } from './result.ts'

/**
 * A command that runs: `await` it for its result, and iterate over it for its events meanwhile. It can be iterated once, from
 * the beginning when that starts at once; a loop that is left early leaves dbt running. What dbt
 * tells waits on disk for a slow loop, and does not pile up in memory.
 */
export interface DbtRun extends PromiseLike<DbtResult>, AsyncIterable<DbtEvent> {
  catch<T>(onRejected: (reason: unknown) => T | PromiseLike<T>): Promise<DbtResult | T>
  finally(onFinally: () => void): Promise<DbtResult>
}

/** Takes an event; what it returns is waited for before more is read. */
export type Emit = (event: DbtEvent) => Promise<void> | void

/** Events that wait for the loop; as many as one chunk of the log may have. */
const most = 256

/** Starts `work` and gives its events to whoever iterates. */
export function createRun(work: (emit: Emit) => Promise<DbtResult>): DbtRun {
  const queue: DbtEvent[] = []
  let state: 'unread' | 'read' | 'left' = 'unread'
  let over = false
  let wakeReader: (() => void) | undefined
  const writers: (() => void)[] = []

  const emit: Emit = (event) => {
    if (state !== 'read') return
    queue.push(event)
    wakeReader?.()
    if (queue.length >= most) return new Promise((resolve) => writers.push(resolve))
  }
  // After the caller's own code: a loop that it begins at once sees all.
  const result = Promise.resolve()
    .then(() => work(emit))
    .finally(() => {
      over = true
      wakeReader?.()
    })

  const wakeWriters = (): void => {
    for (const wake of writers.splice(0)) wake()
  }
  async function* events(): AsyncGenerator<DbtEvent, void> {
    if (state !== 'unread') throw new TypeError('The events of a run can be iterated once.')
    state = 'read'
    // The loop throws it.
    result.catch(() => {})
    try {
      for (;;) {
        const batch = queue.splice(0)
        wakeWriters()
        yield* batch
        if (queue.length > 0) continue
        if (over) break
        await new Promise<void>((resolve) => (wakeReader = resolve))
      }
    } finally {
      state = 'left'
      queue.length = 0
      wakeWriters()
    }
    await result
  }

  return {
    // oxlint-disable-next-line unicorn/no-thenable -- that is what it is
    then: (onFulfilled, onRejected) => result.then(onFulfilled, onRejected),
    catch: (onRejected) => result.catch(onRejected),
    finally: (onFinally) => result.finally(onFinally),
    [Symbol.asyncIterator]: events,
  }
}
