import { asset, definePipeline, node, resource, source, sql, sqlNode } from '@levada/core'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { composeGraph, outlineOf } from '../../src/app/index.ts'
import { select } from '../../src/plan/index.ts'
import { appOf, errorsOf, graphOf, layersOf, pipelineOf, ratioOf, selected } from './kit.ts'

// The numbers are those of docs/semantics.md.

const schema = z.object({ id: z.int() })
const lines = [
  'node9: -> p.a',
  'node8: p.a -> p.b, p.l',
  'node7: p.b -> p.c, p.e',
  'node6: p.c -> p.d',
  'node5: p.d ->',
  'node4: p.e -> p.f, p.h',
  'node3: p.f -> p.g, p.m',
  'node2: p.h -> p.i',
  'node1: p.h, p.i, p.m -> p.n',
]
const layers = ['node9', 'node8', 'node7', 'node4 node6', 'node2 node3 node5', 'node1']

describe('graphs', () => {
  test('A1: nodes run in layers, whatever the order in which they are written', () => {
    for (const written of [
      lines,
      lines.toReversed(),
      lines.toSorted(),
      [...lines.slice(4), ...lines.slice(0, 4)],
    ]) {
      const graph = graphOf(pipelineOf('p', written))
      expect(layersOf(graph)).toEqual(layers)
      const place = new Map(graph.nodes.map((each, i) => [each, i]))
      for (const each of graph.nodes)
        for (const name of each.reads)
          expect(place.get(graph.producers.get(name)!)).toBeLessThan(place.get(each)!)
    }
  })

  test('A2: what a pipeline provides are all assets that it writes, also those that it reads itself', () => {
    const { requires, provides } = outlineOf(pipelineOf('p', lines))
    expect(Object.keys(requires)).toEqual([])
    expect(Object.keys(provides)).toEqual([...'abcdefghilmn'].map((name) => `p.${name}`))
  })

  test('A4: inputs and outputs are named; output is outputs with one entry', () => {
    const out = asset('p.out', { schema })
    const raw = source('p.raw', { schema })
    const one = sqlNode('n', { inputs: { raw }, output: out, sql: sql`select id from raw` })
    const other = node('n', { inputs: { raw }, outputs: { output: out }, run() {} })
    expect([one.inputs, one.outputs]).toEqual([other.inputs, other.outputs])
    const graphs = [one, other].map((each) => graphOf(definePipeline('p', { nodes: [each] })))
    expect(graphs.map(({ nodes }) => nodes.map(({ reads, writes }) => [reads, writes]))).toEqual([
      [[['p.raw'], ['p.out']]],
      [[['p.raw'], ['p.out']]],
    ])
  })

  test('A5: a chain has a layer for each node, requires its start and provides all else', () => {
    const chain = pipelineOf('p', ['n1: x.a -> x.b', 'n2: x.b -> x.c', 'n3: x.c -> x.d'])
    const { requires, provides } = outlineOf(chain)
    expect([Object.keys(requires), Object.keys(provides)]).toEqual([['x.a'], ['x.b', 'x.c', 'x.d']])
    expect(layersOf(graphOf(pipelineOf('first', ['n0: -> x.a']), chain))).toEqual(['n0', 'n1', 'n2', 'n3'])
  })

  test('A7: two pipelines in one app are one graph, which needs only what neither provides', () => {
    const one = pipelineOf('one', ['n1: x.a -> x.b', 'n2: x.b -> x.c'])
    const two = pipelineOf('two', ['n3: x.c -> x.d', 'n4: x.d -> x.e', 'n5: x.e -> x.f'])
    expect(errorsOf(() => graphOf(one, two))).toEqual([
      "one: needs 'x.a', but no pipeline, source or external provides it.",
    ])
    const graph = graphOf(pipelineOf('start', ['n0: -> x.a']), two, one)
    expect(layersOf(graph)).toEqual(['n0', 'n1', 'n2', 'n3', 'n4', 'n5'])
  })

  test('A8: one asset under two names of a node is read once', () => {
    const graph = graphOf(pipelineOf('p', ['n: x.a, x.a -> x.b'], { sources: ['x.a'] }))
    expect(graph.nodes[0]!.reads).toEqual(['x.a'])
    expect(Object.keys(graph.nodes[0]!.node.inputs)).toEqual(['in0', 'in1'])
  })

  test('A10: from JavaScript, what is no list of nodes is a TypeError that names it', () => {
    for (const nodes of [null, undefined])
      expect(() => definePipeline('p', { nodes: nodes as never })).toThrow(
        new TypeError(`definePipeline('p', { nodes }): nodes is ${nodes}, not a list.`),
      )
  })

  test('A11: a circle is an error that names it', () => {
    const circle = ['n1: x.a -> x.b', 'n2: x.b -> x.c', 'n3: x.c -> x.a']
    expect(() => graphOf(pipelineOf('p', circle))).toThrow(
      expect.objectContaining({
        code: 'CYCLE',
        message: expect.stringContaining('p/n1 → p/n3 → p/n2 → p/n1'),
      }),
    )
  })

  test('A13: names that several nodes of a pipeline have are all told', () => {
    const twice = ['same: -> x.a', 'same: -> x.b', 'other: -> x.c', 'other: -> x.d', 'fine: -> x.e']
    expect(errorsOf(() => pipelineOf('p', twice))).toEqual([
      "Pipeline 'p' has two nodes named 'same', and two named 'other'.",
    ])
  })

  test('A14: a pipeline that is listed twice is an error; another name for it and its assets makes it two', () => {
    const one = pipelineOf('p', ['node: -> x.a']) as ReturnType<typeof definePipeline>
    expect(errorsOf(() => graphOf(one, one))).toContain("Two pipelines of the app are named 'p'.")
    const again = one.with({ name: 'again', assets: { 'x.a': 'y.a' } as never })
    expect(graphOf(one, again).nodes.map(({ id }) => id)).toEqual(['p/node', 'again/node'])
  })

  test('A16: tags sit on assets, each once; a node has those of all its outputs', async () => {
    const out = asset('x.a', { schema, tags: ['p1', 'node1', 'p1'] })
    expect(out.tags).toEqual(['p1', 'node1'])
    const graph = graphOf(
      pipelineOf('p', ['n: -> x.a, x.b', 'm: -> x.c'], {
        tags: { 'x.a': ['p1'], 'x.b': ['p2'], 'x.c': ['p2'] },
      }),
    )
    expect(await selected(graph, 'tag:p1,tag:p2')).toBe('n')
    expect(await selected(graph, 'tag:p2')).toBe('m n')
  })

  test('A19: many layers of many nodes are composed and selected without a notice, in time that grows with their number', async () => {
    const wide = (workers: number): readonly string[] =>
      Array.from({ length: 20 }, (_, i) => i).flatMap((layer) => [
        ...Array.from(
          { length: workers },
          (_, w) => `w${layer}_${w}: ${layer > 0 ? `x.m${layer - 1}` : ''} -> x.w${layer}_${w}`,
        ),
        `m${layer}: ${Array.from({ length: workers }, (_, w) => `x.w${layer}_${w}`).join(', ')} -> x.m${layer}`,
      ])
    const composed = (workers: number) => {
      const app = appOf(pipelineOf('p', wide(workers)))
      return async (): Promise<void> => {
        const { nodes, notices } = await select(composeGraph(app), '+x.m19')
        expect([nodes.size, notices]).toEqual([20 * (workers + 1), []])
      }
    }
    // Ten times as many nodes: square growth would be a hundred times.
    expect(await ratioOf(composed(30), composed(3))).toBeLessThan(50)
  })
})

