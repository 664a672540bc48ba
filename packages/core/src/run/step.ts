import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { allChecks, partitionId, type AnyAsset, type PartitionKey } from '../asset/index.ts'
import { leafAssets, type GraphNode } from '../app/index.ts'
import type { Written } from '../dataset/index.ts'
import type { Engine, EngineSession, Relation } from '../engine/index.ts'
import { LevadaError, throwAll } from '../errors/index.ts'
import type { CheckResult } from '../events/index.ts'
import { boundsOf, queryBuilder, type Step } from '../plan/index.ts'
import { evaluateChecks, needsCandidate, type CheckTarget } from './checks.ts'
import { inputRelation, versionFor, type RunContext } from './context.ts'
import { runFunction } from './function-node.ts'
import { relationAt } from './relation.ts'
import { appendTo, namingAsset, stepFacts, type OutputWrite } from './output.ts'
import { resultProblems } from './result-fit.ts'

/** Runs one step: stage, check, publish. What it throws is why it failed; nothing is visible then. */
export async function runStep(context: RunContext, step: Step): Promise<void> {
  const engine = await context.engines.get(step.engine)
  await using session = await engine.open()
  if (step.work.kind === 'source') return await checkSource(context, step, step.work.source, engine, session)
  const { node } = step.work
  const writes: OutputWrite[] = []
  try {
    for (const asset of Object.values(node.node.outputs)) writes.push(await openWrite(context, step, asset))
    const written = await produce(context, step, node, engine, session, writes)
    for (const [i, { asset, staging }] of writes.entries()) {
      checkRange(asset, step.partition, written[i]!)
      await staging.seal(written[i]!)
    }
    for (const write of writes) await checkOutput(context, step, write, engine, session)
    context.signal.throwIfAborted()
    for (const [i, write] of writes.entries()) await publish(context, step, write, written[i]!)
  } catch (error) {
    await Promise.allSettled(writes.map(({ staging }) => staging.discard()))
    throw error
  }
}

async function openWrite(context: RunContext, step: Step, asset: AnyAsset): Promise<OutputWrite> {
  const { dataset } = context.catalog.entry(asset.name)
  const base = await dataset.head()
  const staging = await dataset.stage({
    version: `${context.runId}-${randomBytes(3).toString('hex')}`,
    columns: asset.columns,
    partitionBy: asset.partitions.map(({ column }) => column),
    replace: step.partition && asset.partitions.length > 0 ? [step.partition] : undefined,
    base,
  })
  return { asset, dataset, base, staging }
}

/** Runs the node itself, so that its rows stand in the targets. */
async function produce(
  context: RunContext,
  step: Step,
  node: GraphNode,
  engine: Engine,
  session: EngineSession,
  writes: readonly OutputWrite[],
): Promise<readonly Written[]> {
  const inputs = Object.values(node.node.inputs)
  const relations = new Map<AnyAsset, Relation>()
  for (const asset of leafAssets(inputs)) relations.set(asset, await inputRelation(context, step, asset))
  const dimensions = writes.find(({ asset }) => asset.partitions.length > 0)?.asset.partitions ?? []
  const builder = queryBuilder({
    dialect: engine.dialect.name,
    root: context.appDir,
    params: context.params[node.pipeline] ?? {},
    bounds: boundsOf(dimensions, step.partition),
    scan: (asset) => relations.get(asset)!,
  })
  const { work } = node.node
  if (work.kind === 'function')
    return runFunction({ context, step, node, engine, writes, relation: builder.relation })
  const { asset, dataset, staging } = writes[0]!
  const query = builder.query(node.node, work.sql)
  throwAll(resultProblems(query, await session.bind(query), asset))
  const { signal } = context
  if (engine.canWrite(staging.target))
    return [await namingAsset(asset, () => session.write(query, asset.columns, staging.target, { signal }))]
  const cursor = await session.read(query, asset.columns, { signal })
  return [await appendTo(dataset)(staging.target, asset.columns, cursor.batches())]
}

