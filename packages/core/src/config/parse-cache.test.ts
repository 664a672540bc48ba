import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseCached } from './parse-cache.ts'
import { parseConfig, type Source } from './parse.ts'

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
  writeFileSync(join(it.dir, kept), readFileSync(join(it.dir, kept), 'utf8').slice(0, 500))
  expect(parseCached(it.dir, text, source)).toEqual(parseConfig(text, source))
})

test.each([
  ['small', 'shop.a: { type: csv }\n', source],
  ['wrong', large('shop.asset_1: { type: csv }\n'), source],
  ['local', large(), { ...source, layer: 'local' }],
  ['not a catalog', large(), { ...source, section: 'resources' }],
])('nothing is kept of a file that is %s', (_, text, of) => {
  using it = folder()
  parseCached(it.dir, text, of)
  expect(existsSync(join(it.dir, '.levada'))).toBe(false)
})
