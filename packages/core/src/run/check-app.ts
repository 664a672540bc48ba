import { existsSync } from 'node:fs'
import { coreNotices, othersOf, selectionText, type App, type Graph } from '../app/index.ts'
import { openCatalog, openEngines, type Engines } from '../catalog/index.ts'
import {
  environmentOf,
  environments,
  jobsOf,
  loadConfig,
  type Config,
  type RetentionWords,
} from '../config/index.ts'
import { LevadaError, toLevadaErrors } from '../errors/index.ts'
import {
  groupGuarantees,
  guaranteesOf,
  resolveParams,
  select,
  writeProblem,
  type Guarantees,
  type GuaranteesRow,
} from '../plan/index.ts'
import { attempt, bindAll } from './bind-app.ts'
import { openBindCache, type BindCache } from './bind-cache.ts'
import { compose } from './compose.ts'
import { deprecationNotices } from './deprecation-notices.ts'
import { limitable } from './limits.ts'
import { openResources } from './resources.ts'
import { appPorts } from './app-ports.ts'
import { checkGenerated, pipelinePackages, staleError, unverified } from './generate.ts'

export interface EnvironmentReport {
  readonly env: string
  readonly errors: readonly LevadaError[]
  /** Nodes, views and checks whose SQL was bound. */
  readonly bound: number
  /** What could not be bound, and why: never counted as passed. */
  readonly notBound: readonly string[]
  /** What holds for each asset, by dataset and engine. */
  readonly guarantees: readonly GuaranteesRow[]
}
export interface CheckReport {
  readonly environments: readonly EnvironmentReport[]
  /** Of what is the same in every environment: composition, generated files. */
  readonly errors: readonly LevadaError[]
  readonly notices: readonly string[]
}

export interface CheckOptions {
  readonly appDir: string
  /** Only this environment. @default all */
  readonly env?: string
  readonly processEnv?: Readonly<Record<string, string | undefined>>
}

const ofSql = new Set(['SQL_FILE_MISSING', 'SQL_SYNTAX', 'STORAGE'])

/** Everything that can be known about an app without running it, over all of its environments. Throws nothing that it can report. */
export async function checkApp(
  app: App,
  { appDir, env, processEnv = process.env }: CheckOptions,
): Promise<CheckReport> {
  const errors: LevadaError[] = []
  const notices = [...coreNotices(app)]
  const collect = (error: unknown): void => void errors.push(...toLevadaErrors(error))
  await attempt(async () => {
    const packages = pipelinePackages(appDir)
    notices.push(...unverified(packages, appDir))
    for (const installed of packages)
      await attempt(
        async () => errors.push(...(await checkGenerated(installed, app.pipelines, appDir))),
        // SQL that cannot be read is told where it is bound.
        (error) => void errors.push(...toLevadaErrors(error).filter(({ code }) => !ofSql.has(code))),
      )
  }, collect)
  await attempt(() => {
    // An app need not have it.
    const stale = appPorts(app, appDir).filter(({ file, stale: is }) => is && existsSync(file))
    errors.push(...stale.map((file) => staleError(file, appDir)))
  }, collect)
  let graph: Graph
  try {
    graph = compose(app, appDir)
  } catch (error) {
    collect(error)
    return { environments: [], errors, notices }
  }
  notices.push(...deprecationNotices(graph, graph.nodes, appDir))
  for (const job of Object.keys(app.jobs)) {
    await attempt(
      async () => {
        // What is in a state is known when it runs.
        const stateOf = async (): Promise<ReadonlySet<string>> => new Set()
        const { notices: told } = await select(graph, selectionText({ job }), { jobs: app.jobs, stateOf })
        notices.push(...told.map((text) => `Job '${job}': ${text}`))
      },
      (error) => {
        for (const { code, message, hint, place } of toLevadaErrors(error))
          errors.push(
            new LevadaError(code, code === 'SELECTION_EMPTY' ? message : `Job '${job}': ${message}`, {
              hint,
              cause: error,
              ...(place && { place }),
            }),
          )
      },
    )
  }
  const cache = openBindCache(appDir)
  const reports: EnvironmentReport[] = []
  for (const name of env === undefined ? environments(appDir) : [env])
    reports.push(await checkEnvironment(app, graph, appDir, name, processEnv, cache))
  if (env === undefined) cache.save()
  return { environments: reports, errors, notices }
}

async function checkEnvironment(
  app: App,
  graph: Graph,
  appDir: string,
  env: string,
  processEnv: Readonly<Record<string, string | undefined>>,
  cache: BindCache,
): Promise<EnvironmentReport> {
  const errors: LevadaError[] = []
  const collect = (error: unknown): void => void errors.push(...toLevadaErrors(error))
  let config: Config
  let engines: Engines
  try {
    config = loadConfig({ appDir, env, processEnv })
    engines = openEngines(config, app.plugins)
  } catch (error) {
    collect(error)
    return { env, errors, bound: 0, notBound: [], guarantees: [] }
  }
  const said: { retention?: RetentionWords | undefined } = {}
  await attempt(() => {
    said.retention = environmentOf(config, {
      ...othersOf(graph),
      limitable: () => limitable(app, graph, config),
    }).retention
  }, collect)
  await attempt(() => {
    jobsOf(config, Object.keys(app.jobs))
  }, collect)
  resolveParams(app, config, {}, (error) => errors.push(error))
  const catalog = openCatalog(config, app.plugins, graph.assets, engines, said)
  errors.push(...catalog.checkAll(), ...(await catalog.clashes()))
  for (const { node } of graph.nodes)
    for (const asset of Object.values(node.outputs))
      await attempt(
        async () => {
          const { dataset, place } = catalog.entry(asset.name)
          const engine = await engines.get(engines.nameFor(asset.name))
          const problem = await writeProblem(
            { asset, dataset, node, engine },
            (name) => catalog.entry(name).dataset,
          )
          if (problem !== undefined) errors.push(new LevadaError('NOT_SUPPORTED', problem, { place }))
        },
        // What cannot be read was told above or is told below.
        () => undefined,
      )
  errors.push(...engines.checkAll(), ...openResources(app, config).checkAll())
  try {
    const { bound, notBound } = await bindAll(graph, engines, appDir, collect, cache)
    const held: { asset: string; holds: Guarantees }[] = []
    for (const { name } of graph.assets.values())
      await attempt(
        async () => {
          const engine = await engines.get(engines.nameFor(name))
          held.push({ asset: name, holds: await guaranteesOf(catalog.entry(name).dataset, engine) })
        },
        // Told above.
        () => undefined,
      )
    return { env, errors: unique(errors), bound, notBound, guarantees: groupGuarantees(held) }
  } finally {
    await engines.close()
  }
}

const unique = (errors: readonly LevadaError[]): readonly LevadaError[] => [
  ...new Map(
    errors.map((error) => [
      `${error.code} ${error.message} ${error.place?.file}:${error.place?.line}:${error.place?.column}`,
      error,
    ]),
  ).values(),
]
