import { expect, test } from 'vitest'
import { baselineOf } from '../src/release-check.ts'

const versions = ['1.0.0', '1.4.0', '1.10.0', '2.0.0', '2.1.0', '3.0.0-next.1', '0.9.0']

test.each<[string, boolean, string | undefined]>([
  ['2.2.0', false, '2.1.0'],
  ['2.1.0', true, '2.1.0'],
  ['2.1.0', false, '2.0.0'],
  // A fix of an old line is compared with that line.
  ['1.10.1', false, '1.10.0'],
  ['1.4.1', false, '1.4.0'],
  // Of a new line there is none: the highest below.
  ['3.0.0', false, '2.1.0'],
  ['3.0.0-next.2', false, '2.1.0'],
  ['0.1.0', false, undefined],
])('baselineOf %s (itself: %s) is %s', (next, inclusive, expected) => {
  expect(baselineOf(versions, next, inclusive)).toBe(expected)
})
