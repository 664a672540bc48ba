import { randomBytes } from 'node:crypto'
import { allChecks, partitionId, type AnyAsset, type PartitionKey } from '../asset/index.ts'
import { leafAssets, type GraphNode } from '../app/index.ts'
import type { Written } from '../dataset/index.ts'
import type { Engine, EngineSession, Relation } from '../engine/index.ts'
import { LevadaError, throwAll } from '../errors/index.ts'
import { boundsOf, queryBuilder, type Step } from '../plan/index.ts'
import { needsCandidate } from './checks.ts'
import { inputRelation, versionFor, type RunContext } from './context.ts'
import { runFunction } from './function-node.ts'
import { namingAsset, stepFacts, type OutputWrite } from './output.ts'
import { writeBatches } from './relation.ts'
import { resultProblems } from './result-fit.ts'
import { checkOutput, checkSource } from './step-checks.ts'

/** Runs one step: stage, check, publish. What it throws is why it failed; nothing is visible then. */
export async function runStep(context: RunContext, step: Step): Promise<void> {
  const engine = await context.engines.get(step.engine)
  await using session = await engine.open()
  if (step.work.kind === 'source')
    return await checkSource({ context, step, engine, session }, step.work.source)
  const { node } = step.work
  const writes: OutputWrite[] = []
  try {
    for (const asset of Object.values(node.node.outputs)) writes.push(await openWrite(context, step, asset))
    const written = await produce(context, step, node, engine, session, writes)
    for (const [i, { asset, staging }] of writes.entries()) {
      checkRange(asset, step.partition, written[i]!)
      await staging.seal(written[i]!)
    }
    for (const [i, write] of writes.entries())
      await checkOutput({ context, step, engine, session }, write, writes, written[i]!.rows)
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
  const { engines } = context
  const { columns } = asset
  return [
    await namingAsset(asset, () =>
      writeBatches(engines, dataset, staging.target, columns, cursor.batches(), signal),
    ),
  ]
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
  const lie = rows === 1 ? '1 row' : `${rows} rows`
  const some = outside.slice(0, 3).map(({ key }) => partitionId(names, key))
  const range = partition ? partitionId(names, partition) : 'the bounds of its partitions'
  throw new LevadaError(
    'ROW_OUT_OF_RANGE',
    `${lie} of '${asset.name}' ${rows === 1 ? 'lies' : 'lie'} outside ${range}: ${some.join(', ')}${outside.length > 3 ? ' …' : ''}.`,
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
