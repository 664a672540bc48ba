import { isDeepStrictEqual } from 'node:util'

/** Fails with both values unless they are the same. */
export function expectSame(what: string, found: unknown, expected: unknown): void {
  if (isDeepStrictEqual(found, expected)) return
  const text = (value: unknown): string => JSON.stringify(value, null, 2) ?? String(value)
  throw new Error(`${what}: found ${text(found)}\nexpected ${text(expected)}`)
}

/** Fails with the text unless it says this. */
export function expectText(what: string, text: string, expected: string | RegExp): void {
  const found = typeof expected === 'string' ? text.includes(expected) : expected.test(text)
  if (!found) throw new Error(`${what}: does not say ${expected}\n${text}`)
}
