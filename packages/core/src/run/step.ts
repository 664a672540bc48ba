import { allChecks, grainsOf, partitionId, type AnyAsset } from '../asset/index.ts'
import type { PublishingGroup, PublishRequest, Version, Written } from '../dataset/index.ts'
import type { Relation } from '../engine/index.ts'
import type { GraphNode } from '../app/index.ts'
import { coveredBy, type Step } from '../plan/index.ts'
import { needsCandidate } from './checks.ts'
import { inputRelation, standingRelation, versionFor, type RunContext } from './context.ts'
import type { Counts } from './intent.ts'
import { lateSession } from './late-session.ts'
import { stepFacts, type OutputWrite } from './output.ts'
import { incrementalOutput } from './incremental-output.ts'
import { checkRange, produce } from './produce.ts'
import { provenanceOf, statesRead, type Making } from './provenance.ts'
import { randomHex } from '../dataset/random-hex.ts'
import { checkOutput, checkSource } from './step-checks.ts'

/**
 * Runs one step: stage, check, publish. What it throws is why it failed; nothing is visible then, but for a failure between the
 * publishes of several outputs, after which another attempt publishes the rest.
 */
export async function runStep(context: RunContext, planned: Step, attempt: number): Promise<void> {
  const engine = await context.engines.get(planned.engine)
  await using session = lateSession(engine)
  if (planned.work.kind === 'source')
    return await checkSource({ context, step: planned, engine, session }, planned.work.source)
  const { node } = planned.work
  let step = planned
  const before = context.resumes || attempt > 1
  if (before && node.writes.length > 1 && (await publishRest(context, step, node))) return
  const writes: OutputWrite[] = []
  let held = false
  try {
    // Nothing is recorded of a node that only acts.
    const states = node.writes.length > 0 ? await statesRead(context, step) : undefined
    const part =
      states && mayNarrow(step, node)
        ? await (await import('./narrow.ts')).narrowed(context, node, states, engine.dialect)
        : undefined
    if (part) step = { ...step, partitions: part.partitions }
    const making = { context, step, node, engine, session }
    const increment = incrementalOutput(node)
      ? await (
          await import('./incremental.ts')
        ).stageIncrement({
          ...making,
          input: (asset) => inputRelation(context, step, asset),
        })
      : undefined
    const written: Written[] = increment ? [increment.written] : []
    if (increment) writes.push(increment.write)
    else if (part?.partitions.length === 0) {
      // A version all the same, since those that read it in this run read what this run made.
      const [asset] = node.outputs
      const write = await openWrite(context, step, asset!)
      writes.push(write)
      written.push({ rows: 0, sizeBytes: 0, files: [], partitions: [] })
      await write.staging.seal(written[0]!)
    } else {
      for (const asset of Object.values(node.node.outputs)) writes.push(await openWrite(context, step, asset))
      const keepsRows = writes.every(({ dataset }) => dataset.capabilities.rows === true)
      const input = (asset: AnyAsset): Promise<Relation> =>
        (keepsRows ? inputRelation : standingRelation)(context, step, asset)
      const limit = part?.limit
      const producing = produce({ ...making, writes, input, ...(limit !== undefined && { limit }) })
      // What is recorded in the end is looked up while the engine works; who publishes tells what is wrong with it.
      for (const { asset } of writes) context.fingerprints.of(node, asset).catch(() => {})
      written.push(...(await producing))
      for (const [i, { asset, staging }] of writes.entries()) {
        checkRange({ context, step, node }, asset, written[i]!)
        await staging.seal(written[i]!)
      }
    }
    for (const [i, write] of writes.entries())
      await checkOutput({ context, step, engine, session }, write, writes, written[i]!)
    context.signal.throwIfAborted()
    if (!states) return
    const publishing = { context, step, node, states, inputs: versionsRead(context, step) }
    const group = groupOf(writes)
    if (group) await publishTogether(publishing, group, writes, written)
    else {
      held = writes.length > 1 && (await intend(publishing, writes, written))
      for (const [i, write] of writes.entries()) await publish(publishing, write, written[i]!)
    }
    if (held) await (await import('./intent.ts')).removeIntent(context, step)
  } catch (error) {
    // Whoever goes on with the run publishes the rest of what is staged.
    if (held && !(await import('./intent.ts')).isRefused(error)) throw error
    await Promise.allSettled(writes.map(({ staging }) => staging.discard()))
    if (held) await (await import('./intent.ts')).removeIntent(context, step)
    throw error
  }
}

/** Whether a step writes all partitions of its one output for no other reason than that its inputs are others. */
const mayNarrow = ({ partitions, reasons }: Step, { outputs }: GraphNode): boolean =>
  !partitions &&
  outputs.length === 1 &&
  outputs[0]!.partitions.length > 0 &&
  !outputs[0]!.incremental &&
  reasons.length > 0 &&
  reasons.every(({ kind }) => kind === 'made' || kind === 'input')

