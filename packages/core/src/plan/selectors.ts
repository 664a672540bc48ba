import { printSelection, states, type App, type Factor, type Graph } from '../app/index.ts'

/** Everything that a selection may name, as it is written there: for completion. */
export function selectorsOf(graph: Graph, app: Pick<App, 'jobs'>): readonly string[] {
  const all = [...graph.assets.values()]
  const values: Readonly<Record<Exclude<Factor['method'], 'from' | 'to'>, Iterable<string>>> = {
    name: [...graph.assets.keys(), ...graph.nodes.map(({ id }) => id)],
    pipeline: graph.nodes.map(({ pipeline }) => pipeline),
    tag: all.flatMap(({ asset }) => asset.tags),
    domain: all.map(({ name }) => name.split('.')[0]!),
    owner: all.flatMap(({ asset }) => asset.owner ?? []),
    resource: graph.nodes.flatMap(({ node }) => Object.keys(node.resources)),
    job: Object.keys(app.jobs),
    state: states,
  }
  return Object.entries(values).flatMap(([method, names]) =>
    [...new Set(names)].map((value) =>
      printSelection({
        terms: [[{ method: method as Factor['method'], value, up: 0, down: 0, around: false }]],
        exclude: [],
      }),
    ),
  )
}
