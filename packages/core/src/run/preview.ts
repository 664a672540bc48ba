import type { AnyAsset, PartitionKey } from '../asset/index.ts'
import type { GraphNode } from '../app/index.ts'
import type { Batch } from '../dataset/index.ts'
import type { Engine, EngineSession, Relation, Signal } from '../engine/index.ts'
import { LevadaError } from '../errors/index.ts'
import type { CheckResult, EventSink } from '../events/index.ts'
import type { Step } from '../plan/index.ts'
import type { Column } from '../schema/index.ts'
import { evaluateChecks } from './checks.ts'
import { assetRelation, inputRelation, type RunContext } from './context.ts'
import { createEmitter } from './emitter.ts'
import type { OutputTarget } from './output.ts'
import { checkRange, produce } from './produce.ts'
import { previewStep } from './preview-step.ts'
import { relationAt } from './relation.ts'
import type { Row } from './rows.ts'
import { scratchOutput, type Scratch } from './scratch.ts'
import { unchecked } from './unchecked.ts'

export interface PreviewOptions {
  /** `2001-03-04`, `2001-03-01..2001-03-07`. @default the latest partition, with a usual number of rows, of what the node reads, for a node whose output is partitioned alike */
  readonly partition?: string
  /** How many rows of each output are given back. @default 10 */
  readonly limit?: number
  readonly signal?: Signal
  /** Gets the events `log` of the node. */
  readonly sink?: EventSink
}

export interface PreviewInput {
  readonly asset: string
  readonly env: string
  /** Only these partitions were read. */
  readonly partitions?: readonly PartitionKey[]
  /** At most so many rows were read. */
  readonly limit?: number
}

export interface PreviewOutput {
  readonly asset: string
  readonly columns: readonly Column[]
  /** The first of them. */
  readonly rows: readonly Row[]
  /** How many the node made; at least so many when `cut`. */
  readonly count: number
  readonly cut: boolean
}

/** What a node would make of a part of its inputs. Nothing of it is published. */
export interface Preview {
  readonly node: string
  /** The rows are those that a run of these partitions would write. */
  readonly partitions: readonly PartitionKey[] | undefined
  readonly inputs: readonly PreviewInput[]
  readonly outputs: readonly PreviewOutput[]
  /** Looked at the rows of this preview only. */
  readonly checks: readonly CheckResult[]
  /** Checks that a part of the rows says nothing about. */
  readonly notChecked: readonly string[]
}

/** Rows that are read of an input of which no partition can be chosen. */
const sampled = 100_000
/** Rows of a result that are held for its checks. */
const held = 100_000

/** Why a node is not run to be looked at. */
export function previewProblem({ node }: GraphNode): string | undefined {
  const [resource] = Object.keys(node.resources)
  if (resource !== undefined) return `it uses the resource '${resource}', which would really act`
  return Object.keys(node.outputs).length === 0 ? 'it has no output, so it really acts' : undefined
}

/**
 * Runs a node into memory, on some partitions or on a part of its inputs, and its checks on the result.
 * @throws NOT_SUPPORTED for a node that acts, NOT_MATERIALIZED, PARTITION_UNKNOWN and what running the node throws
 */
