/// <reference lib="esnext.disposable" preserve="true" />
import { join } from 'node:path'
import type { AnyAsset } from '../asset/index.ts'
import {
  coreNotices,
  othersOf,
  selectionText,
  type App,
  type AppNames,
  type AppRows,
  type Graph,
  type Names,
  type Selector,
  type GraphNode,
} from '../app/index.ts'
import { openCatalog, openEngines, type Catalog, type Engines } from '../catalog/index.ts'
import {
  environmentOf,
  loadConfig,
  type Config,
  type Explanation,
  type JobSettings,
  type Redact,
} from '../config/index.ts'
import { openKeptHeads } from '../dataset/index.ts'
import { didYouMean, LevadaError, throwAll, toLevadaErrors } from '../errors/index.ts'
import {
  makePlan,
  readingOf,
  resolveParams,
  selectNow,
  type Backfill,
  type Fingerprints,
  type ParamValues,
  type PartitionRequest,
  type Plan,
  type PlanRequest,
  type Reading,
  type Selected,
  type Step,
} from '../plan/index.ts'
import type { StepOptions, StepResult } from './execute-step.ts'
import { executePlan, newRunId, type RunOptions, type RunResult } from './execute.ts'
import { compose } from './compose.ts'
import { deprecationNotices } from './deprecation-notices.ts'
import { findAppDir } from './find-app.ts'
import { loadAsset, type LoadedAsset } from './load.ts'
import { runQuery, type QueryResult } from './query.ts'
import { limitable } from './limits.ts'
import { withRebuildHint } from './managed.ts'
import type { Preview, PreviewOptions } from './preview.ts'
import { openResources } from './resources.ts'
import type { AssetCleaning } from './clean.ts'
import type * as JobRuns from './job-run.ts'
import type * as Leases from './leases.ts'
import type { Claim, Waiting } from './leases.ts'
import type { ResumeRequest, ResumeWaiting } from './resume.ts'
import type { Restored, RestoreOptions } from './restore.ts'
import type { AssetVersions } from './versions.ts'
import type { Row } from './rows.ts'
import { stepSql } from './step-sql.ts'

export interface OpenOptions {
  /** @default 'dev' */
  readonly env?: string
  /** The folder of levada.config.ts and conf/. @default the nearest one above the working directory */
  readonly appDir?: string
  /** Parameter values by pipeline; they win over all others. */
  readonly params?: ParamValues
  /** How messages call what gives them. @default '--param' */
  readonly paramsFrom?: string
  /** @default process.env */
  readonly processEnv?: Readonly<Record<string, string | undefined>>
}

/** Text in the grammar of the command line, or objects whose names the compiler checks; several add up. */
export type SelectionIn<N extends Names> = string | Selector<N> | readonly (string | Selector<N>)[]

export interface PlanOptions<N extends Names = Names> {
  /** What is taken away from the selection. */
  readonly exclude?: SelectionIn<N>
  /** `2001-03-04`, `2001-01-01..2001-03-31`, `flight_date=2001-03-04,region=west`, or the same as an object. */
  readonly partition?: PartitionRequest
  /** Runs all that is selected, whether or not it changed. */
  readonly force?: boolean
  /** Runs only what has nothing stored, whatever changed. */
  readonly onlyMissing?: boolean
  /** Ids of nodes that failed in the latest run that had them, `pipeline/node`: what `state:failed` selects. */
  readonly failedNodes?: () => Promise<ReadonlySet<string>>
  /** What begins later does not exist yet. @default now */
  readonly now?: Date
  /**
   * All partitions that may exist and are over, unless others are named, in steps of so many along time: a step that fails leaves
   * those of the others, and the same plan made again has only what is left. With a `limit`, the first so many steps of each node.
   */
  readonly backfill?: Backfill
}

/** An app, opened in one environment. Close it with `await using` or {@link Session.close}. */
export interface Session<
  Rows = Readonly<Record<string, Row>>,
  N extends Names = Names,
