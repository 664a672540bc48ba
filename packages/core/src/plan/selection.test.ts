import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { asset, source } from '../asset/index.ts'
import { composeGraph, defineApp, type Graph } from '../app/index.ts'
import { definePipeline, node, type AnyNode } from '../pipeline/index.ts'
import { select } from './selection.ts'

const schema = z.object({ id: z.int() })
const raw = source('x.raw', { schema })
const make = (
  name: string,
  inputs: object,
  tags: readonly string[] = [],
  owner?: string,
): [ReturnType<typeof asset>, AnyNode] => {
  const out = asset(`x.${name}`, { schema, tags, ...(owner !== undefined && { owner }) })
  return [out, node(`make-${name}`, { inputs: inputs as never, outputs: { out }, run() {} }) as AnyNode]
}
// raw → a → b → d, a → c → d, e alone
const [a, makeA] = make('a', { raw }, ['first'])
const [b, makeB] = make('b', { a })
const [c, makeC] = make('c', { a }, ['side'])
const [, makeD] = make('d', { b, c })
const [, makeE] = make('e', {}, [], 'us')
const pipelines = [
  definePipeline('one', { nodes: [makeD, makeB, makeA] as never }),
  definePipeline('two', { nodes: [makeC, makeE] as never }),
]
const graph = composeGraph(defineApp({ name: 'app', pipelines: pipelines as never }))

const names = async (selection: string): Promise<string> => {
  const { nodes } = await select(graph, selection)
  return graph.nodes
    .filter((each) => nodes.has(each))
    .map(({ id }) => id.split('make-')[1])
    .toSorted((a, b) => (a! < b! ? -1 : 1))
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
    ['1+x.d', 'bcd'],
    ['x.a+1', 'abc'],
    ['@x.b', 'abcd'],
    ['@x.e', 'e'],
    ['x.raw', ''],
    ['x.raw+', 'abcd'],
    ['x.raw+1', 'a'],
    ['@x.raw', 'abcd'],
    ['+x.raw', ''],
    ['tag:first', 'a'],
    ['tag:first+1', 'abc'],
    ['tag:first tag:side', 'ac'],
    ['tag:first+,tag:side', 'c'],
    ['pipeline:two', 'ce'],
    ['pipeline:two,+x.d', 'c'],
    ['+pipeline:two', 'ace'],
    ['x.e x.a', 'ae'],
    ['make-b', 'b'],
    ['one/make-b+', 'bd'],
    ['one/*', 'abd'],
    ['make-?', 'abcde'],
    ['x.*', 'abcde'],
    ['*d', 'd'],
    ['domain:x', 'abcde'],
    ['owner:us', 'e'],
    ['x.a+ --exclude x.b', 'acd'],
    ['--exclude x.a+', 'e'],
    ['from:x.b', 'bd'],
    ['from:x.b from:x.c', 'bcd'],
    ['from:x.a to:x.b', 'ab'],
    ['x.a x.c x.e from:x.b from:x.c', 'c'],
    ['from:x.b,x.d x.a', 'ad'],
    ['tag:none', ''],
  ])('%s', async (selection, expected) => {
    expect(await names(selection)).toBe(expected)
  })

  test('a tag or an owner that nothing has is a notice with the nearest', async () => {
    expect((await select(graph, 'tag:frst owner:su')).notices).toEqual([
      "No asset of the app has the tag 'frst'. Did you mean 'first'?",
      "No asset of the app has the owner 'su'. Did you mean 'us'?",
    ])
  })

  test('a source has no step, and is told so', async () => {
    const { nodes, unbuilt, notices, empty } = await select(graph, 'x.raw')
    expect([nodes.size, [...unbuilt], notices, empty]).toEqual([
      0,
      ['x.raw'],
      ["'x.raw' is not built here, so it selects no step."],
      undefined,
    ])
    expect([...(await select(graph, '+x.b')).unbuilt]).toEqual(['x.raw'])
  })

  test('parts that are there and leave nothing are a mistake', async () => {
    for (const text of ['x.a,x.b', 'x.a --exclude x.a', 'from:x.b to:x.a', 'tag:first,tag:side'])
      expect((await select(graph, text)).empty).toMatchObject({ code: 'SELECTION_EMPTY' })
    // A tag that nothing has was told, and states change.
    expect((await select(graph, 'tag:none,x.a')).empty).toBeUndefined()
    const stateOf = async (): Promise<ReadonlySet<string>> => new Set(['one/make-b'])
    expect((await select(graph, 'state:failed,x.a', { stateOf })).empty).toBeUndefined()
  })

  test('states are asked for once each, those of jobs included', async () => {
    const asked: string[] = []
    const stateOf = async (state: string): Promise<ReadonlySet<string>> => {
      asked.push(state)
      return new Set(state === 'failed' ? ['one/make-b', 'one/gone'] : [])
    }
    const jobs = { again: { select: { state: 'failed' as const, down: true } } }
    const { nodes, notices } = await select(graph, 'job:again state:failed state:stale', { jobs, stateOf })
    expect([...nodes].map(({ id }) => id)).toEqual(['one/make-b', 'one/make-d'])
    expect(notices).toEqual(['Nothing is stale.'])
    expect(asked.toSorted()).toEqual(['failed', 'stale'])
    await expect(select(graph, 'state:failed')).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
  })

  test('a job selects what it says, and may name another', async () => {
    const jobs = {
      first: { select: 'tag:first+', exclude: 'x.d' },
      both: { select: ['job:first', { asset: 'x.e' }] },
      none: { select: 'tag:none' },
      me: { select: 'job:you' },
      you: { select: 'x.a job:me' },
    }
    const ids = async (text: string): Promise<string> =>
      [...(await select(graph, text, { jobs })).nodes]
        .map(({ id }) => id.at(-1))
        .toSorted((a, b) => (a! < b! ? -1 : 1))
        .join('')
    expect(await ids('job:first')).toBe('abc')
    expect(await ids('job:both --exclude x.a')).toBe('bce')
    expect(await ids('job:first+,x.d')).toBe('d')
    await expect(ids('job:none')).rejects.toMatchObject({
      code: 'SELECTION_EMPTY',
      message: "Job 'none' selects nothing. No asset of the app has the tag 'none'.",
    })
    await expect(ids('job:me')).rejects.toMatchObject({
      code: 'CYCLE',
      message: expect.stringContaining('me → you → me'),
    })
    await expect(ids('job:fist')).rejects.toMatchObject({
      message: expect.stringContaining("Did you mean 'first'?"),
    })
  })

  test.each([
    ['x.bb', "Did you mean 'x.b'"],
    ['y.b', "No asset of the app is named 'y.b'. Did you mean 'x.b'?"],
    ['b', "No asset or node of the app is named 'b'. Did you mean 'x.b'"],
    ['two', "Did you mean 'pipeline:two'"],
    ['first', "Did you mean 'tag:first'"],
    ['make-bb', "Did you mean 'make-b'"],
    ['one/make-bb', "No node of the app has the id 'one/make-bb'. Did you mean 'one/make-b'"],
    ['x/b', "Did you mean 'x.b'"],
    ['pipeline:too', "No pipeline of the app is named 'too'; there are one, two. Did you mean 'two'?"],
    ['domain:y', "No asset of the app is of the domain 'y'; there are x."],
    ['resource:mail', "No node of the app needs a resource 'mail'; there are none."],
    ['y.*', "No asset of the app matches 'y.*'."],
    ['two/*b', "No node of the app matches 'two/*b'."],
  ])('no %s', async (selection, text) => {
    await expect(select(graph, selection)).rejects.toMatchObject({
      code: 'SELECTION_UNKNOWN',
      message: expect.stringContaining(text),
    })
  })
})

