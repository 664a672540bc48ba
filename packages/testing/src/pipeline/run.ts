/// <reference lib="esnext.disposable" preserve="true" />
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  defineApp,
  defineResource,
  definePipeline,
  type AnyPipeline,
  type Pipeline,
  type Ports,
} from '@levada/core'
import { compose, openApp, throwAll, toLevadaErrors, type App, type LevadaEvent } from '@levada/core/run'
import { didYouMean, grainsOf, isValue, LevadaError, type Dataset } from '@levada/core/spi'
import { z } from 'zod'
import { memoryDataset, memoryStore } from '../dataset/memory.ts'
import { batchOf, rowsOf, type Row } from '../rows.ts'
import { rememberKey } from './compare.ts'
import { ownFolder, testingPlugin } from './engine.ts'
import { failureOf } from './failure.ts'
import { fakeResource, type RecordedCall } from './fake-resource.ts'
import { inputRows, providerOf } from './inputs.ts'
import { orderOf } from './order.ts'
import { spanOf } from './span.ts'
import type { NodeOptions, PipelineOptions, TestRun } from './types.ts'

/**
 * Runs all nodes of a pipeline on sample rows, with nothing but its package: rows of its sources and of what it requires are
 * given or faked, resources are faked. All is as in a run of an app, checks too, in DuckDB and memory.
 *
 * @throws CHECK_FAILED, SQL_BIND, ROW_INVALID, ROW_OUT_OF_RANGE, NODE_FAILED, PARAM_MISSING, …: what a run would fail with
 * @throws TypeError for rows that are of no input, or do not fit it
 * @example
 * const run = await runPipeline(orders, { inputs: { 'shop.raw_orders': fake([{ id: 1, amount: '9.50' }]) } })
 * expectRows(run.rows('shop.daily_revenue'), [{ ordered_on: '2026-03-01', country: 'DE', orders: 1, revenue: '9.50' }])
 */
export const runPipeline = <P extends Ports>(
  pipeline: Pipeline<P>,
  options: PipelineOptions<P> = {} as PipelineOptions<P>,
): Promise<TestRun<P>> => runTest(pipeline, options as Options) as unknown as Promise<TestRun<P>>

/**
 * Runs one node of a pipeline; what other nodes make for it is an input, too.
 *
 * @param name of the node, or of an asset that it writes
 * @throws as {@link runPipeline}, and TypeError when there is no such node
 */
export async function runNode<P extends Ports>(
  pipeline: Pipeline<P>,
  name: (keyof (P extends { readonly provides: infer O } ? O : {}) & string) | (string & {}),
  options: NodeOptions<P> = {},
): Promise<TestRun<P>> {
  const { nodes } = pipeline
  const found = nodes.find(
    (node) => node.name === name || Object.values(node.outputs).some((asset) => asset.name === name),
  )
  if (!found) {
    const known = nodes.flatMap((node) => [
      node.name,
      ...Object.values(node.outputs).map((asset) => asset.name),
    ])
    throw new TypeError(
      `Pipeline '${pipeline.name}' has no node '${name}', and none that writes it.${didYouMean(name, known)}`,
    )
  }
  const alone = definePipeline(pipeline.name, { nodes: [found] as never }) as unknown as AnyPipeline
  return (await runTest(alone, options as Options)) as unknown as TestRun<P>
}

/** The options of both, with all that the compiler knows of them forgotten. */
interface Options extends Pick<NodeOptions<Ports>, 'partition' | 'now' | 'seed'> {
  readonly inputs?: Parameters<typeof inputRows>[1]
  readonly params?: Readonly<Record<string, unknown>>
  readonly resources?: Readonly<Record<string, object | undefined>>
}

type AnyRun = Pick<TestRun<Ports>, 'checks' | 'logs'> & {
  readonly rows: (asset: string) => readonly Row[]
  readonly calls: Readonly<Record<string, readonly RecordedCall[]>>
  readonly again: (options?: Options) => Promise<AnyRun>
}

/** What a run leaves behind for the next one. */
interface Earlier {
  readonly datasets: Map<string, Dataset>
  readonly inputs: ReadonlyMap<string, readonly Row[]>
}

