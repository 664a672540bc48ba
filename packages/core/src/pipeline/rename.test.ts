import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { outlineOf } from '../app/index.ts'
import { asset, expects, relationship, source, sqlCheck } from '../asset/index.ts'
import { definePipeline, node, originalOf, renamedAssets, sql, sqlNode, view } from './index.ts'

const schema = z.object({ id: z.int() })
const raw = source('geo.raw', { schema })
const cities = expects('geo.cities', schema)
const airports = asset('geo.airports', {
  schema,
  checks: [relationship('id', cities, 'id'), sqlCheck('none twice', 'select * from airports where id < 0')],
})
const known = view('known', { inputs: { raw, cities }, sql: sql`select id from raw join cities using (id)` })
const pipeline = definePipeline('airports', {
  nodes: [
    sqlNode('stage', { inputs: { known }, output: airports, sql: sql`select * from known` }),
    node('notify', { inputs: { airports, cities }, run() {} }),
  ],
})

describe('with', () => {
  test('nothing but a name: the same assets in another pipeline', () => {
    const again = pipeline.with({ name: 'again' })
    expect(again.name).toBe('again')
    const { name: _, ...rest } = outlineOf(again)
    expect(outlineOf(pipeline)).toMatchObject(rest)
  })

  test('renames assets wherever they stand, sources and needs included, and leaves the package as it is', () => {
    const before = JSON.stringify(outlineOf(pipeline))
    const made = pipeline.with({
      name: 'ref',
      assets: { 'geo.airports': 'ref.places', 'geo.cities': 'ref.cities', 'geo.raw': 'ref.raw' },
    })
    const outline = outlineOf(made)
    expect(JSON.stringify(outlineOf(pipeline))).toBe(before)
    expect(JSON.stringify(outline)).not.toContain('geo.')
    expect(Object.keys(outline.provides)).toEqual(['ref.places'])
    expect(Object.keys(outline.sources)).toEqual(['ref.raw'])
    expect(Object.keys(outline.requires)).toEqual(['ref.cities'])
    expect(outline.nodes).toEqual([
      { name: 'notify', kind: 'function', inputs: ['ref.cities', 'ref.places'], outputs: [] },
      { name: 'stage', kind: 'sql', inputs: ['ref.cities', 'ref.raw'], outputs: ['ref.places'] },
    ])
    expect(outline.provides['ref.places']!.checks.slice(1).map(({ name, rule }) => [name, rule])).toEqual([
      ['relationship(id → ref.cities)', { kind: 'relationship', to: 'ref.cities', toColumns: ['id'] }],
      // The SQL goes on to call its rows by the name that the author knew.
      ['none twice', { kind: 'sql', sql: 'select * from airports where id < 0', table: 'airports' }],
    ])
    const output = made.nodes[0]!.outputs['output']!
    expect(made.nodes[1]!.inputs['airports']).toBe(output)
  })

  test('two assets swap their names; a use can be used again; the package is known', () => {
    const swapped = pipeline.with({ assets: { 'geo.airports': 'geo.cities', 'geo.cities': 'geo.airports' } })
    expect(Object.keys(outlineOf(swapped).requires)).toEqual(['geo.airports'])
    const twice = pipeline
      .with({ name: 'a', assets: { 'geo.airports': 'a.b' } })
      .with({ name: 'c', assets: { 'a.b': 'c.d' } })
    expect(Object.keys(outlineOf(twice).provides)).toEqual(['c.d'])
    expect(originalOf(twice)).toBe(pipeline)
    expect(originalOf(pipeline)).toBe(pipeline)
  })

  test.each([
    [{ assets: { 'geo.airportz': 'a.b' } }, 'PIPELINE_INVALID', "Did you mean 'geo.airports'?"],
    [{ assets: { 'geo.airports': 'places' } }, 'ASSET_NAME', "'places' is not an asset key"],
    [
      { assets: { 'geo.airports': 'geo.cities' } },
      'PIPELINE_INVALID',
      "'geo.cities' and 'geo.airports' would both be named 'geo.cities'",
    ],
    [{ name: 'Ref' }, 'PIPELINE_INVALID', "Pipeline 'Ref': a name has lower-case letters"],
    [{ assets: { toString: 'a.b' } }, 'PIPELINE_INVALID', "has no asset 'toString'"],
    [{ nam: 'x' }, 'PIPELINE_INVALID', "with(…) has no 'nam'. Did you mean 'name'?"],
  ])('refuses %j', (renaming, code, text) => {
    expect(() => pipeline.with(renaming as never)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) }),
    )
  })
})

test('renamedAssets tells the names of the app by those of the package, however often it was renamed', () => {
  const again = pipeline
    .with({ name: 'ref', assets: { 'geo.airports': 'ref.places', 'geo.raw': 'ref.raw' } })
    .with({ assets: { 'ref.places': 'new.places', 'ref.raw': 'geo.raw', 'geo.cities': 'new.cities' } })
  expect(renamedAssets(again)).toEqual({ 'geo.airports': 'new.places', 'geo.cities': 'new.cities' })
  expect(renamedAssets(pipeline)).toEqual({})
  expect(originalOf(again)).toBe(pipeline)
})
