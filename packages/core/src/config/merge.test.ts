import { describe, expect, test } from 'vitest'
import { at } from './lookup.ts'
import { mergeMaps, mergeNodes } from './merge.ts'
import { toPlain, type ConfigNode, type MapEntry, type MapNode, type Origin } from './node.ts'
import { parseConfig } from './parse.ts'

const map = (text: string, layer = 'base'): MapNode =>
  parseConfig(text, { file: `conf/${layer}/catalog.yml`, layer, section: 'catalog' }).root

describe('mergeNodes', () => {
  test('merges maps deeply, replaces lists and scalars', () => {
    const merged = mergeMaps(map('a: { x: 1, y: [1, 2] }\nb: 1'), map('a: { y: [3], z: 4 }\nc: 2'))
    expect(toPlain(merged)).toEqual({ a: { x: 1, y: [3], z: 4 }, b: 1, c: 2 })
  })

  test('replaces an entry whose type changes, with all that is nested in it', () => {
    const base = map('a: { type: parquet, path: x, options: { k: 1 } }')
    const merged = mergeMaps(base, map('a: { type: table, options: { l: 2 } }'))
    expect(toPlain(merged)).toEqual({ a: { type: 'table', options: { l: 2 } } })
  })

  test('merges an entry that repeats its type', () => {
    const merged = mergeMaps(map('a: { type: parquet, path: x }'), map('a: { type: parquet, rows: 1 }'))
    expect(toPlain(merged)).toEqual({ a: { type: 'parquet', path: 'x', rows: 1 } })
  })

  test('keeps the places that lost, the latest first', () => {
    const layers = [map('a: 1'), map('\na: 2', 'dev'), map('\n\na: 3', 'local')]
    const leaf = at(layers.reduce(mergeMaps), ['a'])!
    expect(leaf.origin).toMatchObject({ layer: 'local', line: 3, column: 4 })
    expect(leaf.overridden.map(({ layer, line }) => [layer, line])).toEqual([
      ['dev', 2],
      ['base', 1],
    ])
  })

  test('a replaced entry still knows what its leaves replaced', () => {
    const merged = mergeMaps(map('a: { type: x, path: p }'), map('a: { type: y, path: q }', 'dev'))
    expect(at(merged, ['a', 'path'])!.overridden).toMatchObject([{ layer: 'base', line: 1 }])
  })
})

// Laws over a few hundred random values; `type` is left out, since replacing an entry is not associative.
describe('mergeNodes, laws', () => {
  const random = generator(20260101)
  const triples = Array.from(
    { length: 300 },
    () => [value(random, 3), value(random, 3), value(random, 3)] as const,
  )

  test('is associative for maps, places included', () => {
    for (const [a, b, c] of triples) {
      expect(mergeMaps(mergeMaps(a, b), c)).toEqual(mergeMaps(a, mergeMaps(b, c)))
    }
  })

  test('the later wins: what is in the overlay is in the result', () => {
    for (const [a, b] of triples) expect(contains(toPlain(mergeNodes(a, b)), toPlain(b))).toBe(true)
  })

  test('is idempotent, and an empty map changes nothing', () => {
    const empty = map('{}')
    for (const [a] of triples) {
      expect(toPlain(mergeMaps(a, a))).toEqual(toPlain(a))
      expect(toPlain(mergeMaps(a, empty))).toEqual(toPlain(a))
      expect(toPlain(mergeMaps(empty, a))).toEqual(toPlain(a))
    }
  })

  test('does not change its arguments', () => {
    for (const [a, b] of triples) {
      const before = structuredClone([toPlain(a), toPlain(b)])
      mergeNodes(a, b)
      expect([toPlain(a), toPlain(b)]).toEqual(before)
    }
  })
})

type Random = () => number

/** mulberry32: small, seeded, so that a failure can be repeated. */
function generator(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

let nextLine = 0

/** Keys a and b hold maps, c and d leaves: where a map meets a scalar, merging is not associative either. */
function value(random: Random, depth: number): MapNode {
  const entries = new Map<string, MapEntry>()
  for (const name of 'abcd') {
    if (random() < 0.5 || (depth === 0 && name < 'c')) continue
    entries.set(name, { key: origin(), value: name < 'c' ? value(random, depth - 1) : leaf(random) })
  }
  return { kind: 'map', path: 'catalog', origin: origin(), overridden: [], entries }
}

function leaf(random: Random): ConfigNode {
  const base = { path: 'catalog', origin: origin(), overridden: [] }
  const scalar = { ...base, kind: 'scalar', value: Math.floor(random() * 3) } as const
  return random() < 0.5 ? scalar : { ...base, kind: 'list', items: [scalar] }
}

const origin = (): Origin => ({ file: 'f', layer: 'base', line: ++nextLine })

function contains(whole: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null || Array.isArray(part))
    return JSON.stringify(whole) === JSON.stringify(part)
  return Object.entries(part).every(([key, inner]) =>
    contains((whole as Record<string, unknown>)[key], inner),
  )
}
