import { describe, expect, test } from 'vitest'
import {
  page,
  pagePath,
  parseCases,
  problems,
  progress,
  readCases,
  testFiles,
  testsIn,
} from '../src/semantics.ts'
import { read } from '../src/workspace.ts'

describe('semantics', () => {
  const cases = readCases()
  const tests = testsIn(testFiles())

  test('every case that is due has a test with its number, or says why not', () => {
    expect(problems(cases, tests)).toEqual([])
    console.log(`semantics: ${progress(cases, tests)}`)
  })

  test('docs/semantics.md lists all cases: npm run generate', () => {
    expect(read(pagePath)).toBe(page(cases, tests))
    for (const { id } of cases) expect(read(pagePath)).toContain(`\n- **${id}** (`)
  })
})

describe('what is wrong is told', () => {
  const cases = parseCases(
    '# A One\nA1 | keep | This.\nA2 | later | That.\nA3 | adapt | And this. | not yet\n',
  )
  const planted = (text: string) => problems(cases, testsIn({ 'x.test.ts': text }))

  test('a case without a test', () => {
    expect(planted('')).toEqual(['A1 has no test, and no reason why'])
    expect(planted("test('A1: this', () => {})")).toEqual([])
    expect(planted("test('A1, A3: both', () => {})")[0]).toContain('A3 has a test, so it is open no more')
    expect(progress(cases, testsIn({ 'x.test.ts': "test('A1, A3: this', () => {})" }))).toBe('2 of 2')
  })

  test('a test that is skipped shows nothing, nor does a number elsewhere', () => {
    for (const text of [
      "test.skip('A1: this'",
      "test.todo('A1: this')",
      '// A1: this',
      "test('this, A1: that'",
    ])
      expect(planted(text)).toEqual(['A1 has no test, and no reason why'])
  })

  test('a number that there is not, and a line that is none', () => {
    expect(planted("test('A1: a', 0)\ntest('A9: b', 0)")).toEqual(['x.test.ts: there is no case A9'])
    expect(() => parseCases('A1 | kept | This.')).toThrow("'A1 | kept | This.' is not")
    expect(problems(parseCases('A2 | later | That. | why'), new Map())).toEqual([
      'A2 is not due, so not open',
    ])
  })
})
