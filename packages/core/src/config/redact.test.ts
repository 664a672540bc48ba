import { describe, expect, test } from 'vitest'
import { createRedactor, type Redact } from './redact.ts'

const redacting = (...secrets: unknown[]): Redact => {
  const redactor = createRedactor()
  for (const secret of secrets) redactor.add(secret)
  return redactor.redact
}

describe('createRedactor', () => {
  test('takes every secret out, the longest first', () => {
    expect(redacting('pass', 'password')('a password, a pass')).toBe('a ***, a ***')
  })

  test('knows the forms that JSON, a URL and single lines have', () => {
    const redact = redacting('p@ss"w\nSECOND-LINE-OF-THE-KEY')
    expect(redact(JSON.stringify({ p: 'p@ss"w\nSECOND-LINE-OF-THE-KEY' }))).toBe('{"p":"***"}')
    expect(redact('x SECOND-LINE-OF-THE-KEY y')).toBe('x *** y')
    expect(redacting('p@ss/w')('https://u:p%40ss%2Fw@h')).toBe('https://u:***@h')
  })

  test('takes short ones out only where they stand alone', () => {
    expect(redacting('a')('a cat, "a"')).toBe('*** cat, "***"')
    expect(redacting(12)('12 of 125')).toBe('*** of 125')
  })

  test('ignores what is empty or no text, and plain characters of regular expressions', () => {
    expect(redacting('', '  ', null, true, undefined)('true null')).toBe('true null')
    expect(redacting('a.+(b')('aXXb a.+(b')).toBe('aXXb ***')
  })

  test('looks into values at any depth, and leaves those without a secret as they are', () => {
    const redact = redacting('password')
    const clean = { rows: 1, of: ['a', null] }
    expect(redact({ clean, told: [{ message: 'a password' }, 2n] })).toEqual({
      clean,
      told: [{ message: 'a ***' }, 2n],
    })
    expect(redact(clean)).toBe(clean)
    expect(redacting()(clean)).toBe(clean)
  })
})
