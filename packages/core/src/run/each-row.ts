/**
 * The items of arrays that come one after the other, one at a time. An async generator does the same with three times the
 * bookkeeping for every item.
 */
export function eachRow<T>(open: () => AsyncIterable<readonly T[]>): AsyncIterableIterator<T> {
  let source: AsyncIterator<readonly T[]> | undefined
  let rows: readonly T[] = []
  let at = 0
  let closed = false
  /** Calls that wait, and the last of them: what comes meanwhile waits behind it. */
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()

  async function step(): Promise<IteratorResult<T, undefined>> {
    while (!closed && at >= rows.length) {
      source ??= open()[Symbol.asyncIterator]()
      const found = await source.next()
      if (found.done === true) closed = true
      else {
        rows = found.value
        at = 0
      }
    }
    return closed ? { done: true, value: undefined } : { done: false, value: rows[at++]! }
  }
  return {
    next() {
      if (waiting === 0 && !closed && at < rows.length)
        return Promise.resolve({ done: false, value: rows[at++]! })
      waiting++
      const result = last.then(step)
      last = result.then(
        () => waiting--,
        () => waiting--,
      )
      return result
    },
    async return() {
      closed = true
      await source?.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
