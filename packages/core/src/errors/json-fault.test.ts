import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonFault } from './json-fault.ts'

test.each([
  ['{"a": 1, "b": [true, null, "x\\u00e9\\""], "c": {}}\n', undefined],
  ['-1.5e3', undefined],
  ['{"a": oops}', 6],
  ["{'a': 1}", 1],
  ['{"a" 1}', 1],
  ['{"a": 1,}', 8],
  ['[1, 2', 5],
  ['[1 2]', 3],
  ['[1]]', 3],
  ['"open', 0],
  ['', 0],
  ['{"a": 01}', 7],
])('jsonFault of %j is %s', (text, at) => {
  expect(jsonFault(text)).toBe(at)
})

test('jsonFault agrees with JSON.parse', () => {
  const parses = (text: string): boolean => {
    try {
      JSON.parse(text)
      return true
    } catch {
      return false
    }
  }
  fc.assert(
    fc.property(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', ',', '}', '"', 'x', '\\', '1', '['),
      (json, at, piece) => {
        const i = at % (json.length + 1)
        const text = json.slice(0, i) + piece + json.slice(i + (at % 2))
        expect(jsonFault(text) === undefined, text).toBe(parses(text))
      },
    ),
  )
})
