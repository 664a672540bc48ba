/** A signal that aborts with another one, or when a time is over; neither is held on to after it was disposed of. */
export interface Limit extends Disposable {
  readonly signal: AbortSignal
}

/** @param ms without one, there is only the other signal */
export function limit(ms: number | undefined, signal?: AbortSignal): Limit {
  const controller = new AbortController()
  const stop = (): void => controller.abort(signal?.reason)
  const timer =
    ms === undefined
      ? undefined
      : setTimeout(() => controller.abort(new DOMException('The time is over.', 'TimeoutError')), ms)
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop)
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    },
  }
}
