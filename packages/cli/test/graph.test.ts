import {
  asset,
  defineApp,
  definePipeline,
  expects,
  external,
  node,
  relationship,
  source,
  sql,
  sqlNode,
  view,
} from '@levada/core'
import { compose, viewOf, type GraphView } from '@levada/core/run'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { dot } from '../src/graph/dot.ts'
import { mermaid } from '../src/graph/mermaid.ts'
import { graphText } from '../src/graph/text.ts'
import { project, shop } from './project.ts'

const schema = z.object({ id: z.int() })
const raw = source('shop.raw', { schema })
const kinds = expects('ref.kinds', schema)
const clean = view('clean', { inputs: { raw }, sql: sql`select * from raw` })
const few = view('few', { inputs: { clean }, sql: sql`select * from clean limit 3`, schema })
const orders = asset('shop.orders', { schema, checks: [relationship('id', kinds, 'id')] })
const stage = sqlNode('stage', { inputs: { clean }, output: orders, sql: sql`select * from clean` })
const tell = node('end', { inputs: { few, orders }, run() {} })
const other = definePipeline('reference', {
  nodes: [sqlNode('make', { output: asset('ref.kinds', { schema }), sql: sql`select 1 as id` })],
})
const app = defineApp({
  name: 'drawn',
  pipelines: [definePipeline('shop', { nodes: [stage, tell] })] as never,
  externals: [external(other)],
})
const graph = compose(app, import.meta.dirname)
const whole: GraphView = viewOf(graph, new Set(graph.nodes))

