import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Source } from './page.ts'
import { parseCached } from './parse-cache.ts'
import { parseConfig } from './parse.ts'

const source: Source = { file: 'conf/base/catalog.yml', layer: 'base', section: 'catalog' }
const kept = '.levada/cache/conf/base.catalog.json'
const large = (extra = ''): string =>
  `${Array.from({ length: 100 }, (_, i) => `shop.asset_${i}: { type: parquet, path: "data/${i}", n: 1.10, list: [1, two, { a: null }] } # ${'x'.repeat(20)}`).join('\n')}\n${extra}`

function folder(): { dir: string } & Disposable {
  const dir = mkdtempSync(join(tmpdir(), 'levada-parse-'))
  return { dir, [Symbol.dispose]: () => rmSync(dir, { recursive: true }) }
}

test('what is kept equals what is parsed, with every place', () => {
  using it = folder()
  const text = large()
  const first = parseCached(it.dir, text, source)
  expect(existsSync(join(it.dir, kept))).toBe(true)
  const second = parseCached(it.dir, text, source)
  expect(second).toEqual(parseConfig(text, source))
  expect(second).toEqual(first)
})

test('a file that has changed by one letter is parsed again', () => {
  using it = folder()
  parseCached(it.dir, large(), source)
  const { root } = parseCached(it.dir, large('shop.other: { type: csv }\n'), source)
  expect(root.entries.has('shop.other')).toBe(true)
})

test('a damaged copy is no copy', () => {
  using it = folder()
  const text = large()
  parseCached(it.dir, text, source)
  const whole = readFileSync(join(it.dir, kept), 'utf8')
  const [hash] = whole.split('\n')
  for (const damaged of [
    whole.slice(0, 500),
    '',
    'null',
    `${hash}\nnull`,
    `${hash}\n[1,1,{"map":[]}]`,
    whole.replace('"plain"', '"quoted"'),
  ]) {
    writeFileSync(join(it.dir, kept), damaged)
    expect(parseCached(it.dir, text, source), damaged.slice(0, 40)).toEqual(parseConfig(text, source))
  }
})

test('none of the values is kept', () => {
  using it = folder()
  parseCached(
    it.dir,
    large('shop.other: { type: csv, token: CANARY-77, "CANARY key": "CANARY-78" }\n'),
    source,
  )
  expect(readFileSync(join(it.dir, kept), 'utf8')).not.toMatch(/CANARY|parquet|shop/)
})

test.each([
  ['.inf', '.inf'],
  ['.nan', '.nan'],
  ['a block text', '|\n  one\n  two'],
  ['an escape', '"a\\tb"'],
  ['a text over two lines', '"a\n  b"'],
  ['an alias', '&x { a: 1 }\nshop.again: *x'],
  ['a tag', '!!str 12'],
  ['numbers of all kinds', '[0x1F, 0o17, 1e3, -0.5, +2, 1.10]'],
  ['words of all kinds', '[true, False, TRUE, null, ~, yes, "null", \'true\']'],
  ['nothing', ''],
  ['signs', '"ã€😀 #: -"'],
])('%s is the same when it is read again', (_, value) => {
  using it = folder()
  const text = large(`shop.other: ${value}\n`)
  parseCached(it.dir, text, source)
  expect(parseCached(it.dir, text, source)).toEqual(parseConfig(text, source))
})

test.each([
  ['small', 'shop.a: { type: csv }\n', source],
  ['wrong', large('shop.asset_1: { type: csv }\n'), source],
  ['not a catalog', large(), { ...source, section: 'resources' }],
])('nothing is kept of a file that is %s', (_, text, of) => {
  using it = folder()
  parseCached(it.dir, text, of)
  expect(existsSync(join(it.dir, '.levada'))).toBe(false)
})
