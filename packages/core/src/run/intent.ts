import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { AnyAsset, PartitionKey } from '../asset/index.ts'
import type { GraphNode } from '../app/index.ts'
import type { Held, Version, Written } from '../dataset/index.ts'
import { makeFolder, onDisk, remove, sync, writeDurably } from '../dataset/os.ts'
import { sha256 } from '../dataset/sha256.ts'
import { isLevadaError } from '../errors/index.ts'
import type { Step } from '../plan/index.ts'
import type { RunContext } from './context.ts'
import { runFolder } from './log-sink.ts'
import type { OutputWrite } from './output.ts'

/** What a step with several outputs is about to publish, all of it staged, sealed and checked. */
interface Intent {
  readonly format: 1
  readonly step: string
  /** Version ids of what it has read, by asset key. */
  readonly inputs: Readonly<Record<string, string>>
  readonly outputs: readonly {
    readonly asset: string
    /** As its dataset holds it. */
    readonly held: Held
    readonly base?: Pick<Version, 'id' | 'number'>
    readonly rows: number
    readonly size_bytes: number
    readonly partitions: readonly PartitionKey[]
  }[]
}

/** What is published of an output: of what the engine told, without its files. */
export type Counts = Pick<Written, 'rows' | 'sizeBytes'> & {
  readonly partitions: readonly { readonly key: PartitionKey }[]
}

/** Outputs that an attempt before has staged, sealed and checked. */
export interface Reopened {
  readonly inputs: Intent['inputs']
  /** Those that are not published yet. */
  readonly rest: readonly { readonly write: OutputWrite; readonly written: Counts }[]
}

/** A name for any step. */
const fileOf = ({ appDir, runId }: RunContext, { id }: Step): string =>
  join(runFolder(appDir, runId), 'publishing', `${sha256(id).slice(0, 16)}.json`)

/**
 * Writes down, so that it lasts, what becomes visible next: whoever goes on with the run publishes the rest without computing it again.
 * @returns false when one of the datasets cannot hold a write
 */
export async function writeIntent(
  context: RunContext,
  step: Step,
  inputs: Intent['inputs'],
  outputs: readonly { readonly write: OutputWrite; readonly written: Written }[],
): Promise<boolean> {
  if (outputs.some(({ write: { dataset, staging } }) => !dataset.reopen || !staging.hold)) return false
  const intent: Intent = {
    format: 1,
    step: step.id,
    inputs,
    outputs: outputs.map(({ write: { asset, base, staging }, written }) => ({
      asset: asset.name,
      held: staging.hold!(),
      ...(base && { base: { id: base.id, number: base.number } }),
      rows: written.rows,
      size_bytes: written.sizeBytes,
      partitions: written.partitions.map(({ key }) => key),
    })),
  }
  const file = fileOf(context, step)
  await onDisk('Writing what a step is about to publish', async () => {
    const folder = dirname(file)
    const parents = await makeFolder(folder)
    await writeDurably(file, JSON.stringify(intent))
    for (const path of [folder, ...parents]) await sync(path)
  })
  return true
}

/** One that cannot be removed does no harm: what it names is published or gone by then. */
export const removeIntent = (context: RunContext, step: Step): Promise<void> =>
  remove(fileOf(context, step)).catch(() => undefined)

/** What is left to publish of an attempt that was cut off; undefined when there is none, or not all of it is there any more. */
export async function reopenIntent(
  context: RunContext,
  step: Step,
  node: GraphNode,
): Promise<Reopened | undefined> {
  const intent = readIntent(fileOf(context, step))
  if (!intent || intent.step !== step.id) return undefined
  const rest: { write: OutputWrite; written: Counts }[] = []
  for (const { asset: name, held, base, rows, size_bytes: sizeBytes, partitions } of intent.outputs) {
    if (context.resumes?.versions.has(held.version) || context.made.get(name)?.id === held.version) continue
    const write = await reopen(context, node, { name, held, base })
    if (!write) {
      await Promise.allSettled(rest.map((each) => each.write.staging.discard()))
      return undefined
    }
    rest.push({ write, written: { rows, sizeBytes, partitions: partitions.map((key) => ({ key })) } })
  }
  return { inputs: intent.inputs, rest }
}

async function reopen(
  { catalog }: RunContext,
  { node }: GraphNode,
  { name, held, base: before }: { name: string; held: Held; base: Intent['outputs'][number]['base'] },
): Promise<OutputWrite | undefined> {
  const asset: AnyAsset | undefined = Object.values(node.outputs).find((output) => output.name === name)
  if (!asset) return undefined
  const { dataset } = catalog.entry(name)
  const staging = await dataset.reopen?.(held)
  const base = before && (await dataset.version?.(before.number))
  return staging && base?.id === before?.id
    ? { asset, dataset, target: staging.target, base, staging }
    : undefined
}

/** One that a kill has cut off is none: nothing of it was published. */
function readIntent(file: string): Intent | undefined {
  if (!existsSync(file)) return undefined
  try {
    const found = JSON.parse(readFileSync(file, 'utf8')) as Partial<Intent> | null
    return found?.format === 1 && Array.isArray(found.outputs) ? (found as Intent) : undefined
  } catch {
    return undefined
  }
}

const refusals = new Set(['CONFLICT', 'FOREIGN_ASSET', 'SUPERSEDED'])

/** Whether what was staged can never be published. */
export const isRefused = (error: unknown): boolean => isLevadaError(error) && refusals.has(error.code)
