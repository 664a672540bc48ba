import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { AnyAsset } from '../asset/index.ts'
import type { GraphNode } from '../app/index.ts'
import type { Fingerprint } from '../dataset/index.ts'
import { onDisk } from '../dataset/os.ts'
import { numbering } from '../dataset/version-json.ts'
import type { Mode, ParamValues, Plan, PlannedStep } from '../plan/index.ts'
import type { RunContext } from './context.ts'
import { runFolder } from './log-sink.ts'

/** Where an asset stood that a run reads and does not make. */
export interface RecordedPin {
  readonly env: string
  /** Its version. */
  readonly id?: string
  readonly number?: number
  /** Of what has none: changes when it does. */
  readonly state?: string
  readonly changed_at?: string
}

export interface RecordedStep extends PlannedStep {
  /** What the node computed with, by output; '' for a node without. By their place among the fingerprints; null where it could not be told. */
  readonly made?: Readonly<Record<string, number | null>>
}

/** What a run began with: what it takes to go on with it in another process. No rows, and nothing that is secret. */
export interface RunRecord {
  readonly format: 1
  readonly run_id: string
  readonly app: string
  readonly env: string
  readonly selection: string
  readonly partition?: string
  readonly mode: Mode
  /** What its function nodes take for the time of the run. */
  readonly now: string
  /** Values of params that the run was given, but for those that are secret. */
  readonly params: ParamValues
  /** Names of those: `delays.token`. */
  readonly secrets: readonly string[]
  readonly pins: Readonly<Record<string, RecordedPin>>
  /** The number of the current version of each output then; 0 for none. */
  readonly heads: Readonly<Record<string, number>>
  readonly packages: readonly Fingerprint['packages'][]
  /** Packages by their place. */
  readonly fingerprints: readonly (Omit<Fingerprint, 'packages'> & { readonly packages: number })[]
  readonly steps: readonly RecordedStep[]
}

export const recordFile = (appDir: string, runId: string): string =>
  join(runFolder(appDir, runId), 'run.json')

/** Writes down what a run begins with, so that it lasts. @throws STORAGE */
export async function writeRecord(plan: Plan, context: RunContext): Promise<void> {
  const file = recordFile(context.appDir, context.runId)
  const text = JSON.stringify(await recordOf(plan, context), plain)
  // In less time than another thread takes to be asked, and nothing else goes on yet.
  await onDisk('Writing the record of the run', async () => {
    writeFileSync(`${file}.tmp`, text, { flush: true })
    renameSync(`${file}.tmp`, file)
    syncNow(dirname(file))
  })
}

function syncNow(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)

async function recordOf(plan: Plan, context: RunContext): Promise<RunRecord> {
  const packages = numbering<Fingerprint['packages']>()
  const fingerprints = numbering<RunRecord['fingerprints'][number]>()
  const known = new Map<GraphNode, RecordedStep['made']>()
  const indexOf = async (node: GraphNode, asset: AnyAsset | undefined): Promise<number | null> => {
    try {
      const { packages: installed, ...rest } = await context.fingerprints.of(node, asset)
      return fingerprints.indexOf({ ...rest, packages: packages.indexOf(installed) })
    } catch {
      // Its code cannot be read; the step tells why.
      return null
    }
  }
  const madeBy = async (node: GraphNode): Promise<RecordedStep['made']> => {
    const told = known.get(node)
    if (told) return told
    const made: Record<string, number | null> = {}
    const outputs = Object.values(node.node.outputs)
    for (const asset of outputs) made[asset.name] = await indexOf(node, asset)
    if (outputs.length === 0) made[''] = await indexOf(node, undefined)
    known.set(node, made)
    return made
  }
  const pins: Record<string, RecordedPin> = {}
  const heads: Record<string, number> = {}
  const steps: RecordedStep[] = []
  for (const step of plan.steps) {
    const { id, work, partitions, reasons, inputs, outputs, needs, after } = step
    for (const { asset, from, env, version, state } of inputs) {
      if (from === 'run' || pins[asset]) continue
      const changed = version ? undefined : await context.reading.dataset(asset, env).changedAt?.()
      pins[asset] = {
        env,
        ...(version && { id: version.id, number: version.number }),
        ...(state !== undefined && { state }),
        ...(changed !== undefined && { changed_at: changed }),
      }
    }
    for (const { asset, base } of outputs) heads[asset] = base?.number ?? 0
    const made = work.kind === 'node' ? await madeBy(work.node) : undefined
    steps.push({
      id,
      ...(work.kind === 'node' ? { node: work.node.id } : { source: work.source.name }),
      ...(partitions && { partitions }),
      reasons,
      needs,
      ...(after && { after }),
      ...(made && { made }),
    })
  }
  const { runId, app, env, now } = context
  const { selection, partition, mode } = plan
  return {
    format: 1,
    run_id: runId,
    app: app.name,
    env,
    selection,
    ...(partition !== undefined && { partition }),
    mode,
    now,
    ...givenParams(context),
    pins,
    heads,
    packages: packages.list,
    fingerprints: fingerprints.list,
    steps,
  }
}

function givenParams({ given, redact }: RunContext): Pick<RunRecord, 'params' | 'secrets'> {
  const params: Record<string, Record<string, unknown>> = {}
  const secrets: string[] = []
  for (const [pipeline, values] of Object.entries(given))
    for (const [name, value] of Object.entries(values)) {
      const text = JSON.stringify(value, plain) ?? 'null'
      if (redact(text) === text) params[pipeline] = { ...params[pipeline], [name]: value }
      else secrets.push(`${pipeline}.${name}`)
    }
  return { params, secrets }
}
