import { describe, expect, test } from 'vitest'
import { tokenize } from './template.ts'

const reference = (raw: string) => {
  const tokens = tokenize(raw)
  if ('problem' in tokens) throw new Error(tokens.problem)
  expect(tokens).toHaveLength(1)
  return tokens[0]
}

describe('tokenize', () => {
  test('splits resolver, argument and default', () => {
    expect(reference('${globals:a.b}')).toMatchObject({
      resolver: 'globals',
      argument: 'a.b',
      default: undefined,
    })
    expect(reference('${a.b, 5}')).toMatchObject({ resolver: undefined, argument: 'a.b', default: '5' })
    expect(reference('${env:X,}')).toMatchObject({ resolver: 'env', argument: 'X', default: '' })
    expect(reference('${secret:file//run/s}')).toMatchObject({ resolver: 'secret', argument: 'file//run/s' })
  })

  test('a default may hold braces, commas and colons', () => {
    expect(reference('${globals:p,s3://b/{domain}/{t},x}')).toMatchObject({
      default: 's3://b/{domain}/{t},x',
    })
  })

  test('knows texts, escapes and lone dollars', () => {
    expect(tokenize('a$b $${x} ${y}$')).toMatchObject([
      { kind: 'text', raw: 'a$b ' },
      { kind: 'escape' },
      { kind: 'text', raw: 'x} ' },
      { kind: 'reference', argument: 'y' },
      { kind: 'text', raw: '$' },
    ])
  })

  test.each([
    ['${a', 'a ${ is never closed by }'],
    ['${env:${b}}', 'a ${…} inside another may stand in its default only'],
    ['${}', '${} refers to nothing'],
    ['${globals:,1}', '${globals:,1} refers to nothing'],
  ])('refuses %s', (text, problem) => {
    expect(tokenize(text)).toEqual({ problem })
  })

  test('its pieces joined are the text again, whatever the text', () => {
    const alphabet = ['$', '{', '}', ',', ':', 'a', '.', ' ', '$${', '${b}']
    for (let n = 0; n < 3000; n++) {
      const text = [...String(n * 7919)].map((digit) => alphabet[Number(digit)]).join('')
      const tokens = tokenize(text)
      if (!('problem' in tokens)) expect(tokens.map(({ raw }) => raw).join('')).toBe(text)
    }
  })
})