describe('pipelines under other names', () => {
  type Any = ReturnType<typeof definePipeline>
  const assets = (map: Readonly<Record<string, string>>) => ({ assets: map as never })
  const shown = (pipeline: unknown): readonly string[] =>
    (pipeline as Any).nodes.map(({ name, inputs, outputs }) => {
      const side = (all: object): string =>
        Object.entries(all)
          .map(([alias, each]) => `${alias}=${(each as { name: string }).name}`)
          .join(', ')
      return `${name}: ${side(inputs)} -> ${side(outputs)}`
    })

  test('D1: one map renames assets wherever they stand; the names of inputs and outputs stay', () => {
    const one = pipelineOf('p', ['n1: x.a -> x.b', 'n2: x.b, x.d -> x.e', 'n3: x.h -> x.l']) as Any
    const map = { 'x.a': 'y.a', 'x.b': 'y.b', 'x.d': 'y.d', 'x.e': 'y.e', 'x.h': 'y.h', 'x.l': 'y.l' }
    expect(shown(one.with(assets(map)))).toEqual(shown(one).map((line) => line.replaceAll('=x.', '=y.')))
  })

  test('D4: what the map does not name keeps its name', () => {
    const one = pipelineOf('p', ['n: x.c, x.d -> x.e, x.f']) as Any
    expect(shown(one.with(assets({ 'x.c': 'x.c_new', 'x.e': 'x.e_new' })))).toEqual([
      'n: in0=x.c_new, in1=x.d -> out0=x.e_new, out1=x.f',
    ])
  })

  test('D8: an asset has its new name where it is written and where it is read', () => {
    const one = pipelineOf('p', ['n: x.a -> x.b', 'm: x.b -> x.c']) as Any
    const made = one.with({ name: 'actual', ...assets({ 'x.b': 'x.b_new' }) })
    expect(shown(made)).toEqual(['n: in0=x.a -> out0=x.b_new', 'm: in0=x.b_new -> out0=x.c'])
    expect(made.name).toBe('actual')
  })

  test('D13: from JavaScript, all names that there are not are told, and nothing is suggested that is not near', () => {
    const one = pipelineOf('p', ['n: -> x.a']) as Any
    expect(errorsOf(() => one.with(assets({ 'x.a': 'y.a', 'z.bear': 'y.b', 'z.deer': 'y.d' })))).toEqual([
      "Pipeline 'p' has no asset 'z.bear' to rename.",
      "Pipeline 'p' has no asset 'z.deer' to rename.",
    ])
  })

  test('D14: from JavaScript, all near names are suggested', () => {
    const one = pipelineOf('p', ['n: x.in1, x.in2 -> x.out1, x.out2']) as Any
    expect(errorsOf(() => one.with(assets({ 'x.in': 'y.a' })))[0]).toContain(
      "Did you mean 'x.in1' or 'x.in2'?",
    )
    expect(errorsOf(() => one.with(assets({ 'x.out': 'y.a' })))[0]).toContain(
      "Did you mean 'x.out1' or 'x.out2'?",
    )
    const two = pipelineOf('p', ['n: x.in -> x.out']) as Any
    expect(errorsOf(() => two.with(assets({ 'x.out_': 'y.a' })))[0]).toContain("Did you mean 'x.out'?")
  })

  test('D16: a use of a use: the maps follow each other, and the last name wins', () => {
    const one = pipelineOf('p', ['n: x.a -> x.b']) as Any
    const twice = one
      .with({ name: 'prefix', ...assets({ 'x.a': 'y.a', 'x.b': 'y.b' }) })
      .with({ name: 'pre', ...assets({ 'y.b': 'z.b' }) })
    expect([twice.name, ...shown(twice)]).toEqual(['pre', 'n: in0=y.a -> out0=z.b'])
  })

  test('D22: a node without inputs, or without outputs, stays so', () => {
    const one = pipelineOf('p', ['start: -> x.a', 'end: x.a ->']) as Any
    const made = one.with({ name: 'again', ...assets({ 'x.a': 'y.a' }) })
    expect(shown(made)).toEqual(['start:  -> out0=y.a', 'end: in0=y.a -> '])
  })
})

