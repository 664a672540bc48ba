/**
 * The items of arrays that come one after the other, one at a time. An async generator does the same with three times the
 * bookkeeping for every item.
 */
export function eachRow<T>(open: () => AsyncIterable<readonly T[]>): AsyncIterableIterator<T> {
  let source: AsyncIterator<readonly T[]> | undefined
  let rows: readonly T[] = []
  let at = 0
  let fetching: Promise<unknown> | undefined

  async function fetch(): Promise<IteratorResult<T, undefined>> {
    source ??= open()[Symbol.asyncIterator]()
    for (;;) {
      const next = await source.next()
      if (next.done === true) return { done: true, value: undefined }
      if (next.value.length === 0) continue
      rows = next.value
      at = 1
      return { done: false, value: rows[0]! }
    }
  }
  const take = (): Promise<IteratorResult<T, undefined>> => {
    if (at < rows.length) return Promise.resolve({ done: false, value: rows[at++]! })
    // Calls that do not wait for the one before are answered in their order.
    const result = fetching ? fetching.then(take, take) : fetch()
    fetching = result.finally(() => (fetching = undefined)).catch(() => undefined)
    return result
  }
  return {
    next: take,
    async return() {
      rows = []
      await source?.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