async function runTest(pipeline: AnyPipeline, options: Options, earlier?: Earlier): Promise<AnyRun> {
  const { now = '2001-01-01T00:00:00Z', partition, params = {}, seed } = options
  if (!isValue({ type: { kind: 'instant' }, nullable: false }, now))
    throw new TypeError(`now: '${now}' is not a moment in UTC, such as 2001-01-01T00:00:00Z`)
  const { resources, calls } = fakeResources(pipeline, options.resources ?? {})
  const datasets = earlier?.datasets ?? new Map<string, Dataset>()
  const datasetOf = (asset: string): Dataset => {
    const known = datasets.get(asset) ?? memoryDataset(asset, memoryStore())
    datasets.set(asset, known)
    return known
  }
  const app = defineApp({
    name: 'test',
    plugins: [testingPlugin(datasetOf)],
    pipelines: [pipeline] as never,
    externals: [providerOf(pipeline)] as never,
    resources: resources as never,
  }) as unknown as App
  const root = makeRoot()
  try {
    const graph = compose(app, root)
    const kept = Object.fromEntries(earlier?.inputs ?? [])
    const inputs = inputRows(
      graph,
      { ...kept, ...options.inputs },
      { ...(partition !== undefined && spanOf(partition)), ...(seed !== undefined && { seed }) },
    )
    for (const [asset, rows] of inputs)
      if (rows !== kept[asset]) await store(datasetOf(asset), graph.assets.get(asset)!.asset, rows)
    await using session = await openApp(app, {
      appDir: root,
      processEnv: {},
      params: { [pipeline.name]: params },
      paramsFrom: 'params of the test',
    })
    const events: LevadaEvent[] = []
    const sink = { name: 'test', event: (event: LevadaEvent) => void events.push(event) }
    const plan = await session
      .plan('', partition === undefined ? {} : { partition })
      .catch((error: unknown) => {
        throwAll(toLevadaErrors(error).map(inTest))
        throw error
      })
    await session.run(plan, { sinks: [sink], runner: 'sequential', now })
    const failed = failureOf(events)
    if (failed) throw failed
    const tables = new Map<string, readonly Row[]>()
    for (const { name, asset } of graph.assets.values()) {
      const rows = orderOf(asset, inputs.get(name) ?? (await load(datasetOf(name), asset)))
      rememberKey(rows, asset.name, asset.key)
      tables.set(name, rows)
    }
    return {
      rows(asset) {
        const found = tables.get(asset)
        if (found) return found
        throw new TypeError(
          `rows('${asset}'): the run neither read nor wrote it.${didYouMean(asset, tables.keys())}`,
        )
      },
      checks: events.flatMap((event) => (event.type === 'check_finished' ? [event.result] : [])),
      logs: events.flatMap((event) =>
        event.type === 'log'
          ? [{ level: event.level, message: event.message, ...(event.facts && { facts: event.facts }) }]
          : [],
      ),
      calls,
      again: (next = {}) => runTest(pipeline, { ...options, inputs: {}, ...next }, { datasets, inputs }),
    }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** What a test gives, it gives by options. */
function inTest(error: LevadaError): LevadaError {
  const { code, message, details } = error
  if (code !== 'PARAM_MISSING') return error
  const hint = `Give it to the test: params: { ${String(details['param'])}: … }.`
  return new LevadaError(code, message, { hint, details, cause: error })
}

/** The folder of an app that stores all in memory. */
function makeRoot(): string {
  const root = mkdtempSync(join(ownFolder(), 'run-'))
  mkdirSync(join(root, 'conf/base'), { recursive: true })
  writeFileSync(join(root, 'conf/base/catalog.yml'), '"{domain}.{table}": { type: memory }\n')
  return root
}

/** @throws TypeError when something is given for no resource */
function fakeResources(
  { name: pipeline, nodes }: AnyPipeline,
  given: Readonly<Record<string, object | undefined>>,
) {
  const names = new Set(nodes.flatMap((node) => Object.keys(node.resources)))
  const unknown = Object.keys(given).find((name) => !names.has(name))
  if (unknown !== undefined)
    throw new TypeError(
      `resources: '${pipeline}' uses no resource '${unknown}'.${didYouMean(unknown, names)}`,
    )
  const calls: Record<string, RecordedCall[]> = {}
  const resources = [...names].map((name) => {
    const recorded: RecordedCall[] = (calls[name] = [])
    const made = fakeResource(given[name] ?? {}, recorded)
    return [name, defineResource(name, { config: z.strictObject({}), setup: () => made })] as const
  })
  return { calls, resources: Object.fromEntries(resources) }
}

type AnyAsset = Parameters<typeof orderOf>[0]

async function store(dataset: Dataset, asset: AnyAsset, rows: readonly Row[]): Promise<void> {
  const { columns, partitions } = asset
  const grains = grainsOf(asset)
  async function* batches() {
    yield batchOf(rows, columns)
  }
  const partitionBy = partitions.map(({ column }) => column)
  const base = await dataset.head()
  const staging = await dataset.stage({
    version: `given-${(base?.number ?? 0) + 1}`,
    columns,
    partitionBy,
    ...(grains && { grains }),
    replace: undefined,
    base,
  })
  await staging.seal(await dataset.append!(staging.target, columns, batches()))
  await staging.publish({ app: 'given', runId: 'given', inputs: {}, mayRebase: false })
}

/** What stands in a dataset; nothing of an asset that this run did not write. */
async function load(dataset: Dataset, { columns }: AnyAsset): Promise<readonly Row[]> {
  const version = await dataset.head()
  if (!version) return []
  const rows: Row[] = []
  for await (const batch of dataset.read!(await dataset.locate(version), columns))
    rows.push(...rowsOf(batch, columns))
  return rows
}
