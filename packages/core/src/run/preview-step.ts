import { partitionId, type AnyAsset, type PartitionKey } from '../asset/index.ts'
import type { GraphNode } from '../app/index.ts'
import type { Version } from '../dataset/index.ts'
import { LevadaError, placed, throwAll, toLevadaErrors } from '../errors/index.ts'
import {
  checkRequest,
  partitionsFor,
  readPartitions,
  runCommand,
  type Step,
  type StepInput,
} from '../plan/index.ts'
import type { RunContext } from './context.ts'

/** A step for the partitions that are wanted, or for one where one can be chosen, and the inputs that are read in part. */
export async function previewStep(
  context: RunContext,
  node: GraphNode,
  wanted: string | undefined,
): Promise<{ readonly step: Step; readonly limited: ReadonlySet<string> }> {
  const outputs = Object.values(node.node.outputs)
  const pins = await pinReads(context, node)
  if (wanted !== undefined) checkRequest(wanted, [...outputs, ...pins.map(({ asset }) => asset)])
  const partitions =
    wanted === undefined ? await latestPartition(context, outputs, pins) : partitionsFor(wanted, outputs)
  const limited = new Set<string>()
  const leaves = new Set(node.declared.map(({ name }) => name))
  const inputs = pins.map(({ asset, version, env }): StepInput => {
    const only = partitions
      ? readPartitions(context.graph, node, asset.name, partitions)
      : wanted !== undefined && asset.partitions.length > 0
        ? partitionsFor(wanted, [asset])
        : latestOf(asset, version)
    if (!only && !partitions && leaves.has(asset.name)) limited.add(asset.name)
    return {
      asset: asset.name,
      from: version ? 'version' : 'source',
      ...(version && { version }),
      partitions: leaves.has(asset.name) ? only : undefined,
      env,
      moved: false,
    }
  })
  const step: Step = {
    id: node.id,
    pipeline: node.pipeline,
    node: node.node.name,
    work: { kind: 'node', node },
    partitions,
    reason: 'preview',
    reasons: [],
    engine: context.engines.nameFor(outputs[0]?.name),
    views: [],
    inputs,
    outputs: [],
    needs: [],
  }
  return { step, limited }
}

interface Pin {
  /** As its provider declares it. */
  readonly asset: AnyAsset
  readonly version: Version | undefined
  readonly env: string
}

/** The current versions of what a node and the checks of its outputs read. @throws NOT_MATERIALIZED, … all at once */
async function pinReads(
  { graph, catalog, reading, env: here }: RunContext,
  node: GraphNode,
): Promise<readonly Pin[]> {
  const pins: Pin[] = []
  const errors: LevadaError[] = []
  for (const name of node.reads) {
    const { asset, role } = graph.assets.get(name)!
    try {
      const { dataset, env } = await reading.find(name)
      const version = await dataset.head()
      if (!version && role !== 'source' && !(await dataset.exists()))
        throw new LevadaError('NOT_MATERIALIZED', `'${name}' has not been built in environment '${here}'.`, {
          hint: `Build it first: ${runCommand(`+${name}`, here)}`,
        })
      if (role === 'source') await dataset.locate(version)
      pins.push({ asset, version, env })
    } catch (error) {
      for (const one of toLevadaErrors(error))
        errors.push(one.code === 'DATA_MISSING' ? placed(one, catalog.entry(name).place) : one)
    }
  }
  throwAll(errors)
  return pins
}

/** The latest stored partition, in the order of its values, that is not much smaller than others: the last may be half there. */
function latestOf(
  { partitions }: AnyAsset,
  version: Version | undefined,
): readonly PartitionKey[] | undefined {
  const names = partitions.map(({ column }) => column)
  if (names.length === 0 || !version) return undefined
  const stored = version.partitions.toSorted((a, b) =>
    partitionId(names, a.key) < partitionId(names, b.key) ? 1 : -1,
  )
  const counts = stored.map(({ rows }) => rows).toSorted((a, b) => a - b)
  const usual = (counts[Math.floor(counts.length / 2)] ?? 0) / 2
  const latest = stored.find(({ rows }) => rows >= usual)
  return latest && [latest.key]
}

/** The latest partition of what is read, or else of what is written, when they are partitioned alike. */
async function latestPartition(
  { catalog }: RunContext,
  outputs: readonly AnyAsset[],
  pins: readonly Pin[],
): Promise<readonly PartitionKey[] | undefined> {
  const output = outputs.find(({ partitions }) => partitions.length > 0)
  if (!output) return undefined
  const dimensions = (asset: AnyAsset): string =>
    asset.partitions
      .map(({ kind, column }) => `${kind} ${column}`)
      .toSorted((a, b) => (a < b ? -1 : 1))
      .join(', ')
  for (const { asset, version } of pins) {
    const latest = dimensions(asset) === dimensions(output) ? latestOf(asset, version) : undefined
    if (latest) return latest
  }
  return latestOf(output, await catalog.entry(output.name).dataset.head())
}
