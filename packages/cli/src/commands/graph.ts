import { LevadaError, didYouMean, viewOf, type GraphView } from '@levada/core/run'
import { printJson, type AppOptions } from '../app.ts'
import { selectedBy } from '../selection.ts'
import { paint } from '../style.ts'

interface GraphOptions extends AppOptions {
  readonly exclude?: readonly string[] | undefined
  readonly format?: string | undefined
}

const formats: Readonly<Record<string, (app: string, view: GraphView) => Promise<string>>> = {
  text: async (_, view) => (await import('../graph/text.ts')).graphText(view),
  mermaid: async (_, view) => (await import('../graph/mermaid.ts')).mermaid(view),
  dot: async (app, view) => (await import('../graph/dot.ts')).dot(app, view),
}

export async function graph(words: readonly string[], options: GraphOptions): Promise<number> {
  const { json, exclude } = options
  const format = options.format ?? (json ? 'json' : 'text')
  const draw = Object.hasOwn(formats, format) ? formats[format] : undefined
  if ((!draw && format !== 'json') || (json && format !== 'json')) {
    const known = [...Object.keys(formats), 'json']
    throw new LevadaError(
      'USAGE',
      json && draw
        ? `--json and --format ${format} contradict each other.`
        : `There is no format '${format}'.${didYouMean(format, known)}`,
      { hint: `Use --format ${known.join(', ')}.` },
    )
  }
  const { app, graph: composed, selected } = await selectedBy(options, words, exclude)
  const { nodes, unbuilt, notices } = selected
  const view = viewOf(composed, nodes, unbuilt)
  if (!draw) {
    printJson(viewJson(app.name, view, notices))
    return 0
  }
  // What is drawn goes to a file or another program.
  for (const notice of notices) console.error(`${paint('yellow', '!')} ${notice}`)
  console.log(await draw(app.name, view))
  return 0
}

const viewJson = (
  app: string,
  { nodes, views, assets, edges }: GraphView,
  notices: readonly string[],
): unknown => ({
  app,
  notices,
  nodes,
  views,
  assets: assets.map(({ name, role, pipeline, asset: { description, owner, tags, partitions } }) => ({
    name,
    role,
    pipeline,
    ...(description !== undefined && { description }),
    ...(owner !== undefined && { owner }),
    tags,
    partitions: partitions.map(({ column }) => column),
  })),
  edges,
})