describe('declarations', () => {
  const out = asset('x.out', { schema })

  test('C7: an asset of two pipelines is an error that names both', () => {
    const [a, b] = ['a', 'b'].map((name) => pipelineOf(name, [`n: -> x.output, x.${name}`]))
    expect(errorsOf(() => graphOf(a!, b!))).toEqual(["'x.output' is provided by 'a' and by 'b'."])
  })

  test('E11, F2: an asset that one node both reads and writes is an error that names it', () => {
    const circle = definePipeline('p', {
      nodes: [node('n', { inputs: { out }, outputs: { out }, run() {} })],
    })
    expect(() => graphOf(circle as never)).toThrow(
      expect.objectContaining({ code: 'CYCLE', message: expect.stringContaining("p/n reads 'x.out'") }),
    )
  })

  test('F1: a node without inputs and without outputs is an error', () => {
    expect(() => node('idle', { run() {} })).toThrow(
      expect.objectContaining({ code: 'NODE_INVALID', message: "Node 'idle' has no inputs and no outputs." }),
    )
    expect(() => node('acts', { inputs: { out }, run() {} })).not.toThrow()
    expect(() => node('makes', { outputs: { out }, run() {} })).not.toThrow()
  })

  test.each(['with,comma', 'with blank', ''])('F5: %j is no name of anything, and no tag', (name) => {
    expect(() => node(name, { inputs: { out }, run() {} })).toThrow('a name has')
    expect(() => definePipeline(name, { nodes: [] })).toThrow('a name has')
    expect(() => asset(`x.${name}`, { schema })).toThrow('is not an asset key')
    expect(() => asset('x.y', { schema, tags: [name] })).toThrow(`'x.y': '${name}' is no tag.`)
  })

  test('R1: a resource that the app does not give is an error that names node and resource', () => {
    const needs = node('tell', {
      inputs: { out },
      resources: { notify: resource<{ send(text: string): void }>('@acme/notify#Notifier') },
      run() {},
    })
    const made = sqlNode('make', { output: out, sql: sql`select 1 as id` })
    expect(errorsOf(() => graphOf(definePipeline('p', { nodes: [made, needs] }) as never))).toEqual([
      "p: node 'tell' needs resource 'notify' (@acme/notify#Notifier), but the app gives none.",
    ])
  })
})

