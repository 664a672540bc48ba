import { didYouMean, LevadaError, type App, type Graph } from '@levada/core/run'
import { loadGraph, printJson, type AppOptions } from '../app.ts'
import { plural } from '../style.ts'
import { table } from '../table.ts'

type Rows = { readonly heads: readonly string[]; readonly rows: readonly (readonly string[])[] }

const kinds: Record<string, (loaded: { readonly app: App; readonly graph: Graph }) => Rows> = {
  assets: ({ graph }) => ({
    heads: ['asset', 'role', 'pipeline', 'tags', 'description'],
    rows: [...graph.assets.values()].map(({ name, role, pipeline, asset }) => [
      name,
      role,
      pipeline,
      asset.tags.join(', '),
      asset.description ?? '',
    ]),
  }),
  pipelines: ({ graph, app }) => ({
    heads: ['pipeline', 'nodes', 'provides', 'reads of others'],
    rows: app.pipelines.map(({ name }) => {
      const nodes = graph.nodes.filter(({ pipeline }) => pipeline === name)
      const provides = nodes.flatMap(({ writes }) => writes)
      const reads = [...new Set(nodes.flatMap((node) => node.reads))].filter(
        (asset) => !provides.includes(asset),
      )
      return [name, String(nodes.length), provides.join(', '), reads.join(', ')]
    }),
  }),
  jobs: ({ app }) => ({
    heads: ['job', 'selects'],
    rows: Object.entries(app.jobs).map(([name, { select }]) => [name, [select].flat().join(',')]),
  }),
  resources: ({ app }) => ({
    heads: ['resource', 'kind'],
    rows: [
      ...app.plugins.flatMap(({ engines }) => Object.keys(engines).map((name) => [name, 'engine'])),
      ...Object.entries(app.resources).map(([name, { name: kind }]) => [name, kind]),
    ],
  }),
}

export async function list(kind: string | undefined, options: AppOptions): Promise<number> {
  const make = Object.hasOwn(kinds, kind ?? 'assets') ? kinds[kind ?? 'assets'] : undefined
  if (!make)
    throw new LevadaError(
      'USAGE',
      `levada list knows no '${kind}'.${didYouMean(kind!, Object.keys(kinds))}`,
      { hint: `Use ${Object.keys(kinds).join(', ')}.` },
    )
  const { heads, rows } = make(await loadGraph(options))
  if (options.json)
    printJson(
      rows.map((row) => Object.fromEntries(heads.map((head, i) => [head.replaceAll(' ', '_'), row[i]]))),
    )
  else
    console.log(
      rows.length === 0
        ? `The app has no ${kind}.`
        : `${table(heads, rows)}\n\n${plural(rows.length, (kind ?? 'assets').replace(/s$/, ''))}`,
    )
  return 0
}