> extends AsyncDisposable {
  readonly app: App
  readonly appDir: string
  readonly env: string
  readonly graph: Graph
  readonly config: Config
  readonly catalog: Catalog
  readonly engines: Engines
  readonly reading: Reading
  /** A service of the app, by its name there, as its nodes get it. @throws CONFIG_INVALID, RESOURCE_FAILED */
  resource(name: string): Promise<unknown>
  /**
   * Plans what a selection names; everything when it is left out.
   * @throws SELECTION_SYNTAX, SELECTION_UNKNOWN, SELECTION_EMPTY, NOT_MATERIALIZED, PARAM_MISSING, …: all at once
   */
  plan(selection?: SelectionIn<N>, options?: PlanOptions<N>): Promise<Plan>
  /**
   * What is left of a run that failed, was stopped or was killed: run it, and it goes on under its id with what it began to read.
   * @param id the run's, a part of it that no other has, or `latest`
   * @param options to wait for a process that runs it, until that has ended or is dead
   * @throws RUN_UNKNOWN, NOT_RESUMABLE, INPUT_CHANGED, CODE_CHANGED, …: all at once
   */
  resume(id: string, options?: { readonly wait?: ResumeWaiting | undefined }): Promise<Plan>
  /**
   * Runs one step of a run that was recorded, as an orchestrator or another process asks for it: one attempt. It holds what the step writes.
   * @throws LEASED, RUN_UNKNOWN, NOT_RESUMABLE, INPUT_CHANGED, CODE_CHANGED, …; what is wrong with the step itself is in the result
   */
  step(run: string, step: string, options?: StepOptions): Promise<StepResult>
  /**
   * Writes a plan down as a run that has begun, and runs nothing: whoever does runs its steps with {@link Session.step}.
   * @returns the id of the run; undefined when there is nothing to do
   */
  record(plan: Plan): Promise<string | undefined>
  /** What a selection names, without planning it: nodes, and what nothing here builds. @throws SELECTION_SYNTAX, SELECTION_UNKNOWN */
  select(
    selection: SelectionIn<N>,
    options?: Pick<PlanOptions<N>, 'exclude' | 'failedNodes'>,
  ): Promise<Selected>
  /** The SQL of a step, as written, with what is bound to it; secrets are `***`. Nothing for a TypeScript node without views. */
  sqlOf(step: Step): Promise<string | undefined>
  /**
   * Runs a plan. It does not throw when a step fails: the result and the events tell. Of a selection that is a job what jobs.yml says
   * of that holds, as far as the options say nothing else.
   * @throws LEASED when another run writes one of its assets, or is of its job, CONFIG_INVALID for jobs.yml
   */
  run(plan: Plan, options?: RunOptions): Promise<RunResult>
  /**
   * Waits until no other run writes what a plan would, or until that is dead. The plan is one of before: make it again.
   * @throws LEASED when that takes too long, CANCELLED
   */
  whenFree(plan: Plan, options?: Waiting): Promise<void>
  /**
   * What a node would make, of one partition or of a part of its inputs, and what its checks say of that. Nothing is published.
   * @param node its id, `flights/stage-flights`, or an asset that it writes
   */
  preview(node: string, options?: PreviewOptions): Promise<Preview>
  /** An asset's rows, as its provider declares them. @throws ASSET_UNKNOWN */
  load<K extends keyof Rows & string>(
    asset: K,
    options?: { readonly partition?: PartitionRequest },
  ): LoadedAsset<Rows[K]>
  /** An asset's rows as an `expects(…)` declares them. @throws ASSET_UNKNOWN */
  load<R>(
    asset: { readonly name: string; readonly '~row': R },
    options?: { readonly partition?: PartitionRequest },
  ): LoadedAsset<R>
  /** The versions that are kept of an asset, newest first. @throws ASSET_UNKNOWN, NOT_SUPPORTED for what keeps none */
  versions(asset: string): Promise<AssetVersions>
  /**
   * Publishes the rows of an earlier version again, as a new one. What they were made from stays known, so that the next plan says
   * what would run on it.
   * @param version its number
   * @throws ASSET_UNKNOWN, VERSION_UNKNOWN, NOT_SUPPORTED, FOREIGN_ASSET, CONFLICT, DATA_MISSING
   */
  restore(asset: string, version: number, options?: RestoreOptions): Promise<Restored>
  /**
   * What the retention of assets lets go of, of all that this app writes unless some are named. Nothing is removed without `remove`.
   * @throws ASSET_UNKNOWN, NOT_SUPPORTED, FOREIGN_ASSET for one that is named
   */
  clean(
    assets?: readonly string[],
    options?: { readonly remove?: boolean },
  ): Promise<readonly AssetCleaning[]>
  /** What was found to be damaged and was passed over since this was asked last; a plan has it among its notices. */
  damage(): readonly string[]
  /** SQL over the names of the catalog; at most `limit` rows are fetched. @throws SQL_SYNTAX, SQL_BIND, ASSET_UNKNOWN, NOT_MATERIALIZED */
  query(sql: string, options?: { readonly limit?: number }): Promise<QueryResult>
  /** Where a value of the configuration came from: `catalog.aviation.flights.path`. Secrets are `***`. */
  explain(path: string): Explanation | undefined
  close(): Promise<void>
}

