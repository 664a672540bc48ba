import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { pageOf, type Source } from './page.ts'
import { parseAny, parseScalar } from './parse.ts'
import { parseSimple, scalarOf } from './parse-simple.ts'
import { yaml } from './yaml.ts'

const source: Source = { file: 'conf/base/catalog.yml', layer: 'base', section: 'catalog' }
const simple = (text: string): ReturnType<typeof parseSimple> =>
  parseSimple(text, pageOf(source, text), 'catalog', false)

/** Whether the text was read; it then has to be what the library reads, without an error and with every place. */
function isRead(text: string): boolean {
  const root = simple(text)
  if (root) expect(parseAny(text, source), JSON.stringify(text)).toEqual({ root, errors: [] })
  return root !== undefined
}

const sample = `# A catalog.
"{domain}.{table}": { type: parquet, path: "data/{domain}/{table}", n: 1.10, list: [1, two, { a: null }] }

shop.orders: # here
  type: csv
  path: \${globals:curated}/shop/orders.csv # there
  delimiter: ';'
  header: true
  nullText: NA
  columns:
  - id
  - name: total
    unit: € per day
    parts:
      - 1
      - -0.5
  from: 2001-01-01
  url: https://example.com/a?b=c#d
  none:
  home: ~/data
  empty: {}
  nothing: []
`

describe('parseSimple', () => {
  test('reads what configuration is written in', () => {
    expect(isRead(sample)).toBe(true)
    expect(isRead(sample.trimEnd())).toBe(true)
  })

  test('reads all configuration of the example', () => {
    const conf = join(import.meta.dirname, '../../../../apps/flight-delays/conf')
    const files = globSync('**/*.yml', { cwd: conf })
    expect(files.length).toBeGreaterThan(2)
    for (const file of files) expect(isRead(readFileSync(join(conf, file), 'utf8')), file).toBe(true)
  })

  test.each([
    ['an anchor', 'a: &x 1\nb: *x'],
    ['a block text', 'a: |\n  one\n  two'],
    ['an escape', 'a: "a\\tb"'],
    ['a doubled quote', "a: 'it''s'"],
    ['a text over two lines', 'a: one\n  two'],
    ['a quoted text over two lines', 'a: "one\n  two"'],
    ['a list over two lines', 'a: [1,\n  2]'],
    ['a tag', 'a: !!str 12'],
    ['a duplicate key', 'a: 1\na: 2'],
    ['a duplicate key in one line', 'a: { b: 1, b: 2 }'],
    ['a tab', 'a:\tb'],
    ['windows lines', 'a: b\r\nc: d\r\n'],
    ['a byte order mark', '\ufeffa: b'],
    ['a key of several words', 'a b: c'],
    ['a colon in a text', 'a: b: c'],
    ['a colon at the end of a text', 'a: b:'],
    ['a number that is too large', 'a: 12345678901234567890'],
    ['another number', 'a: 0x1F'],
    ['another word', 'a: TRUE'],
    ['nothing', ''],
    ['a list at the top', '- a'],
    ['two documents', 'a: 1\n---\nb: 2'],
    ['bad indentation', 'a:\n  b: 1\n c: 2'],
    ['deeper indentation', 'a: 1\n  b: 2'],
    ['a text after a quoted one', 'a: "b" c'],
    ['a comment without its blank', 'a: "b"#c'],
    ['a comma before the end', 'a: [1, 2,]'],
    ['an open list', 'a: [1, 2'],
    ['a pair in a list', 'a: [b: 1]'],
    ['a key that JSON has', 'a: {"b":1}'],
    ['deep nesting', `a: ${'['.repeat(60)}${']'.repeat(60)}`],
  ])('leaves %s to the library', (_, text) => {
    expect(simple(text)).toBeUndefined()
  })

  test('whatever it reads, it reads as the library does', () => {
    const pieces = [
      ...'\n\n\n    ---::::##\'"[]{},&*!|>%@`~.$?\\=_/019aeEnxZé',
      ': ',
      ' #',
      '\n  ',
      '\n- ',
      '- ',
      ' - ',
      'null',
      'true',
      'No',
      '1e3',
      '.5',
      '+1',
      '0o7',
      'a: ',
      '{ a: ',
      '"b"',
      '\u2028',
      '\t',
      '\0',
      '--- ',
    ]
    const random = generator(7)
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
    let read = 0
    for (let round = 0; round < 20_000; round++) {
      let text =
        round % 2 === 0 ? sample : pick(['a: 1\n', 'a:\n  b: [x, 1]\n', 'a:\n- b: c\n  d: { e: f }\n'])
      for (let edits = 1 + Math.floor(random() * 3); edits > 0; edits--) {
        const at = Math.floor(random() * text.length)
        text = text.slice(0, at) + pick(pieces) + text.slice(at + Math.floor(random() * 3))
      }
      if (isRead(text)) read++
    }
    expect(read).toBeGreaterThan(2000)
  })
})

test('a default is read as the library reads it', () => {
  const texts = [
    'a',
    '12',
    '-1.50',
    '007',
    '1e3',
    'true',
    'True',
    'null',
    '~',
    '',
    'a b',
    'a: b',
    'a #b',
    'a#b',
    '"a"',
    '[a]',
    '- a',
    '-a',
    '~/x',
    '2001-01-01',
    '*a',
    '&a',
    '!a',
    'é',
    'a:',
  ]
  const read = texts.filter((text) => {
    const simple = scalarOf(text)
    if (simple) expect(yaml().parseDocument(text).contents, text).toMatchObject(simple)
    return simple !== undefined
  })
  expect(read).toEqual([
    'a',
    '12',
    '-1.50',
    'true',
    'null',
    '~',
    'a b',
    'a#b',
    '-a',
    '~/x',
    '2001-01-01',
    'é',
  ])
  expect(parseScalar('"a"')).toEqual({ value: 'a', source: 'a' })
})

/** The same numbers in every run. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}