export async function previewNode(
  shared: Omit<RunContext, 'emitter' | 'made' | 'signal' | 'now'>,
  node: GraphNode,
  options: PreviewOptions,
): Promise<Preview> {
  const problem = previewProblem(node)
  if (problem !== undefined)
    throw new LevadaError('NOT_SUPPORTED', `Node '${node.id}' is not run here: ${problem}.`, {
      hint: 'Run it in an environment where it may: levada run',
    })
  const signal = options.signal ?? new AbortController().signal
  const sinks = options.sink ? [options.sink] : []
  const emitter = createEmitter(shared.runId, sinks, shared.redact, () => undefined)
  const now = new Date().toISOString()
  const context: RunContext = { ...shared, now, emitter, signal, made: new Map() }
  const { step, limited } = await previewStep(context, node, options.partition)
  const engine = await context.engines.get(step.engine)
  await using session = await engine.open()
  const input = async (asset: AnyAsset): Promise<Relation> => {
    const relation = await inputRelation(context, step, asset)
    return limited.has(asset.name) ? firstRows(relation, sampled) : relation
  }
  const sql = node.node.work.kind === 'sql'
  const writes = Object.values(node.node.outputs).map((asset) => scratchOutput(asset, held, sql))
  const written = await produce({
    context,
    step,
    node,
    engine,
    session,
    writes: sql ? writes.map(asItComes) : writes,
    input,
  })
  writes.forEach(({ asset }, i) => checkRange({ context, step, node }, asset, written[i]!))
  const part = step.partitions !== undefined || limited.size > 0 || writes.some(({ cut }) => cut)
  const checks: CheckResult[] = []
  for (const write of writes)
    checks.push(...(await check({ context, step, engine, session, write, writes, part })))
  return {
    node: node.id,
    partitions: step.partitions,
    inputs: step.inputs.map(({ asset, env, partitions }) => ({
      asset,
      env,
      ...(partitions && { partitions }),
      ...(limited.has(asset) && { limit: sampled }),
    })),
    outputs: writes.map((write) => ({
      asset: write.asset.name,
      columns: write.asset.columns,
      rows: write.rows(options.limit ?? 10),
      count: write.count,
      cut: write.cut,
    })),
    checks,
    notChecked: part ? writes.flatMap(({ asset }) => wholeChecks(asset).map(({ name }) => name)) : [],
  }
}

const wholeChecks = ({ checks }: AnyAsset) => checks.filter(({ rule }) => rule.kind === 'rowCount')

interface Checking {
  readonly context: RunContext
  readonly step: Step
  readonly engine: Engine
  readonly session: EngineSession
  readonly write: Scratch
  readonly writes: readonly Scratch[]
  /** The rows are a part only. */
  readonly part: boolean
}

async function check({
  context,
  step,
  engine,
  session,
  write,
  writes,
  part,
}: Checking): Promise<readonly CheckResult[]> {
  const made = ({ dataset, location }: Scratch, { columns }: AnyAsset): Promise<Relation> =>
    relationAt(
      { engines: context.engines, engine, signal: context.signal },
      dataset,
      location,
      columns.map(unchecked),
    )
  const { asset } = write
  const skipped = part ? wholeChecks(asset) : []
  const rows = await made(write, asset)
  return evaluateChecks({
    asset: { ...asset, checks: asset.checks.filter((each) => !skipped.includes(each)) },
    increment: rows,
    candidate: rows,
    related: (other) => {
      const own = writes.find((each) => each.asset.name === other.name)
      return own ? made(own, other) : assetRelation(context, step, other, undefined)
    },
    source: false,
    session,
    engine,
    engines: context.engines,
    signal: context.signal,
    root: context.appDir,
  })
}

/** Where the rows of SQL go before they are checked. */
const asItComes = ({ asset, dataset, target }: Scratch): OutputTarget => ({
  asset: { ...asset, columns: asset.columns.map(unchecked) },
  dataset,
  target,
})

/** The first rows of a relation, in no order. */
function firstRows(relation: Relation, most: number): Relation {
  if (relation.kind === 'batches') return { ...relation, batches: () => take(relation.batches(), most) }
  return {
    kind: 'query',
    name: 'a part of the input',
    sql: { text: `select * from part limit ${most}`, file: 'preview', line: 1, column: 1 },
    inputs: { part: relation },
    params: {},
    trusted: true,
  }
}

async function* take(batches: AsyncIterable<Batch>, most: number): AsyncGenerator<Batch> {
  let left = most
  for await (const { length, columns } of batches) {
    yield { length: Math.min(left, length), columns: columns.map((values) => values.slice(0, left)) }
    left -= length
    if (left <= 0) return
  }
}