describe('nearest names', () => {
  const provider = pipelineOf('p', ['n: -> prefix.asset1, prefix.order_a, prefix.order_b'])
  const needing = (key: string) =>
    errorsOf(() => graphOf(provider, pipelineOf('q', [`m: ${key} -> q.out`])))[0]!.replace(
      /^.*provides it\. ?/,
      '',
    )
  const missing = async (selection: string): Promise<string> =>
    select(graphOf(provider), selection).then(
      () => '',
      ({ message }: Error) => message,
    )

  test('P1: a letter that is missing', () => {
    expect(needing('prefix.asst1')).toBe("Did you mean 'prefix.asset1'?")
  })
  test('P2: all names that are near', () => {
    expect(needing('prefix.order_')).toBe("Did you mean 'prefix.order_a' or 'prefix.order_b'?")
  })
  test('P3: a domain that is wrong', () => {
    expect(needing('prfix.asset1')).toBe("Did you mean 'prefix.asset1'?")
  })
  test('P4: both wrong, nothing is suggested', () => {
    expect(needing('prfix.asst1')).toBe('')
  })
  test('P5: half of a key', async () => {
    expect(await missing('asset1')).toContain("Did you mean 'prefix.asset1'?")
  })
  test('P6: a slash for a dot', async () => {
    expect(await missing('prefix/asset1')).toContain("Did you mean 'prefix.asset1'?")
  })

  test('P7: among thousands of assets, a name that is wrong costs no more than composing them', async () => {
    const many = pipelineOf(
      'many',
      Array.from({ length: 5000 }, (_, i) => `n${i}: -> x.asset_${i}`),
    )
    const right = pipelineOf('q', ['m: x.asset_77 -> q.out'])
    const wrong = pipelineOf('q', ['m: x.asst_77 -> q.out'])
    const composing = (other: typeof right, errors: number) => (): void =>
      expect(errorsOf(() => graphOf(many, other))).toHaveLength(errors)
    expect(await ratioOf(composing(wrong, 1), composing(right, 0))).toBeLessThan(5)
    expect(errorsOf(() => graphOf(many, wrong))[0]).toContain("Did you mean 'x.asset_77'")
  })
})
