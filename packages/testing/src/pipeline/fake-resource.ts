/** One call, as it is recorded. */
export interface RecordedCall {
  readonly method: string
  readonly args: readonly unknown[]
}

/**
 * Something that answers every method with a promise of nothing, and records what is called. Methods that are given answer
 * themselves, values that are given are theirs.
 */
export function fakeResource(given: object, calls: RecordedCall[]): object {
  const methods = new Map<string, unknown>()
  return new Proxy(given, {
    has: () => true,
    get(target, name) {
      // A promise of it would wait for it otherwise.
      if (typeof name === 'symbol' || (name === 'then' && !(name in target))) return Reflect.get(target, name)
      const own: unknown = Reflect.get(target, name)
      if (own !== undefined && typeof own !== 'function') return own
      const known = methods.get(name)
      if (known) return known
      const method = (...args: readonly unknown[]): unknown => {
        calls.push({ method: name, args })
        return typeof own === 'function' ? (own as Function).apply(target, args) : Promise.resolve(undefined)
      }
      methods.set(name, method)
      return method
    },
  })
}
