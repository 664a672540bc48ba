import { expect, test } from 'vitest'
import { announced, diagnostics, unexpected } from '../src/announced.ts'

const text = "f(\n  // error: 'b' is missing\n  a)\n"
const expected = announced('a.ts', text)

test('an error that is announced, with its text in a later line, is no surprise', () => {
  const printed = "a.ts(3,3): error TS2322: No overload matches.\n  Type 'a': 'b' is missing\n"
  expect(unexpected(expected, diagnostics(printed))).toEqual([])
})

test('an error with another text, in another line or of another file is told', () => {
  expect(unexpected(expected, diagnostics('a.ts(3,3): error TS1: something else'))).toEqual([
    "a.ts:3 should be an error: 'b' is missing",
  ])
  expect(unexpected(expected, diagnostics("a.ts(2,3): error TS1: 'b' is missing"))).toEqual([
    "a.ts:3 should be an error: 'b' is missing",
    "a.ts:2 is an error: 'b' is missing",
  ])
  expect(unexpected([], diagnostics("b.ts(3,3): error TS1: 'b' is missing"))).toEqual([
    "b.ts:3 is an error: 'b' is missing",
  ])
})

test('what no compiler prints is no error, so that nothing announced is found', () =>
  expect(unexpected(expected, diagnostics(''))).toEqual(["a.ts:3 should be an error: 'b' is missing"]))
