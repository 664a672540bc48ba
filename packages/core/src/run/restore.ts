import { hostname } from 'node:os'
import { errorRecord, isLevadaError, LevadaError, toLevadaErrors } from '../errors/index.ts'
import type { Version } from '../dataset/index.ts'
import type { EventSink } from '../events/index.ts'
import { createEmitter } from './emitter.ts'
import { newRunId } from './execute.ts'
import { holdLeases, waitForLeases, type Waiting } from './leases.ts'
import { logSink } from './log-sink.ts'
import { checkKeeps, foreignProblem, notBuilt, type ManagedContext } from './managed-asset.ts'
import { pinnedIds } from './pins.ts'
import { randomHex } from '../dataset/random-hex.ts'

export interface RestoreOptions {
  readonly sinks?: readonly EventSink[]
  /** Waits for who writes the asset, in place of failing. */
  readonly wait?: Waiting
  /** What waits, for remedies. */
  readonly waitsBy?: string
}

export interface Restored {
  readonly asset: string
  /** The version whose rows are current again. */
  readonly from: Version
  /** The one that was current before. */
  readonly before: Version
  /** The new version; `before` itself when it was that one that was asked for. */
  readonly version: Version
}

/**
 * Publishes the rows of an earlier version again. It is logged as a run of one step.
 * @throws VERSION_UNKNOWN, NOT_SUPPORTED, NOT_MATERIALIZED, LEASED, FOREIGN_ASSET, CONFLICT, DATA_MISSING
 */
export async function restoreAsset(
  context: ManagedContext,
  asset: string,
  number: number,
  options: RestoreOptions = {},
): Promise<Restored> {
  const began = performance.now()
  for (;;) {
    try {
      return await restoreNow(context, asset, number, options)
    } catch (error) {
      const { wait } = options
      if (!wait || !isLevadaError(error) || error.code !== 'LEASED') throw error
      // What is current may be another version then.
      const { dataset } = context.catalog.entry(asset)
      const { waitsBy } = options
      const request = {
        app: context.app.name,
        runId: newRunId(),
        report: console.error,
        leases: { ...wait.leases, ...(waitsBy !== undefined && { waitsBy }) },
      }
      const forMs = wait.forMs === undefined ? undefined : wait.forMs - (performance.now() - began)
      await waitForLeases([{ asset, dataset }], request, { ...wait, forMs })
    }
  }
}

async function restoreNow(
  context: ManagedContext,
  asset: string,
  number: number,
  { sinks = [], waitsBy }: RestoreOptions,
): Promise<Restored> {
  const problem = await foreignProblem(context, asset)
  if (problem) throw problem
  const { dataset } = context.catalog.entry(asset)
  checkKeeps(context, asset, dataset, 'restorable')
  const { versions = [], damaged = [] } = (await dataset.versions?.()) ?? {}
  const [before] = versions
  if (!before) throw notBuilt(context, asset)
  const from = versions.find((version) => version.number === number)
  if (!from) {
    const broken = damaged.find((version) => version.number === number)
    if (broken)
      throw new LevadaError(
        'MANIFEST_DAMAGED',
        `Version ${number} of '${asset}' cannot be read (${broken.at}): ${broken.problem}.`,
      )
    const there = versions.map((version) => version.number)
    throw new LevadaError('VERSION_UNKNOWN', `'${asset}' keeps no version ${number}; ${listed(there)}.`, {
      hint: `Choose one of those: levada versions ${asset} tells of each.`,
    })
  }
  if (from.number === before.number) return { asset, from, before, version: before }
  const runId = newRunId()
  const leases = await holdLeases([{ asset, dataset }], {
    app: context.app.name,
    runId,
    report: console.error,
    ...(waitsBy === undefined ? { hint: 'Try again when it is done.' } : { leases: { waitsBy } }),
  })
  const sinksOfAll = [await logSink(context.appDir, runId), ...sinks]
  const emitter = createEmitter(runId, sinksOfAll, context.redact, (message) => console.error(message))
  const { pipeline } = context.graph.assets.get(asset)!
  const step = { step_id: `restore:${asset}`, pipeline, node: `restore:${asset}` }
  const started = performance.now()
  const finish = (state: 'succeeded' | 'failed', errors: readonly LevadaError[] = []): void => {
    const took = performance.now() - started
    emitter.emit({
      type: 'step_finished',
      ...step,
      state,
      duration_ms: took,
      ...(errors.length > 0 && { errors: errors.map(errorRecord) }),
    })
    emitter.emit({ type: 'run_finished', state, duration_ms: took, cpu_ms: 0 })
  }
  emitter.emit({
    type: 'run_started',
    app: context.app.name,
    env: context.env,
    selection: asset,
    steps: [step.step_id],
    pid: process.pid,
    host: hostname(),
  })
  emitter.emit({
    type: 'step_started',
    ...step,
    reason: `version ${number} is published again`,
    reason_kinds: ['restored'],
  })
  try {
    await leases.check(asset)
    const version = await dataset.restore(from, `${runId}-${randomHex()}`, {
      app: context.app.name,
      runId,
      inputs: from.inputs,
      mayRebase: false,
      pinned: () => pinnedIds(context.appDir),
    })
    emitter.emit({
      type: 'asset_materialized',
      ...step,
      asset,
      version: version.id,
      number: version.number,
      rows: version.rows,
      rows_written: 0,
      bytes_written: 0,
      partitions_written: 0,
      partitions_dropped: [],
      rows_before: before.rows,
      inputs: version.inputs,
      address: dataset.address,
    })
    finish('succeeded')
    return { asset, from, before, version }
  } catch (error) {
    finish('failed', toLevadaErrors(error))
    throw error
  } finally {
    await leases.release()
    await emitter.close()
  }
}

function listed(numbers: readonly number[]): string {
  const shown = numbers.slice(0, 10).join(', ')
  const more = numbers.length > 10 ? ` and ${numbers.length - 10} older ones` : ''
  return numbers.length === 1 ? `there is ${shown} only` : `there are ${shown}${more}`
}
