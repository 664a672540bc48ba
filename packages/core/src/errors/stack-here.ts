/**
 * Gives a value the stack of its author's call, as `stack`. Its text is made when it is asked for: that takes longer than most
 * declarations.
 */
export function withStackHere<T extends object>(value: T): T & { readonly stack: string } {
  const error = new Error('here')
  return Object.defineProperty(value, 'stack', {
    enumerable: true,
    configurable: true,
    get: () => error.stack ?? '',
  }) as T & { readonly stack: string }
}
