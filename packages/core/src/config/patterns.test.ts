import { describe, expect, test } from 'vitest'
import { LevadaError } from '../errors/index.ts'
import { toPlain, type MapNode } from './node.ts'
import { parseConfig } from './parse.ts'
import { bestMatches, matchEntry, matchPattern } from './patterns.ts'

const catalog = (text: string): MapNode =>
  parseConfig(text, { file: 'conf/base/catalog.yml', layer: 'base', section: 'catalog' }).root

describe('bestMatches', () => {
  const keys = ['{domain}.{table}', 'aviation.{table}', '{domain}.daily_{x}', 'aviation.flights']

  test.each([
    ['aviation.flights', 'aviation.flights', {}],
    ['aviation.airports', 'aviation.{table}', { table: 'airports' }],
    ['sales.orders', '{domain}.{table}', { domain: 'sales', table: 'orders' }],
    ['sales.daily_orders', '{domain}.daily_{x}', { domain: 'sales', x: 'orders' }],
    ['aviation.daily_x', 'aviation.{table}', { table: 'daily_x' }],
  ])('%s is matched by %s', (name, key, bindings) => {
    expect(bestMatches(keys, name)).toEqual([{ key, bindings }])
  })

  test('names with other dots than the key do not match', () => {
    const one = (key: string, name: string) => bestMatches([key], name).map(({ bindings }) => bindings)
    expect(one('{a}.{b}', 'x.y')).toEqual([{ a: 'x', b: 'y' }])
    expect(one('shop.{b}', 'shop.y')).toEqual([{ b: 'y' }])
    expect(one('{a}.orders', 'x.orders')).toEqual([{ a: 'x' }])
    for (const name of ['x', 'x.', '.y', 'x..y', 'x.y.z', '', '.']) expect(one('{a}.{b}', name)).toEqual([])
    for (const name of ['shops.y', 'sho.y', 'shop', 'shop.', 'shop.y.z'])
      expect(one('shop.{b}', name)).toEqual([])
  })

  test('the order of the keys does not matter', () => {
    for (const name of ['aviation.flights', 'aviation.x', 'sales.daily_x', 'a.b', 'a']) {
      expect(bestMatches(keys.toReversed(), name)).toEqual(bestMatches(keys, name))
    }
  })

  test('a placeholder takes no dot and at least one character', () => {
    expect(bestMatches(['{a}', 'x.{a}'], 'x.')).toEqual([])
    expect(bestMatches(['{a}'], 'x.y')).toEqual([])
  })

  test('fewer placeholders win over more, a repeated one takes the same text', () => {
    expect(bestMatches(['{a}_{b}.x', '{a}_.x', '{a}.x_'], 'p_.x')).toMatchObject([{ key: '{a}_.x' }])
    expect(bestMatches(['{a}.{b}', 'x.{a}{b}', 'x.{a}'], 'x.yz')).toMatchObject([{ key: 'x.{a}' }])
    expect(bestMatches(['{a}.{a}'], 'x.x')).toEqual([{ key: '{a}.{a}', bindings: { a: 'x' } }])
    expect(bestMatches(['{a}.{a}'], 'x.y')).toEqual([])
  })

  test('characters that mean something in a regular expression are plain', () => {
    expect(bestMatches(['a+.b*', 'a.b'], 'axb')).toEqual([])
    expect(bestMatches(['a+.b*'], 'a+.b*')).toHaveLength(1)
  })
})

describe('matchPattern', () => {
  test('a tie is CATALOG_AMBIGUOUS and names both places', () => {
    const map = catalog('"{domain}.{table}": 1\n"{a}.{b}": 2\n')
    let error: unknown
    try {
      matchPattern(map, 'x.y')
    } catch (caught) {
      error = caught
    }
    expect(error).toBeInstanceOf(LevadaError)
    expect(error).toMatchObject({ code: 'CATALOG_AMBIGUOUS', place: { line: 2, column: 1 } })
    expect((error as Error).message).toContain('conf/base/catalog.yml:1:1')
    expect((error as Error).message).toContain('conf/base/catalog.yml:2:1')
  })

  test('no match is undefined', () => {
    expect(matchPattern(catalog('a.b: 1'), 'c.d')).toBeUndefined()
  })
})

describe('matchEntry', () => {
  test('fills the bindings in, but not inside ${…} or its escape', () => {
    const map = catalog(
      '"{d}.{t}": { path: "${globals:{d},{t}}/{d}/{t}", list: ["{t}", 1], esc: "$${d}", other: "{ x }" }',
    )
    const { node, bindings } = matchEntry(map, 'a.b')!
    expect(bindings).toEqual({ d: 'a', t: 'b' })
    expect(toPlain(node)).toEqual({
      path: '${globals:{d},{t}}/a/b',
      list: ['b', 1],
      esc: '$${d}',
      other: '{ x }',
    })
  })

  test('inherited names are no bindings', () => {
    expect(() => matchEntry(catalog('"{d}.x": "{constructor}"'), 'a.x')).toThrow(
      '{constructor} is no placeholder',
    )
  })
})