test('a word that is the name of a job is told as one', async () => {
  await expect(select(graph, 'nightly', { jobs: { nightly: { select: 'x.b' } } })).rejects.toThrow(
    "No asset or node of the app is named 'nightly'. Did you mean 'job:nightly'?",
  )
})

describe('several outputs of a node', () => {
  const left = asset('y.left', { schema, tags: ['l'] })
  const right = asset('y.right', { schema, tags: ['r'] })
  const last = (name: string, input: typeof left | typeof right): AnyNode =>
    node(name, { inputs: { input }, run() {} }) as AnyNode
  const split = node('split', { outputs: { left, right }, run() {} }) as AnyNode
  const forked = composeGraph(
    defineApp({
      name: 'app',
      pipelines: [
        definePipeline('p', {
          nodes: [split, last('of-left', left as never), last('of-right', right as never)] as never,
        }),
      ] as never,
    }),
  )
  const ids = async (text: string): Promise<string> =>
    [...(await select(forked, text)).nodes].map((each) => each.node.name).join(' ')

  test.each([
    ['y.left', 'split'],
    // The way goes by the asset, not by the node.
    ['y.left+', 'split of-left'],
    ['split+', 'split of-left of-right'],
    ['+of-right', 'split of-right'],
    ['tag:l,tag:r', 'split'],
    ['p/* --exclude y.right', 'of-left of-right'],
    ['*', 'split of-left of-right'],
  ])('%s', async (text, expected) => {
    expect(await ids(text)).toBe(expected)
  })
})

describe('large graphs', () => {
  /** Each node reads the one before and one far above. */
  function graphOf(count: number): Graph {
    const assets = Array.from({ length: count }, (_, i) => asset(`x.a${i}` as 'x.y', { schema }))
    const nodes = assets.map((out, i) =>
      node(`n${i}`, {
        inputs: (i === 0 ? {} : { before: assets[i - 1]!, above: assets[Math.floor(i / 2)]! }) as never,
        outputs: { out },
        run() {},
      }),
    )
    return composeGraph(
      defineApp({ name: 'app', pipelines: [definePipeline('p', { nodes: nodes as never })] as never }),
    )
  }
  /** How much longer a selection takes of the one than of the other: the fastest of several turns. */
  async function ratio(large: Graph, small: Graph, text: string): Promise<number> {
    const best = [Infinity, Infinity]
    for (let turn = 0; turn < 15; turn++)
      for (const [i, graph] of [large, small].entries()) {
        const start = performance.now()
        await select(graph, text)
        best[i] = Math.min(best[i]!, performance.now() - start)
      }
    return best[0]! / best[1]!
  }

  test('a chain that is longer than the stack of calls composes, and selecting it takes time in proportion', async () => {
    const [small, large] = [graphOf(2_000), graphOf(20_000)]
    // Ten times as many nodes: square growth would be a hundred times.
    for (const text of ['x.a0+', '+n1999', '@x.a10', '*9 --exclude x.a500+'])
      expect(await ratio(large, small, text)).toBeLessThan(50)
    expect((await select(large, 'x.a19990+')).nodes.size).toBe(10)
    expect((await select(large, 'x.a0+')).nodes.size).toBe(20_000)
  })
})
