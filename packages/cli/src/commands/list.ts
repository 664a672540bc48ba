import { didYouMean, jobViews, LevadaError, selectorsOf, type JobView } from '@levada/core/run'
import { selectedBy } from '../selection.ts'
import { appDirOf, loadGraph, printJson, type AppOptions, type Loaded } from '../app.ts'
import { plural } from '../style.ts'
import { table } from '../table.ts'

type Rows = { readonly heads: readonly string[]; readonly rows: readonly (readonly string[])[] }

const kinds: Record<string, (loaded: Loaded, options: AppOptions) => Rows> = {
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
  jobs: ({ app }, options) => ({
    heads: ['job', 'selects', 'runs with'],
    rows: jobViews(app, { appDir: appDirOf(options), env: options.env }).map((job) => [
      job.name,
      job.selection,
      settingsText(job),
    ]),
  }),
  resources: ({ app }) => ({
    heads: ['resource', 'kind'],
    rows: [
      ...app.plugins.flatMap(({ engines }) => Object.keys(engines).map((name) => [name, 'engine'])),
      ...Object.entries(app.resources).map(([name, { name: kind }]) => [name, kind]),
    ],
  }),
  selectors: ({ graph, app }) => ({
    heads: ['selector'],
    rows: selectorsOf(graph, app).map((text) => [text]),
  }),
}

/** `90m`, in the largest unit that has it whole. */
function time(ms: number): string {
  const units = [[3_600_000, 'h'] as const, [60_000, 'm'] as const, [1000, 's'] as const]
  const [unit, name] = units.find(([each]) => ms % each === 0) ?? [1, 'ms']
  return `${ms / unit}${name}`
}

/** What jobs.yml says of a job, in its words. */
function settingsText({ settings }: JobView): string {
  const { retries, timeoutMs, stepTimeoutMs, maxActiveRuns } = settings
  return [
    ...(retries ? [`retries ${retries.count ?? 2}, after ${time(retries.delayMs ?? 30_000)}`] : []),
    ...(stepTimeoutMs === undefined ? [] : [`step_timeout ${time(stepTimeoutMs)}`]),
    ...(timeoutMs === undefined ? [] : [`timeout ${time(timeoutMs)}`]),
    ...(maxActiveRuns === undefined ? [] : [`max_active_runs ${maxActiveRuns}`]),
  ].join('; ')
}

export async function list(
  kind: string | undefined,
  selection: readonly string[],
  options: AppOptions,
): Promise<number> {
  const make = Object.hasOwn(kinds, kind ?? 'assets') ? kinds[kind ?? 'assets'] : undefined
  if (!make)
    throw new LevadaError(
      'USAGE',
      `levada list knows no '${kind}'.${didYouMean(kind!, Object.keys(kinds))}`,
      { hint: `Use ${Object.keys(kinds).join(', ')}; of a selection, levada list assets <selection>.` },
    )
  if (selection.length > 0 && kind !== 'assets')
    throw new LevadaError('USAGE', `levada list ${kind} takes no selection.`, {
      hint: 'Write levada list assets <selection>.',
    })
  const { heads, rows } = make(
    await (selection.length > 0 ? loadSelected(options, selection) : loadGraph(options)),
    options,
  )
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

/** The app with the assets of a selection only: those that its nodes write, and the sources and externals that it names. */
async function loadSelected(options: AppOptions, words: readonly string[]): Promise<Loaded> {
  const { app, graph, selected } = await selectedBy(options, words)
  const names = new Set([...selected.unbuilt, ...[...selected.nodes].flatMap(({ writes }) => writes)])
  return { app, graph: { ...graph, assets: new Map([...graph.assets].filter(([name]) => names.has(name))) } }
}
