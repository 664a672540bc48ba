import { describe, expect, test } from 'vitest'
import { codeFrame, type LevadaError } from '../errors/index.ts'
import { at } from './lookup.ts'
import { toPlain } from './node.ts'
import { parseConfig, type Parsed } from './parse.ts'

const parse = (text: string, section = 'catalog'): Parsed =>
  parseConfig(text, { file: `conf/base/${section}.yml`, layer: 'base', section })

const only = (errors: readonly LevadaError[]): LevadaError => {
  expect(errors).toHaveLength(1)
  return errors[0]!
}

describe('parseConfig', () => {
  test('every value and key has its place', () => {
    const { root } = parse('a:\n  b: [1, "two"]\n  ? c\nd:\n')
    expect(at(root, ['a', 'b', '1'])).toMatchObject({
      path: 'catalog.a.b.1',
      origin: { line: 2, column: 10, layer: 'base' },
    })
    expect(root.entries.get('d')!.key).toMatchObject({ line: 4, column: 1 })
    expect(toPlain(root)).toEqual({ a: { b: [1, 'two'], c: null }, d: null })
  })

  test('an empty file is an empty map', () => {
    for (const text of ['', '# nothing\n', '~']) {
      expect(parse(text).errors).toEqual([])
      expect(toPlain(parse(text).root)).toEqual({})
    }
  })

  test('keys are texts, and one called __proto__ is only a key', () => {
    expect(toPlain(parse('2024: a\nnull: b\ntrue: c').root)).toEqual({ '2024': 'a', null: 'b', true: 'c' })
    expect(Object.keys(toPlain(parse('__proto__: { x: 1 }').root) as object)).toEqual(['__proto__'])
  })

  test.each([
    ['a: 1\na: 2\n', 2, 1],
    ['a: [1\nb: 2', 2, 1],
    ['a: *x\n', 1, 4],
    ['a: !foo 1\n', 1, 4],
    ['a: 1\n---\nb: 2', 2, 1],
    ['{ a: b }: c', 1, 1],
    ['a:\n  b: 1\n# so\n\n c: 2\n', 5, 2],
    ['a:\n  b: x\n   c: 2\n', 3, 4],
    ['a:\n\tb: 1\n  c: 2\n', 2, 1],
  ])('%j is CONFIG_SYNTAX at %i:%i', (text, line, column) => {
    const error = only(parse(text).errors)
    expect(error).toMatchObject({
      code: 'CONFIG_SYNTAX',
      place: { file: 'conf/base/catalog.yml', line, column },
    })
    expect(codeFrame(error.place!)).toContain('^')
  })

  test('a list at the top is CONFIG_INVALID', () => {
    expect(only(parse('# x\n- a').errors)).toMatchObject({
      code: 'CONFIG_INVALID',
      place: { line: 2, column: 1 },
    })
  })

  test('a number that would lose digits is CONFIG_INVALID', () => {
    const error = only(parse('a: 12345678901234567890').errors)
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', place: { line: 1, column: 4 } })
  })

  test.each([
    ['a: "x\\0.csv"', 4],
    ['a: [1, "\\x00"]', 8],
    ['"a\\u0000b": 1', 1],
    ['a: x\0y', 4],
  ])('U+0000 in %j is CONFIG_INVALID', (text, column) => {
    expect(only(parse(text).errors)).toMatchObject({ code: 'CONFIG_INVALID', place: { line: 1, column } })
  })

  test('aliases repeat values', () => {
    expect(toPlain(parse('a: &x { p: 1 }\nb: *x').root)).toEqual({ a: { p: 1 }, b: { p: 1 } })
  })

  test('aliases without end, or without measure, are refused', () => {
    expect(only(parse('a: &x [*x]').errors)).toMatchObject({
      code: 'CONFIG_SYNTAX',
      place: { line: 1, column: 8 },
    })
    const names = [...'abcdefghi']
    const laughs = names.map(
      (name, i) =>
        `${name}: &${name} [${
          i
            ? Array(9)
                .fill(`*${names[i - 1]}`)
                .join()
            : 'lol'
        }]`,
    )
    const { errors } = parse(laughs.join('\n'))
    const { message, place } = only(errors)
    // Where they are too many, and not where the first of them stands.
    expect(message).toMatch(/^catalog\.e\.\d: the aliases of this file repeat more than 10000 values/)
    expect(place).toMatchObject({ line: 5 })
    expect(laughs[4]!.slice(place!.column! - 1)).toMatch(/^\*d/)
  })

  test('nothing of credentials.yml is quoted', () => {
    const error = only(parse('db:\n  password: *hunter2\n', 'credentials').errors)
    expect(error).toMatchObject({ code: 'CONFIG_SYNTAX', place: { line: 2, column: 13 } })
    expect(error.message).not.toContain('hunter2')
    expect(codeFrame(error.place!)).toBe('')
  })
})

describe('resources.yml', () => {
  const frameOf = (text: string): string => {
    const { errors } = parse(text, 'resources')
    expect(errors).not.toEqual([])
    return errors.map((error) => `${error.message}\n${codeFrame(error.place!)}`).join('\n')
  }

  test('shows keys in frames, and no values', () => {
    expect(frameOf('db:\n  password: hunter2\n user: [a]\n  host: x\n')).toBe(
      `conf/base/resources.yml is not valid YAML: All mapping items must start at the same column
  2 |   password: ***
> 3 |  user: ***
    |  ^
  4 |   host: ***`,
    )
  })

  test.each([
    'db:\n  password: *hunter2\n',
    'db:\n  password: !hunter2 x\n',
    'db:\n  password: %hunter2\n  user: @hunter2\n',
    'db:\n  password: "hunter2\n  user: a\n',
    'db:\n  password: "\\hunter2"\n',
    'db:\n  password: |hunter2\n   x\n',
    'db:\n  password: |\n    hunter2: a\n  user: b\n  user: c\n',
    'db:\n  password: a\n    hunter2: b\n  user: c\n  user: d\n',
    'db: { password: hunter2, user: a, user: b }\n',
    'db: { password:hunter2, password:hunter2 }\n',
    'db:\n  - hunter2\n  # hunter2\n  user: a\n',
    'db:\n  user: a\n  user: b # hunter2\n',
    'db:\r\n  user: a\r\n  user: b\r\n  password: hunter2\r\n',
    '- hunter2',
    'hunter2',
  ])('quotes nothing of %j', (text) => {
    expect(frameOf(text)).not.toContain('hunter2')
  })
})
