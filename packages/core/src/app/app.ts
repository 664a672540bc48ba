import { didYouMean, LevadaError } from '../errors/index.ts'
import { coreFolder, pipelineProtocol, type AnyPipeline } from '../pipeline/index.ts'
import type { ResourceDefinition } from '../resource/index.ts'
import type { Plugin } from '../catalog/plugin.ts'
import type {
  CheckParams,
  CheckPipelines,
  ExternalRows,
  JobSelector,
  ResourceValues,
  World,
} from './check.ts'
import type { External } from './external.ts'
import type { Selector } from './selector.ts'

/** A saved selection: `levada run job:<name>`. */
export interface Job<S extends string | Selector = string | Selector> {
  /** One selector, or several that add up: text, or an object whose names the compiler checks. */
  readonly select: S | readonly S[]
  /** What is taken away from that. */
  readonly exclude?: S | readonly S[]
}

/** A deployment: pipelines, what they are stored and computed with, and jobs. `'~pipelines'` exists for the compiler only. */
export interface App<out T extends readonly unknown[] = readonly unknown[]> {
  readonly '~levada': 'app@1'
  readonly name: string
  readonly pipelines: readonly AnyPipeline[]
  readonly externals: readonly External[]
  readonly plugins: readonly Plugin[]
  readonly resources: Readonly<Record<string, ResourceDefinition>>
  /** Parameter values by pipeline. */
  readonly params: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly jobs: Readonly<Record<string, Job>>
  /** Tells where the author composed it. */
  readonly '~stack'?: string
  readonly '~pipelines': T
}

/**
 * Composes pipelines for a deployment. It does not compile when a required asset has no provider or two, when a provided
 * row does not fit a required one, or when a job, a parameter or a resource does not fit; every offending pipeline is
 * reported at its place. `levada check` repeats it on what is installed.
 *
 * @throws PIPELINE_INVALID, PROTOCOL
 * @example
 * export default defineApp({ name: 'flight-delays', plugins: [duckdb(), parquet()], pipelines: [flights, airports, delays] })
 */
export function defineApp<
  const T extends readonly unknown[],
  const X extends readonly External[] = [],
  const Par extends object = {},
  const Res extends { readonly [name: string]: ResourceDefinition } = {},
>(definition: {
  readonly name: string
  readonly plugins?: readonly Plugin[]
  readonly pipelines: CheckPipelines<T, World<T, ExternalRows<X>, ResourceValues<Res>>>
  readonly externals?: X
  readonly params?: CheckParams<Par, NoInfer<T>>
  readonly resources?: Res
  readonly jobs?: { readonly [name: string]: Job<JobSelector<T, X>> }
}): App<T> {
  checkKeys(definition)
  const { name } = definition
  if (typeof name !== 'string' || !/^[a-z][a-z0-9_-]*$/.test(name))
    throw new LevadaError(
      'PIPELINE_INVALID',
      `App '${name}': a name has lower-case letters, digits, - and _.`,
    )
  const pipelines = (definition.pipelines as readonly unknown[]).filter(Boolean) as AnyPipeline[]
  pipelines.forEach((pipeline, i) => {
    const brand = (pipeline as { readonly '~levada'?: string })['~levada']
    if (brand?.startsWith('pipeline@') && brand !== pipelineProtocol) {
      throw new LevadaError(
        'PROTOCOL',
        `App '${name}': pipeline '${pipeline.name}' speaks ${brand} (${coreOf(pipeline)}), this core speaks ${pipelineProtocol} (${coreFolder}).`,
      )
    }
    if (brand !== pipelineProtocol)
      throw new LevadaError(
        'PIPELINE_INVALID',
        `App '${name}': pipelines[${i}] is not the default export of a pipeline package.`,
      )
  })
  const plugins = definition.plugins ?? []
  plugins.forEach((plugin: Partial<Plugin> | undefined, i) => checkPlugin(name, plugin, i))
  checkJobs(name, definition.jobs ?? {})
  return {
    '~levada': 'app@1',
    name,
    pipelines,
    externals: definition.externals ?? [],
    plugins,
    resources: definition.resources ?? {},
    params: (definition.params ?? {}) as never,
    jobs: definition.jobs ?? {},
    '~stack': new Error('here').stack,
  } as never
}

/** The folder of the core that made a pipeline. */
const coreOf = (pipeline: AnyPipeline): string =>
  (pipeline as { readonly '~core'?: string })['~core'] ?? 'a core that does not say where it is'

/** One sentence for each pipeline that brings a copy of core of its own. */
export const coreNotices = ({ pipelines }: Pick<App, 'pipelines'>): readonly string[] =>
  pipelines
    .filter((pipeline) => coreOf(pipeline) !== coreFolder)
    .map(
      (pipeline) =>
        `Pipeline '${pipeline.name}' has a copy of @levada/core of its own, ${coreOf(pipeline)}, beside ${coreFolder}: it works, and one copy is enough.`,
    )

function checkPlugin(app: string, plugin: Partial<Plugin> | undefined, i: number): void {
  const brand = plugin?.['~levada'] as string | undefined
  if (brand === 'plugin@1') {
    if (['undefined', 'function'].includes(typeof plugin!.aroundStep)) return
    throw new LevadaError(
      'PIPELINE_INVALID',
      `App '${app}': aroundStep of plugin '${plugin!.name}' is no function.`,
    )
  }
  if (brand?.startsWith('plugin@'))
    throw new LevadaError(
      'PROTOCOL',
      `App '${app}': plugin '${plugin!.name}' speaks ${brand}, this core speaks plugin@1.`,
    )
  throw new LevadaError('PIPELINE_INVALID', `App '${app}': plugins[${i}] is not a plugin.`, {
    hint: 'List what the factory of a package returns: plugins: [duckdb(), parquet()].',
  })
}

function checkJobs(app: string, jobs: Readonly<Record<string, Partial<Job> | undefined>>): void {
  for (const [job, definition] of Object.entries(jobs)) {
    const isPart = (part: unknown): boolean =>
      typeof part === 'string' || (typeof part === 'object' && part !== null)
    const selects = [definition?.select].flat()
    if (selects.length > 0 && [...selects, ...[definition?.exclude ?? []].flat()].every(isPart)) continue
    throw new LevadaError('PIPELINE_INVALID', `App '${app}': job '${job}' has no selection.`, {
      hint: "Write jobs: { nightly: { select: 'tag:nightly' } }.",
    })
  }
}

const keys = ['name', 'plugins', 'pipelines', 'externals', 'params', 'resources', 'jobs']

/** Nobody may have compiled levada.config.ts before it runs. */
function checkKeys(definition: object | undefined): void {
  if (typeof definition !== 'object')
    throw new LevadaError('PIPELINE_INVALID', 'defineApp needs { name: …, pipelines: [ … ] }.')
  const unknown = Object.keys(definition).find((key) => !keys.includes(key))
  if (unknown !== undefined)
    throw new LevadaError('PIPELINE_INVALID', `defineApp has no '${unknown}'.${didYouMean(unknown, keys)}`, {
      hint: `It takes ${keys.join(', ')}.`,
    })
  if (!Array.isArray((definition as { pipelines?: unknown }).pipelines))
    throw new LevadaError('PIPELINE_INVALID', 'defineApp needs pipelines: [ … ].')
}