function checkRange(asset: AnyAsset, partition: PartitionKey | undefined, written: Written): void {
  const names = asset.partitions.map(({ column }) => column)
  const outside = written.partitions.filter(({ key }) =>
    asset.partitions.some(({ column, start, end }) => {
      const value = key[column]!
      return partition
        ? value !== partition[column]
        : (start !== undefined && value < start) || (end !== undefined && value >= end)
    }),
  )
  if (outside.length === 0) return
  const rows = outside.reduce((sum, { rows: n }) => sum + n, 0)
  const some = outside.slice(0, 3).map(({ key }) => partitionId(names, key))
  const range = partition ? partitionId(names, partition) : 'the bounds of its partitions'
  throw new LevadaError(
    'ROW_OUT_OF_RANGE',
    `${rows} rows of '${asset.name}' lie outside ${range}: ${some.join(', ')}${outside.length > 3 ? ' …' : ''}.`,
  )
}

async function checkOutput(
  context: RunContext,
  step: Step,
  { asset, staging, dataset, base }: OutputWrite,
  engine: Engine,
  session: EngineSession,
): Promise<void> {
  const increment = relationAt(engine, dataset, staging.increment(), asset.columns, undefined)
  const candidate = step.partition
    ? relationAt(engine, dataset, staging.candidate(), asset.columns, base)
    : increment
  const results = await evaluateChecks({
    asset,
    session,
    engine,
    increment,
    candidate,
    source: false,
    signal: context.signal,
    ...checkSupport(context, step),
  })
  reportChecks(context, step, asset, results)
}

const checkSupport = (
  context: RunContext,
  step: Step,
): Pick<CheckTarget, 'related' | 'failedDir' | 'makeDir'> => ({
  related: (asset: AnyAsset): Promise<Relation> => inputRelation(context, step, asset),
  failedDir: join(context.appDir, '.levada', 'runs', context.runId, 'failed'),
  makeDir: async (path: string): Promise<void> => void (await mkdir(path, { recursive: true })),
})

async function checkSource(
  context: RunContext,
  step: Step,
  asset: AnyAsset,
  engine: Engine,
  session: EngineSession,
): Promise<void> {
  const rows = await inputRelation(context, step, asset)
  const results = await evaluateChecks({
    asset,
    session,
    engine,
    increment: rows,
    candidate: rows,
    source: true,
    signal: context.signal,
    ...checkSupport(context, step),
  })
  reportChecks(context, step, asset, results)
}

/** Emits every result. @throws CHECK_FAILED, CHECK_CRASHED when one of severity error did not pass */
function reportChecks(
  context: RunContext,
  step: Step,
  asset: AnyAsset,
  results: readonly CheckResult[],
): void {
  for (const result of results) context.emitter.emit({ type: 'check_finished', ...stepFacts(step), result })
  const blocking = results.filter(({ severity, outcome }) => severity === 'error' && outcome !== 'passed')
  throwAll(
    blocking.map(({ check, failed_rows, rows, error, sample, failed_rows_at }) => {
      if (error) return new LevadaError('CHECK_CRASHED', error.message)
      const message = `Check ${check} of '${asset.name}' failed: ${failed_rows} of ${rows} rows.`
      const hint = failed_rows_at
        ? `See all of them: levada show ${asset.name} --failed. Correct the data or the check, then run again.`
        : undefined
      return new LevadaError('CHECK_FAILED', message, {
        ...(hint && { hint }),
        details: { asset: asset.name, check, failed_rows, rows, sample, failed_rows_at },
      })
    }),
  )
}

async function publish(
  context: RunContext,
  step: Step,
  { asset, dataset, base, staging }: OutputWrite,
  written: Written,
): Promise<void> {
  const inputs = Object.fromEntries(
    step.inputs.flatMap(({ asset: name }) => {
      const version = versionFor(context, step, name)
      return version ? [[name, version.id] as const] : []
    }),
  )
  const mayRebase = allChecks(asset).every(
    (check) => check.severity === 'warn' || !needsCandidate(asset, check),
  )
  const version = await staging.publish({ app: context.app.name, runId: context.runId, inputs, mayRebase })
  context.made.set(asset.name, version)
  const names = asset.partitions.map(({ column }) => column)
  const kept = new Set(version.partitions.map(({ key }) => partitionId(names, key)))
  context.emitter.emit({
    type: 'asset_materialized',
    ...stepFacts(step),
    asset: asset.name,
    version: version.id,
    number: version.number,
    rows: version.rows,
    rows_written: written.rows,
    bytes_written: written.sizeBytes,
    partitions_written: names.length > 0 ? written.partitions.length : 0,
    partitions_dropped:
      base?.partitions.map(({ key }) => key).filter((key) => !kept.has(partitionId(names, key))) ?? [],
    ...(base && { rows_before: base.rows }),
    inputs,
    address: dataset.address,
  })
}
