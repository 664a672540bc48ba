import {
  asset,
  defineApp,
  definePipeline,
  expects,
  node,
  source,
  type AnyNode,
  type AnyPipeline,
} from '@levada/core'
import { z } from 'zod'
import { composeGraph, type App, type Graph, type GraphNode } from '../../src/app/index.ts'
import { select } from '../../src/plan/index.ts'

const schema = z.object({ id: z.int() })

interface NodeLine {
  readonly node: string
  readonly reads: readonly string[]
  readonly writes: readonly string[]
}

/** `name: a, b -> c`; sides may be empty. */
function parseLine(line: string): NodeLine {
  const [name, rest] = line.split(':') as [string, string]
  const [reads, writes] = rest.split('->').map((side) =>
    side
      .split(',')
      .map((each) => each.trim())
      .filter(Boolean),
  )
  return { node: name.trim(), reads: reads!, writes: writes! }
}

interface Labels {
  readonly tags?: Readonly<Record<string, readonly string[]>>
  /** Assets that are sources. */
  readonly sources?: readonly string[]
}

/** A pipeline of function nodes. What it reads and does not write it expects of others, or it is a source. */
export function pipelineOf(
  name: string,
  lines: readonly string[],
  { tags = {}, sources = [] }: Labels = {},
): AnyPipeline {
  const all = lines.map(parseLine)
  const made = new Map(
    all.flatMap(({ writes }) =>
      writes.map((key) => [key, asset(key as 'x.y', { schema, tags: tags[key] ?? [] })] as const),
    ),
  )
  const read = (key: string): unknown =>
    made.get(key) ??
    (sources.includes(key) ? source(key as 'x.y', { schema }) : expects(key as 'x.y', schema))
  const nodes = all.map(({ node: id, reads, writes }) =>
    node(id, {
      inputs: Object.fromEntries(reads.map((key, i) => [`in${i}`, read(key)])) as never,
      outputs: Object.fromEntries(writes.map((key, i) => [`out${i}`, made.get(key)!])) as never,
      run() {},
    }),
  ) as readonly AnyNode[]
  return definePipeline(name, { nodes: nodes as never })
}

export const appOf = (...pipelines: readonly AnyPipeline[]): App =>
  defineApp({ name: 'app', pipelines: pipelines as never })
export const graphOf = (...pipelines: readonly AnyPipeline[]): Graph => composeGraph(appOf(...pipelines))

/** The names of the selected nodes, in order of the alphabet. */
export async function selected(graph: Graph, selection: string, jobs: App['jobs'] = {}): Promise<string> {
  const { nodes } = await select(graph, selection, { jobs })
  return namesOf(nodes)
}
const namesOf = (nodes: Iterable<GraphNode>): string =>
  [...nodes]
    .map((each) => each.node.name)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .join(' ')

/** Nodes that may run at the same time, first those that need no other. */
export function layersOf(graph: Graph): readonly string[] {
  const levels = new Map<GraphNode, number>()
  for (const each of graph.nodes) {
    const makers = each.reads.flatMap((name) => graph.producers.get(name) ?? [])
    levels.set(each, Math.max(0, ...makers.map((maker) => levels.get(maker)! + 1)))
  }
  const layers: GraphNode[][] = []
  for (const [each, level] of levels) (layers[level] ??= []).push(each)
  return layers.map(namesOf)
}

export const errorsOf = (act: () => unknown): readonly string[] => {
  try {
    act()
  } catch (error) {
    return error instanceof AggregateError
      ? error.errors.map((each: Error) => each.message)
      : [(error as Error).message]
  }
  return []
}

/** How much longer one takes than the other: the fastest of several turns. */
export async function ratioOf(one: () => unknown, other: () => unknown): Promise<number> {
  const best = [Infinity, Infinity]
  for (let turn = 0; turn < 10; turn++)
    for (const [i, act] of [one, other].entries()) {
      const start = performance.now()
      await act()
      best[i] = Math.min(best[i]!, performance.now() - start)
    }
  return best[0]! / best[1]!
}
