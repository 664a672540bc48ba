import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { asset, source } from '../asset/index.ts'
import { composeGraph, defineApp } from '../app/index.ts'
import { definePipeline, node, type AnyNode } from '../pipeline/index.ts'
import { select } from './selection.ts'

const schema = z.object({ id: z.int() })
const raw = source('x.raw', { schema })
const make = (
  name: string,
  inputs: object,
  tags: readonly string[] = [],
): [ReturnType<typeof asset>, AnyNode] => {
  const out = asset(`x.${name}`, { schema, tags })
  return [out, node(`make-${name}`, { inputs: inputs as never, outputs: { out }, run() {} }) as AnyNode]
}
// raw → a → b → d, a → c → d, e alone
const [a, makeA] = make('a', { raw }, ['first'])
const [b, makeB] = make('b', { a })
const [c, makeC] = make('c', { a }, ['side'])
const [, makeD] = make('d', { b, c })
const [, makeE] = make('e', {})
const pipelines = [
  definePipeline('one', { nodes: [makeD, makeB, makeA] as never }),
  definePipeline('two', { nodes: [makeC, makeE] as never }),
]
const graph = composeGraph(defineApp({ name: 'app', pipelines: pipelines as never }))

const names = (selection: string): string => {
  const { nodes } = select(graph, selection)
  return graph.nodes
    .filter((each) => nodes.has(each))
    .map(({ id }) => id.split('make-')[1])
    .join('')
}

test('the graph puts makers before readers', () => {
  const order = graph.nodes.map(({ id }) => id.split('make-')[1]!)
  for (const [maker, reader] of ['ab', 'ac', 'bd', 'cd'])
    expect(order.indexOf(maker!)).toBeLessThan(order.indexOf(reader!))
})

describe('select', () => {
  test.each([
    ['', 'abcde'],
    ['x.b', 'b'],
    ['x.b+', 'bd'],
    ['+x.b', 'ab'],
    ['+x.b+', 'abd'],
    ['+x.d', 'abcd'],
    ['x.raw', ''],
    ['x.raw+', 'abcd'],
    ['+x.raw', ''],
    ['tag:first', 'a'],
    ['tag:first,tag:side', 'ac'],
    ['pipeline:two', 'ce'],
    ['x.e, x.a', 'ae'],
    ['tag:none', ''],
  ])('%s', (selection, expected) => {
    expect([...names(selection)].toSorted().join('')).toBe(expected)
  })

  test('a tag that nothing has is a notice with the nearest', () => {
    expect(select(graph, 'tag:frst').notices).toEqual([
      "No asset that is built here has the tag 'frst'. Did you mean 'first'?",
    ])
  })

  test.each([
    ['x.bb', 'SELECTION_UNKNOWN', "Did you mean 'x.b'"],
    ['pipeline:too', 'SELECTION_UNKNOWN', "Did you mean 'two'?"],
    ['x.*', 'SELECTION_SYNTAX', "'x.*'"],
    ['2+x.b', 'SELECTION_SYNTAX', "'2+x.b'"],
    ['tag:first+', 'SELECTION_SYNTAX', 'asset key only'],
    ['x.a,', 'SELECTION_SYNTAX', "'x.a,'"],
    ['state:failed', 'SELECTION_SYNTAX', "'state:failed'"],
  ])('refuses %s', (selection, code, text) => {
    expect(() => select(graph, selection)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) }),
    )
  })
})
