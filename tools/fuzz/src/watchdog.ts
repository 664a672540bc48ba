import { Worker } from 'node:worker_threads'

/** Ends the process, with the number of the case, when one keeps the thread so busy that no timer can tell. */
export function startWatchdog(limitMs: number): {
  begin: (number: number) => void
  stop: () => Promise<unknown>
} {
  const current = new Int32Array(new SharedArrayBuffer(8))
  const worker = new Worker(new URL('./watchdog-thread.ts', import.meta.url), {
    workerData: { current, limitMs },
  })
  worker.unref()
  return {
    begin(number) {
      Atomics.store(current, 0, number)
      Atomics.add(current, 1, 1)
    },
    stop: () => worker.terminate(),
  }
}