describe('levada graph', () => {
  test('A17: text says what goes in, the nodes in order, and what comes out', () => {
    expect(graphText(whole)).toBe(`2 nodes of 1 pipeline

inputs
  ref.kinds  external of reference
  shop.raw   source

nodes
  1. shop/stage  SQL
       reads   shop.raw
       through clean view
       checks  ref.kinds
       writes  shop.orders
  2. shop/end  TypeScript
       reads   shop.orders, shop.raw
       through clean, few views`)
    expect(
      graphText(viewOf(graph, new Set([graph.nodes[0]!])))
        .split('\n')
        .slice(-2),
    ).toEqual(['outputs', '  shop.orders'])
    expect(graphText(viewOf(graph, new Set()))).toBe('Nothing is selected.')
  })

  test('Mermaid: views, sources and externals look otherwise, and no id is a word of the language', () => {
    expect(mermaid(whole)).toBe(`flowchart LR
  subgraph p0["shop"]
    v0{{"clean"}}:::view
    v1{{"few"}}:::view
    n2["stage"]
    n3["end"]
  end
  a4[("ref.kinds")]:::external
  a5("shop.orders")
  a6[("shop.raw")]
  v0 --> n2
  a6 --> v0
  a4 -.->|check| n2
  n2 ==> a5
  v1 --> n3
  a5 --> n3
  v0 --> v1
  classDef view stroke-dasharray:4 3
  classDef external stroke-dasharray:1 2`)
  })

  test('DOT: every statement is one of the grammar, and every edge ends at something that was declared', () => {
    const text = dot('drawn', whole)
    expect(text).toContain(
      '    "view:shop/few" [label="few", shape=hexagon, style=dashed]\n    "node:shop/stage" [label="stage", shape=box]',
    )
    expect(text).toContain('  "asset:ref.kinds" -> "node:shop/stage" [style=dashed, label="check"]')
    const id = '"(?:[^"\\\\]|\\\\.)*"'
    const value = `(?:${id}|[a-z]+)`
    const list = String.raw`\[\w+=${value}(?:, \w+=${value})*\]`
    const statement = new RegExp(
      String.raw`^(?:digraph ${id} \{|\s+subgraph ${id} \{|\s*\}|\s+\w+=(?:${id}|\w+)|\s+(${id}) ${list}|\s+(${id}) -> (${id})(?: ${list})?)$`,
    )
    const found = text.split('\n').map((line) => ({ line, match: statement.exec(line) }))
    expect(found.filter(({ match }) => !match)).toEqual([])
    const declared = new Set(found.flatMap(({ match }) => match![1] ?? []))
    const ends = found.flatMap(({ match }) => (match![2] === undefined ? [] : [match![2], match![3]!]))
    expect(ends).toHaveLength(whole.edges.length * 2)
    expect(ends.filter((end) => !declared.has(end))).toEqual([])
    expect(text.match(/[{}]/g)!.join('')).toBe('{{}}')
  })

  test('quotation marks are escaped in both', () => {
    const odd = { ...whole, nodes: [{ ...whole.nodes[0]!, name: 'a "#1" {' }] }
    expect(mermaid(odd)).toContain('n2["a #quot;#35;1#quot; {"]')
    expect(dot('an "app"', odd)).toContain('digraph "an \\"app\\"" {')
    expect(dot('app', odd)).toContain('[label="a \\"#1\\" {", shape=box]')
  })

  test('the command draws a selection, with what that reads', async () => {
    using own = project(shop)
    const { code, out } = await own.levada('graph', '+shop.totals', '--exclude', 'stage')
    expect([code, out]).toEqual([
      0,
      `1 node of 1 pipeline

inputs
  shop.orders      asset of orders
  shop.raw_orders  source

nodes
  1. orders/total  SQL
       reads   shop.orders
       writes  shop.totals

outputs
  shop.totals`,
    ])
    const json = JSON.parse((await own.levada('graph', 'shop.totals', '--json')).out) as object
    expect(json).toMatchObject({
      app: 'shop',
      nodes: [{ id: 'orders/total', kind: 'sql', reads: ['shop.orders'], writes: ['shop.totals'] }],
      assets: [
        { name: 'shop.orders', role: 'asset', tags: ['nightly'], partitions: ['day'] },
        { name: 'shop.totals', role: 'asset' },
      ],
      edges: [
        { from: 'asset:shop.orders', to: 'node:orders/total', kind: 'reads' },
        { from: 'node:orders/total', to: 'asset:shop.totals', kind: 'writes' },
      ],
    })
    expect(JSON.parse((await own.levada('graph', 'shop.totals', '--format', 'json')).out)).toEqual(json)
    expect((await own.levada('graph', '--format', 'mermaid')).out).toMatch(/^flowchart LR\n/)
  })

  test.each([
    [['--format', 'svg'], 'USAGE', "There is no format 'svg'"],
    [['--format', 'dto'], 'USAGE', "Did you mean 'dot'?"],
    [['--format', 'dot', '--json'], 'USAGE', 'contradict'],
    [['shop.totls'], 'SELECTION_UNKNOWN', "Did you mean 'shop.totals'?"],
  ])('%j is %s', async (args, code, text) => {
    using own = project(shop)
    const outcome = await own.levada('graph', ...args)
    expect(outcome.code).toBe(2)
    expect(outcome.err + outcome.out).toContain(code)
    expect(outcome.err + outcome.out).toContain(text)
  })

  test('states are looked up, by list assets too', async () => {
    using own = project(shop)
    const ids = async (...words: string[]): Promise<unknown> =>
      (
        JSON.parse((await own.levada('graph', ...words, '--json')).out) as { nodes: { id: string }[] }
      ).nodes.map(({ id }) => id)
    await own.levada('run', 'shop.orders')
    expect(await ids('state:missing')).toEqual(['orders/total', 'customers/stage-customers'])
    expect(await ids('state:missing,pipeline:orders', 'state:failed')).toEqual(['orders/total'])
    const { out, err } = await own.levada('list', 'assets', 'state:missing', '--json')
    expect(err).toBe('')
    expect((JSON.parse(out) as { asset: string }[]).map(({ asset: name }) => name)).toEqual([
      'shop.totals',
      'shop.customers',
    ])
  })

  test('what has no step is told beside the drawing', async () => {
    using own = project(shop)
    const { code, out, err } = await own.levada('graph', 'shop.raw_orders', '--format', 'dot')
    expect(code).toBe(0)
    expect(out).toContain('"asset:shop.raw_orders" [label="shop.raw_orders", shape=cylinder]')
    expect(err).toBe("! 'shop.raw_orders' is not built here, so it selects no step.")
  })
})
