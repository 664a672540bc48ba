import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { AnyAsset } from '../asset/index.ts'
import { paramSchemas, type GraphNode } from '../app/index.ts'
import { holdsSecret } from '../config/index.ts'
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
  /** Of a backfill. */
  readonly chunk?: number
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
  const text = JSON.stringify(await recordOf(plan, context))
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

/** So many are looked at together. */
const together = 500

/** What each node of a plan computes with, by output: as a list, and by place in it. */
async function fingerprintsOf(
  { steps }: Plan,
  { fingerprints }: RunContext,
): Promise<
  Pick<RunRecord, 'packages' | 'fingerprints'> & { made: ReadonlyMap<GraphNode, RecordedStep['made']> }
> {
  const packages = numbering<Fingerprint['packages']>()
  const list: RunRecord['fingerprints'][number][] = []
  const made = new Map<GraphNode, Record<string, number | null>>()
  const add = async (node: GraphNode, asset: AnyAsset | undefined): Promise<void> => {
    const of = made.get(node)!
    // Its code may be one that cannot be read; the step tells why.
    of[asset?.name ?? ''] = null
    const found = await fingerprints.of(node, asset).catch(() => undefined)
    if (found) of[asset?.name ?? ''] = list.push({ ...found, packages: packages.indexOf(found.packages) }) - 1
  }
  let adding: Promise<void>[] = []
  for (const { work } of steps) {
    if (work.kind !== 'node' || made.has(work.node)) continue
    made.set(work.node, {})
    const outputs = Object.values(work.node.node.outputs)
    for (const asset of outputs.length > 0 ? outputs : [undefined]) adding.push(add(work.node, asset))
    if (adding.length < together) continue
    await Promise.all(adding)
    adding = []
  }
  await Promise.all(adding)
  return { packages: packages.list, fingerprints: list, made }
}

async function recordOf(plan: Plan, context: RunContext): Promise<RunRecord> {
  const { made: madeBy, ...computed } = await fingerprintsOf(plan, context)
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
    const made = work.kind === 'node' ? madeBy.get(work.node) : undefined
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
  const { selection, partition, chunk, mode } = plan
  return {
    format: 1,
    run_id: runId,
    app: app.name,
    env,
    selection,
    ...(partition !== undefined && { partition }),
    ...(chunk !== undefined && { chunk }),
    mode,
    now,
    ...givenParams(context),
    pins,
    heads,
    ...computed,
    steps,
  }
}

/** Params as plain data: 64-bit integers as text, which is read as what the param is. */
function givenParams({ app, given, redact }: RunContext): Pick<RunRecord, 'params' | 'secrets'> {
  const params: Record<string, Record<string, unknown>> = {}
  const secrets: string[] = []
  for (const [name, values] of Object.entries(given)) {
    const pipeline = app.pipelines.find((each) => each.name === name)
    const schemas = new Map(pipeline && paramSchemas(pipeline))
    for (const [param, value] of Object.entries(values)) {
      const text = JSON.stringify(value, plain) ?? 'null'
      const schema = schemas.get(param)
      const isSecret = (schema && holdsSecret(schema as never, value)) || redact(text) !== text
      if (isSecret) secrets.push(`${name}.${param}`)
      else params[name] = { ...params[name], [param]: JSON.parse(text) as unknown }
    }
  }
  return { params, secrets }
}

const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)
