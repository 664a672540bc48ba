import { isDeepStrictEqual } from 'node:util'

const without = (list: readonly unknown[], other: readonly unknown[]): string[] => {
  const texts = new Set(other.map((each) => JSON.stringify(each)))
  return list.map((each) => JSON.stringify(each)).filter((each) => !texts.has(each))
}

/** Fails with both values unless they are the same. */
export function expectSame(what: string, found: unknown, expected: unknown): void {
  if (isDeepStrictEqual(found, expected)) return
  if (Array.isArray(found) && Array.isArray(expected)) {
    const [surplus, missing] = [without(found, expected), without(expected, found)]
    if (surplus.length + missing.length > 0)
      throw new Error(
        `${what}:\n${[...surplus.map((each) => `+ ${each}`), ...missing.map((each) => `- ${each}`)].join('\n')}`,
      )
  }
  const text = (value: unknown): string => JSON.stringify(value, null, 2) ?? String(value)
  throw new Error(`${what}: found ${text(found)}\nexpected ${text(expected)}`)
}

/** Fails with the text unless it says this. */
export function expectText(what: string, text: string, expected: string | RegExp): void {
  const found = typeof expected === 'string' ? text.includes(expected) : expected.test(text)
  if (!found) throw new Error(`${what}: does not say ${expected}\n${text}`)
}