/** Version ids of what a step reads, by asset key. */
const versionsRead = (context: RunContext, step: Step): Readonly<Record<string, string>> =>
  Object.fromEntries(
    step.inputs.flatMap(({ asset: name }) => {
      const version = versionFor(context, step, name)
      return version ? [[name, version.id] as const] : []
    }),
  )

/** What publishes several outputs in one act, if all of them are stored where that is possible. */
function groupOf(writes: readonly OutputWrite[]): PublishingGroup | undefined {
  if (writes.length < 2 || writes.some(({ dataset }) => dataset.capabilities.atomicGroup !== true))
    return undefined
  const [group] = writes.map(({ staging }) => staging.group)
  return group && writes.every(({ staging }) => staging.group?.key === group.key) ? group : undefined
}

async function publishTogether(
  publishing: Publishing,
  group: PublishingGroup,
  writes: readonly OutputWrite[],
  written: readonly Written[],
): Promise<void> {
  const members: { readonly member: unknown; readonly request: PublishRequest }[] = []
  for (const [i, write] of writes.entries())
    members.push({
      member: write.staging.group!.member,
      request: await requestOf(publishing, write, written[i]!),
    })
  const versions = await group.publishAll(members)
  for (const [i, write] of writes.entries()) published(publishing, write, written[i]!, versions[i]!)
}

/** Several outputs become visible one after the other: what is to be published is written down first. */
async function intend(
  { context, step, inputs }: Publishing,
  writes: readonly OutputWrite[],
  written: readonly Written[],
): Promise<boolean> {
  const { writeIntent } = await import('./intent.ts')
  return writeIntent(
    context,
    step,
    inputs,
    writes.map((write, i) => ({ write, written: written[i]! })),
  )
}

/** Publishes what an attempt before had staged and checked and did not come to publish. @returns false when there is nothing of it */
async function publishRest(context: RunContext, step: Step, node: GraphNode): Promise<boolean> {
  const { isRefused, removeIntent, reopenIntent } = await import('./intent.ts')
  const reopened = await reopenIntent(context, step, node)
  if (!reopened) return false
  const { inputs, rest } = reopened
  try {
    const states = await statesRead(context, step)
    for (const { write, written } of rest)
      await publish({ context, step, node, states, inputs }, write, written)
  } catch (error) {
    if (!isRefused(error)) throw error
    await Promise.allSettled(rest.map(({ write }) => write.staging.discard()))
    await removeIntent(context, step)
    return false
  }
  await removeIntent(context, step)
  return true
}

async function openWrite(context: RunContext, step: Step, asset: AnyAsset): Promise<OutputWrite> {
  const { dataset } = context.catalog.entry(asset.name)
  const base = await dataset.head()
  const grains = grainsOf(asset)
  const staging = await dataset.stage({
    version: `${context.runId}-${randomHex()}`,
    columns: asset.columns,
    partitionBy: asset.partitions.map(({ column }) => column),
    ...(grains && { grains }),
    replace: asset.partitions.length > 0 ? step.partitions : undefined,
    base,
  })
  return { asset, dataset, target: staging.target, base, staging }
}

interface Publishing extends Omit<Making, 'asset'> {
  readonly step: Step
  /** Version ids of what was read, by asset key. */
  readonly inputs: Readonly<Record<string, string>>
}

async function publish(publishing: Publishing, write: OutputWrite, written: Counts): Promise<void> {
  const request = await requestOf(publishing, write, written)
  published(publishing, write, written, await write.staging.publish(request))
}

/** @throws SUPERSEDED */
async function requestOf(
  { context, step, node, states, inputs }: Publishing,
  { asset, base, upTo, replaces = [] }: OutputWrite,
  written: Counts,
): Promise<PublishRequest> {
  const mayRebase = allChecks(asset).every(
    (check) => check.severity === 'warn' || !needsCandidate(asset, check),
  )
  const covers = step.partitions ? undefined : coveredBy({ graph: context.graph, node, asset, states })
  const stored = upTo && base ? [...base.partitions, ...(base.empty ?? [])].map(({ key }) => key) : []
  const keys = [
    ...written.partitions.map(({ key }) => key),
    ...(step.partitions ?? []),
    ...replaces,
    ...stored,
    ...(covers?.partitions ?? []),
  ]
  const provenance = await provenanceOf({ context, node, asset, states }, keys)
  await context.leases?.check(asset.name)
  return {
    app: context.app.name,
    runId: context.runId,
    step: step.id,
    inputs,
    mayRebase,
    provenance,
    ...(upTo && { upTo }),
    ...(covers && { covers }),
    pinned: async () => (await import('./pins.ts')).pinnedIds(context.appDir),
  }
}

function published(
  { context, step, inputs }: Publishing,
  { asset, dataset, base }: OutputWrite,
  written: Counts,
  version: Version,
): void {
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