/**
 * Opens an app in an environment.
 *
 * @throws CONFIG_…, ENV_UNKNOWN, COMPOSITION, CYCLE
 * @example
 * await using session = await openApp(app, { env: 'dev' })
 * const result = await session.run(await session.plan({ asset: 'delays.daily_airport', down: true }))
 * const rows = await session.load('delays.airport').rows({ limit: 10 })
 */
export async function openApp<T extends readonly unknown[]>(
  app: App<T>,
  options: OpenOptions = {},
): Promise<Session<AppRows<T>, AppNames<T>>> {
  const env = options.env ?? 'dev'
  const appDir = options.appDir ?? findAppDir(process.cwd())
  const config = loadConfig({ appDir, env, processEnv: options.processEnv ?? process.env })
  const graph = compose(app, appDir)
  const engines = openEngines(config, app.plugins)
  const environment = environmentOf(config, {
    ...othersOf(graph),
    limitable: () => limitable(app, graph, config),
  })
  const damage = new Map<string, LevadaError>()
  const notice = (error: LevadaError): void => void damage.set(error.message, error)
  const { retention, memoryLimit } = environment
  const catalog = openCatalog(config, app.plugins, graph.assets, engines, { retention, notice })
  const resources = openResources(app, config)
  const other = environment.reads === undefined ? undefined : openOther(environment.reads)
  const reading = readingOf(graph, { env, catalog, engines }, other)

  /** The environment that this one reads. */
  function openOther(name: string) {
    const there = loadConfig({ appDir, env: name, processEnv: options.processEnv ?? process.env })
    const itsEngines = openEngines(there, app.plugins)
    const itsCatalog = openCatalog(there, app.plugins, graph.assets, itsEngines, { notice })
    return { env: name, engines: itsEngines, catalog: itsCatalog, redact: there.redact }
  }
  const redact: Redact = (value) => config.redact(other ? other.redact(value) : value)

  const params = (): ParamValues => {
    const errors: LevadaError[] = []
    const values = resolveParams(
      app,
      config,
      options.params ?? {},
      (error) => errors.push(error),
      options.paramsFrom,
    )
    throwAll(errors)
    return values
  }
  // Once for a session: near to when the modules were loaded that it tells of.
  let opened: Promise<Fingerprints> | undefined
  const open = async (): Promise<Fingerprints> =>
    (await import('./fingerprints.ts')).openFingerprints({ app, appDir, engines, params: params(), redact })
  const fingerprints: Fingerprints = {
    of: async (node, output) => (await (opened ??= open())).of(node, output),
  }
  const shared = (runId = newRunId()) => {
    const values = params()
    return {
      runId,
      app,
      appDir,
      env,
      graph,
      catalog,
      engines,
      reading,
      params: values,
      given: options.params ?? {},
      fingerprints,
      resources: resources.get,
      redact,
      ...(memoryLimit && { memoryLimit }),
    }
  }
  const resumed = async (
    id: string,
    { step, wait }: { readonly step?: string; readonly wait?: ResumeWaiting | undefined } = {},
  ): Promise<Plan> => {
    params()
    const { findRun, planResumed, planWhenFree } = await import('./resume.ts')
    const given = Object.entries(options.params ?? {}).flatMap(([pipeline, values]) =>
      Object.keys(values).map((name) => `${pipeline}.${name}`),
    )
    const request: ResumeRequest = {
      appDir,
      runId: findRun(appDir, id),
      given: new Set(given),
      ...(step !== undefined && { step }),
      request: {
        graph,
        catalog,
        engines,
        reading,
        environment,
        app: app.name,
        notices: coreNotices(app),
        env,
        jobs: app.jobs,
        fingerprints,
        now: new Date(),
      },
    }
    return wait ? planWhenFree(request, wait) : planResumed(request)
  }
  /** What knows of jobs; most runs are of none, or in an environment that says nothing of them. */
  const jobsFor = async (selection: string): Promise<typeof JobRuns | undefined> =>
    selection.includes('job:') && config.section('jobs').entries.size > 0
      ? await import('./job-run.ts')
      : undefined
  const jobOf = async ({
    selection,
  }: Plan): Promise<{ settings?: JobSettings; claim?: Claim | undefined }> => {
    const found = await jobsFor(selection)
    const job = found?.jobOf(selection, config, Object.keys(app.jobs))
    return job ? { settings: job.settings, claim: found!.jobClaim(job, { appDir, env }) } : {}
  }
  /** What is to be done about the leases of what a plan writes, and of its job, if there is something. */
  const leasesOf = async <T>(
    { steps }: Plan,
    job: Claim | undefined,
    work: (found: typeof Leases, claims: readonly Claim[]) => Promise<T>,
  ): Promise<T | undefined> => {
    const claims: Claim[] = steps.flatMap(({ outputs }) =>
      outputs.map(({ asset }) => ({ asset, dataset: catalog.entry(asset).dataset })),
    )
    if (job && steps.length > 0) claims.push(job)
    return claims.length > 0 ? work(await import('./leases.ts'), claims) : undefined
  }
  const declared = (name: string): AnyAsset => {
    const found = graph.assets.get(name)
    if (!found)
      throw new LevadaError(
        'ASSET_UNKNOWN',
        `No asset of the app is named '${name}'.${didYouMean(name, graph.assets.keys())}`,
      )
    return found.asset
  }
  /** What is told once. */
  const damageNotices = (): readonly string[] => {
    const notices = [...damage.values()].map(({ code, message }) => redact(`${code} ${message}`))
    damage.clear()
    return notices
  }
  const managed = () => ({ app, appDir, env, graph, catalog, reading, redact })
  const close = async (): Promise<void> => {
    await resources.close()
    await engines.close()
    await other?.engines.close()
  }
  return {
    app,
    appDir,
    env,
    graph,
    config,
    catalog,
    engines,
    reading,
    resource: resources.get,
    explain(path) {
      // A secret is known as one when the schema of its entry, or of its param, was read.
      engines.checkAll()
      resources.checkAll()
      catalog.checkAll()
      resolveParams(app, config, {}, () => {})
      return config.explain(path)
    },
    async plan(
      selection = '',
      { partition, exclude = [], force, onlyMissing, failedNodes, now = new Date(), backfill } = {},
    ) {
      params()
      const keptHeads = openKeptHeads(join(appDir, `.levada/cache/heads-${env}.json`))
      const request: PlanRequest = {
        keptHeads,
        graph,
        catalog,
        engines,
        reading,
        environment,
        app: app.name,
        notices: coreNotices(app),
        env,
        selection: selectionText(selection, exclude),
        jobs: app.jobs,
        partition,
        mode: force ? 'force' : onlyMissing ? 'missing' : 'changed',
        fingerprints,
        failedNodes,
        now,
        ...(backfill && { backfill }),
      }
      const plan = await makePlan(request).catch((error: unknown) => {
        // What was kept of a manifest that is damaged is forgotten by now, so that it is passed over as any other.
        if (!toLevadaErrors(error).some(({ code }) => code === 'MANIFEST_DAMAGED')) throw error
        return makePlan(request)
      })
      keptHeads.save()
      const planned: GraphNode[] = []
      for (const { work } of plan.steps) if (work.kind === 'node') planned.push(work.node)
      const jobs = await jobsFor(plan.selection)
      return {
        ...plan,
        notices: [
          ...plan.notices,
          ...(jobs?.jobNotices(plan.selection, config) ?? []),
          ...deprecationNotices(graph, planned, appDir),
          ...damageNotices(),
        ],
      }
    },
    resume: (id, { wait } = {}) => resumed(id, { wait }),
    async step(id, name, stepOptions = {}) {
      const { isHeld } = stepOptions
      const begin = async () => {
        const plan = await resumed(id, { step: name })
        const { runId } = plan.resumes!
        if (isHeld) return { plan, leases: undefined, limit: undefined }
        const limit = (await jobOf(plan)).settings?.stepTimeoutMs
        const leases = await leasesOf(plan, undefined, (found, claims) =>
          found.holdLeases(claims, {
            app: app.name,
            runId,
            report: console.error,
            hint: 'Try the step again when it is done.',
          }),
        )
        return { plan, leases, limit }
      }
      const { plan, leases, limit } = await begin().catch(async (error: unknown) => {
        if (!isHeld)
          await (
            await import('./recorded-run.ts')
          ).tellRefused({ appDir, runId: id, stepId: name }, error, redact)
        throw error
      })
      const { executeStep } = await import('./execute-step.ts')
      try {
        return await executeStep(
          name,
          plan,
          { ...shared(plan.resumes!.runId), ...(leases && { leases }) },
          { ...(limit !== undefined && { stepTimeoutMs: limit }), ...stepOptions },
        )
      } finally {
        await leases?.release()
      }
    },
    async record(plan) {
      if (plan.resumes) throw new TypeError('A run that goes on is recorded already.')
      if (plan.steps.length === 0) return undefined
      throwAll(await catalog.clashes())
      const context = shared()
      await (await import('./record-plan.ts')).recordPlan(plan, context)
      return context.runId
    },
    select: (selection, { exclude = [], failedNodes } = {}) =>
      selectNow({
        graph,
        catalog,
        reading,
        env,
        selection: selectionText(selection, exclude),
        jobs: app.jobs,
        fingerprints,
        failedNodes,
      }),
    async sqlOf(step) {
      const text = stepSql(step, await engines.get(step.engine), appDir, params()[step.pipeline] ?? {})
      return text && redact(text)
    },
    async run(plan, given = {}) {
      const { settings, claim } = await jobOf(plan)
      const retries = { ...settings?.retries, ...given.retries }
      const runOptions: RunOptions = {
        ...(settings?.timeoutMs !== undefined && { timeoutMs: settings.timeoutMs }),
        ...(settings?.stepTimeoutMs !== undefined && { stepTimeoutMs: settings.stepTimeoutMs }),
        ...given,
        ...((settings?.retries ?? given.retries) && { retries }),
      }
      if (plan.steps.length > 0) throwAll(await catalog.clashes())
      const { runner } = runOptions
      if (runner === 'process' || runner === 'threads')
        await (await import('./step-workers.ts')).checkWorkers(runner, { app, appDir, catalog }, plan)
      // A step that needs one that does not start fails by itself.
      const starting = Promise.allSettled(
        [...new Set(plan.steps.map(({ engine }) => engine))].map((name) => engines.get(name)),
      )
      const context = shared(plan.resumes?.runId)
      const { runId } = context
      const leases = await leasesOf(plan, claim, (found, claims) =>
        found.holdLeases(claims, { app: app.name, runId, report: console.error, ...runOptions }),
      )
      try {
        const { limits } = environment
        return await executePlan(
          plan,
          { ...context, ...(leases && { leases }), ...(limits && { limits }) },
          starting,
          runOptions,
        )
      } finally {
        await leases?.release()
      }
    },
    async whenFree(plan, waiting = {}) {
      const { claim } = await jobOf(plan)
      await leasesOf(plan, claim, (found, claims) =>
        found.waitForLeases(
          claims,
          { app: app.name, runId: newRunId(), report: console.error, ...waiting },
          waiting,
        ),
      )
    },
    async versions(asset) {
      return (await import('./versions.ts')).versionsOf(managed(), declared(asset).name)
    },
    async restore(asset, version, restoreOptions) {
      const { restoreAsset } = await import('./restore.ts')
      return restoreAsset(managed(), declared(asset).name, version, restoreOptions)
    },
    async clean(assets, { remove = false } = {}) {
      const { cleanAssets } = await import('./clean.ts')
      return cleanAssets(
        managed(),
        assets?.map((asset) => declared(asset).name),
        remove,
      )
    },
    damage: damageNotices,
    async preview(name, previewOptions = {}) {
      const node = graph.nodes.find(({ id }) => id === name) ?? graph.producers.get(name)
      if (!node) {
        const known = [...graph.nodes.map(({ id }) => id), ...graph.producers.keys()]
        throw new LevadaError(
          'SELECTION_UNKNOWN',
          `No node of the app is named '${name}', and none writes an asset of this name.${didYouMean(name, known)}`,
        )
      }
      const { previewNode } = await import('./preview.ts')
      return withRebuildHint({ catalog, graph, env }, () => previewNode(shared(), node, previewOptions))
    },
    load(
      asset: string | { readonly name: string },
      { partition }: { readonly partition?: PartitionRequest } = {},
    ) {
      const known = declared(typeof asset === 'string' ? asset : asset.name)
      return loadAsset(
        { catalog, engines, reading, graph, env },
        typeof asset === 'string' ? known : (asset as AnyAsset),
        partition,
      ) as LoadedAsset<never>
    },
    query: (sql: string, { limit = Infinity }: { readonly limit?: number } = {}) =>
      withRebuildHint({ catalog, graph, env }, () =>
        runQuery({ catalog, engines, reading, graph, env }, sql, limit),
      ),
    close,
    [Symbol.asyncDispose]: close,
  } as Session<never>
}
