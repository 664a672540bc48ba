import { composeGraph, type App, type Graph } from '../app/index.ts'
import type { AnyAsset, Check } from '../asset/index.ts'
import { openCatalog, openEngines, type Engines } from '../catalog/index.ts'
import { environments, loadConfig, type Config } from '../config/index.ts'
import type { Engine, EngineSession, Relation } from '../engine/index.ts'
import { LevadaError, toLevadaErrors } from '../errors/index.ts'
import { viewsBelow } from '../pipeline/index.ts'
import { boundsOf, queryBuilder, resolveParams } from '../plan/index.ts'
import { failingRows, otherTable, rowsTable } from './check-sql.ts'
import { checkGenerated, pipelinePackages } from './generate.ts'
import { resultProblems } from './result-fit.ts'

export interface EnvironmentReport {
  readonly env: string
  readonly errors: readonly LevadaError[]
  /** Nodes, views and checks whose SQL was bound. */
  readonly bound: number
  /** What could not be bound, and why: never counted as passed. */
  readonly notBound: readonly string[]
}
export interface CheckReport {
  readonly environments: readonly EnvironmentReport[]
  /** Of what is the same in every environment: composition, generated files. */
  readonly errors: readonly LevadaError[]
}

export interface CheckOptions {
  readonly appDir: string
  /** Only this environment. @default all */
  readonly env?: string
  readonly processEnv?: Readonly<Record<string, string | undefined>>
}

/** Everything that can be known about an app without running it, over all of its environments. Throws nothing that it can report. */
export async function checkApp(
  app: App,
  { appDir, env, processEnv = process.env }: CheckOptions,
): Promise<CheckReport> {
  const errors: LevadaError[] = []
  const collect = (error: unknown): void => void errors.push(...toLevadaErrors(error))
  for (const installed of pipelinePackages(appDir)) {
    await attempt(() => errors.push(...checkGenerated(installed, app.pipelines, appDir)), collect)
  }
  let graph: Graph
  try {
    graph = composeGraph(app)
  } catch (error) {
    collect(error)
    return { environments: [], errors }
  }
  const reports: EnvironmentReport[] = []
  for (const name of env === undefined ? environments(appDir) : [env])
    reports.push(await checkEnvironment(app, graph, appDir, name, processEnv))
  return { environments: reports, errors }
}

const attempt = async (action: () => unknown, failed: (error: unknown) => void): Promise<void> => {
  try {
    await action()
  } catch (error) {
    failed(error)
  }
}

async function checkEnvironment(
  app: App,
  graph: Graph,
  appDir: string,
  env: string,
  processEnv: Readonly<Record<string, string | undefined>>,
): Promise<EnvironmentReport> {
  const errors: LevadaError[] = []
  const collect = (error: unknown): void => void errors.push(...toLevadaErrors(error))
  let config: Config
  try {
    config = loadConfig({ appDir, env, processEnv })
  } catch (error) {
    collect(error)
    return { env, errors, bound: 0, notBound: [] }
  }
  resolveParams(app, config, {}, (error) => errors.push(error))
  const catalog = openCatalog(config, app.plugins, graph.assets)
  errors.push(...catalog.checkAll())
  for (const { name, role } of graph.assets.values()) {
    if (role !== 'asset') continue
    await attempt(
      () => {
        const { dataset, place } = catalog.entry(name)
        if (!dataset.capabilities.write) {
          errors.push(
            new LevadaError(
              'NOT_SUPPORTED',
              `'${name}' is built here, but ${dataset.type} ${dataset.address} cannot be written.`,
              { place },
            ),
          )
        }
      },
      () => undefined,
    )
  }
  const resources = config.section('resources')
  for (const [name, { config: schema }] of Object.entries(app.resources)) {
    await attempt(
      () =>
        config.read(
          resources.entries.get(name)?.value ?? { ...resources, entries: new Map() },
          schema as never,
        ),
      collect,
    )
  }
  const engines = openEngines(config, app.plugins)
  try {
    const { bound, notBound } = await bindAll(graph, engines, appDir, collect)
    return { env, errors: unique(errors), bound, notBound }
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

/** Binds the SQL of every node, view and check against empty tables made of what it declares to read. */
async function bindAll(
  graph: Graph,
  engines: Engines,
  root: string,
  collect: (error: unknown) => void,
): Promise<{ bound: number; notBound: readonly string[] }> {
  let bound = 0
  const notBound: string[] = []
  const empty = new Map<AnyAsset, Relation>()
  const scan = (asset: AnyAsset): Relation => {
    const known = empty.get(asset) ?? { kind: 'empty', columns: asset.columns }
    empty.set(asset, known)
    return known
  }
  for (const node of graph.nodes) {
    const outputs = Object.values(node.node.outputs)
    let engine: Engine
    let session: EngineSession
    try {
      engine = await engines.get(engines.nameFor(outputs[0]?.name))
      session = await engine.open()
    } catch (error) {
      notBound.push(`${node.id}: ${toLevadaErrors(error)[0]!.message}`)
      collect(error)
      continue
    }
    await using _ = session
    const dimensions = outputs.find(({ partitions }) => partitions.length > 0)?.partitions ?? []
    const builder = queryBuilder({
      dialect: engine.dialect.name,
      root,
      params: {},
      bounds: boundsOf(dimensions, undefined),
      scan,
    })
    // A view is bound before what reads it, so that its error is told at its own file, and once.
    const broken = new Set<unknown>()
    for (const view of viewsBelow(Object.values(node.node.inputs))) {
      if (viewsBelow(Object.values(view.inputs)).some((below) => broken.has(below))) continue
      await attempt(
        async () => {
          const query = builder.query(view, view.sql)
          const result = await session.bind(query)
          if (view.columns)
            for (const problem of resultProblems(query, result, { name: view.name, columns: view.columns }))
              collect(problem)
          bound++
        },
        (error) => {
          broken.add(view)
          collect(error)
        },
      )
    }
    const { work } = node.node
    if (work.kind === 'sql' && broken.size === 0) {
      await attempt(async () => {
        const query = builder.query(node.node, work.sql)
        for (const problem of resultProblems(query, await session.bind(query), outputs[0]!)) collect(problem)
        bound++
      }, collect)
    }
    for (const asset of outputs) {
      for (const check of asset.checks) {
        await attempt(async () => {
          if (await bindCheck(session, engine, asset, check, scan)) bound++
        }, collect)
      }
    }
  }
  return { bound, notBound }
}

async function bindCheck(
  session: EngineSession,
  engine: Engine,
  asset: AnyAsset,
  check: Check,
  scan: (asset: AnyAsset) => Relation,
): Promise<boolean> {
  const text = failingRows(asset, check, engine.dialect)
  if (text === undefined) return false
  const own = check.rule.kind === 'sql' ? asset.name.split('.')[1]! : rowsTable
  const inputs = {
    [own]: scan(asset),
    ...(check.rule.kind === 'relationship' && { [otherTable]: scan(check.rule.to) }),
  }
  const file = `check ${check.name} of ${asset.name}`
  await session.bind({
    kind: 'query',
    name: file,
    sql: { text, file, line: 1, column: 1 },
    inputs,
    params: {},
  })
  return true
}
