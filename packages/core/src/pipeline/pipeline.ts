import { LevadaError } from '../errors/index.ts'
import type { AnyNode, AnyView, Input } from './node.ts'
import { checkPipelineName } from './pipeline-name.ts'
import { renamedAgain, renamedNodes, type Renaming } from './rename.ts'
import type {
  AnyPipeline,
  CheckNodes,
  InputsOf,
  Intersect,
  Merge,
  Needs,
  ParamsOf,
  ParamTypes,
  Pipeline,
  ResourcesOf,
  ResourceTypes,
  SourcesOf,
  TagsOf,
  WritesOf,
} from './ports.ts'

/** What a pipeline says that it is; another copy of core reads it when it speaks the same. */
export const pipelineProtocol = 'pipeline@1'

/** The folder of this copy of core. */
export const coreFolder: string = decodeURIComponent(
  import.meta.url.replace(/^file:\/\//, '').replace(/^(.*)\/(?:src|dist)\/.*$/, '$1'),
)

/**
 * Names the nodes that ship together in one package. What it requires, provides and takes is derived from them.
 * The return type is written out, without aliases, so that a declaration file holds plain rows and no trace of zod.
 *
 * @throws PIPELINE_INVALID
 * @example
 * export const pipeline: FlightsPipeline = definePipeline('flights', { nodes: [stageFlights, explainRejects] })
 */
export function definePipeline<const K extends string, const T extends readonly AnyNode[]>(
  name: K,
  definition: { readonly nodes: CheckNodes<T> },
): Pipeline<{
  name: K
  requires: {
    [A in keyof Needs<InputsOf<T[number]>, WritesOf<T[number]>>]: Intersect<
      Needs<InputsOf<T[number]>, WritesOf<T[number]>>
    >[A]
  }
  provides: { [A in WritesOf<T[number]> as A['name']]: A['~row'] }
  sources: { [A in SourcesOf<T[number]> as A['name']]: A['~row'] }
  params: { [P in keyof ParamTypes<Merge<ParamsOf<T[number]>>>]: ParamTypes<Merge<ParamsOf<T[number]>>>[P] }
  resources: { [P in keyof Merge<ResourcesOf<T[number]>>]: ResourceTypes<Merge<ResourcesOf<T[number]>>>[P] }
  tags: TagsOf<WritesOf<T[number]>>
}> {
  checkPipelineName(name)
  if (!Array.isArray(definition?.nodes))
    throw new TypeError(`definePipeline('${name}', { nodes }): nodes is ${definition?.nodes}, not a list.`)
  const nodes = [...definition.nodes] as readonly AnyNode[]
  const names = new Set<string>()
  const twice = nodes.map((node) => node.name).filter((each) => names.size === names.add(each).size)
  if (twice.length > 0)
    throw new LevadaError(
      'PIPELINE_INVALID',
      `Pipeline '${name}' has two nodes named ${[...new Set(twice)].map((each) => `'${each}'`).join(', and two named ')}.`,
    )
  const writers = new Map<string, string>()
  for (const node of nodes) {
    for (const { name: asset, role } of Object.values(node.outputs)) {
      if (role !== 'asset')
        throw new LevadaError(
          'PIPELINE_INVALID',
          `Node '${node.name}' writes '${asset}', which is declared with ${role}(…): only asset(…) is written.`,
        )
      const other = writers.get(asset)
      if (other !== undefined)
        throw new LevadaError(
          'PIPELINE_INVALID',
          `Node '${node.name}' writes '${asset}', but so does node '${other}'.`,
        )
      writers.set(asset, node.name)
    }
  }
  const views = viewsBelow(nodes.flatMap((node) => Object.values(node.inputs)))
  checkViews(name, views)
  const pipeline = pipelineOf(name, nodes)
  knownViews.set(pipeline, views)
  return pipeline as never
}

/** That a pipeline is another use of one that a package exports. */
interface Use {
  readonly original: AnyPipeline
  /** New names of its assets by those in the package. */
  readonly assets: Readonly<Record<string, string>>
}

function pipelineOf(name: string, nodes: readonly AnyNode[], use?: Use): AnyPipeline {
  const pipeline: AnyPipeline = {
    '~levada': pipelineProtocol,
    '~core': coreFolder,
    ...(use && { '~use': use }),
    name,
    nodes,
    with: (renaming: Renaming) =>
      pipelineOf(renaming.name ?? name, renamedNodes(pipeline, renaming), {
        original: use?.original ?? pipeline,
        assets: renamedAgain(use?.assets ?? {}, renaming.assets ?? {}),
      }),
  } as never
  return pipeline
}

const useOf = (pipeline: AnyPipeline): Use | undefined => (pipeline as { readonly '~use'?: Use })['~use']

/** The pipeline as its package exports it. */
export const originalOf = (pipeline: AnyPipeline): AnyPipeline => useOf(pipeline)?.original ?? pipeline

/** The assets that an app calls otherwise than the package, by their names in the package. */
export const renamedAssets = (pipeline: AnyPipeline): Readonly<Record<string, string>> =>
  useOf(pipeline)?.assets ?? {}

/** All views below some inputs, each once; those that others read come first. */
export function viewsBelow(inputs: readonly Input[]): readonly AnyView[] {
  if (!inputs.some((input) => input['~levada'] === 'view@1')) return []
  const found = new Set<AnyView>()
  const walk = (input: Input): void => {
    if (input['~levada'] !== 'view@1' || found.has(input)) return
    for (const below of Object.values(input.inputs)) walk(below)
    found.add(input)
  }
  for (const input of inputs) walk(input)
  return [...found]
}

const knownViews = new WeakMap<AnyPipeline, readonly AnyView[]>()

/** All views of a pipeline, each once. */
export function viewsOf(pipeline: AnyPipeline): readonly AnyView[] {
  const views =
    knownViews.get(pipeline) ?? viewsBelow(pipeline.nodes.flatMap((node) => Object.values(node.inputs)))
  knownViews.set(pipeline, views)
  return views
}

/** Views are values, so they cannot form a circle; but two may not share a name. */
function checkViews(pipeline: string, views: readonly AnyView[]): void {
  const byName = new Map<string, AnyView>()
  for (const view of views) {
    const other = byName.get(view.name)
    if (other && other !== view)
      throw new LevadaError('PIPELINE_INVALID', `Pipeline '${pipeline}' has two views named '${view.name}'.`)
    byName.set(view.name, view)
  }
}
