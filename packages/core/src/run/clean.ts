import type { Cleaning } from '../dataset/index.ts'
import { LevadaError, throwAll, toLevadaErrors } from '../errors/index.ts'
import { newRunId } from './execute.ts'
import { holdLeases, type Claim } from './leases.ts'
import { checkKeeps, foreignProblem, type ManagedContext } from './managed-asset.ts'
import { pinsOf } from './pins.ts'

/** What was found of an asset, or why it was left alone. */
export interface AssetCleaning {
  readonly asset: string
  readonly type: string
  readonly address: string
  readonly found: Cleaning | undefined
  /** Runs that have not finished and hold some of its versions, for seven days at most. */
  readonly pinnedBy: readonly string[]
  /** Why nothing was looked at. */
  readonly problem: LevadaError | undefined
}

/**
 * What the retention of assets lets go of; removes it when it is told to.
 * @param named those that were asked for: what cannot be cleaned among them is an error; all that the app writes, when left out
 * @throws NOT_SUPPORTED, FOREIGN_ASSET
 */
export async function cleanAssets(
  context: ManagedContext,
  named: readonly string[] | undefined,
  remove: boolean,
): Promise<readonly AssetCleaning[]> {
  const { graph, catalog, appDir } = context
  const assets = named ?? [...graph.producers.keys()]
  const problems = new Map<string, LevadaError>()
  for (const asset of assets) {
    const problem = await problemOf(context, asset)
    if (problem) problems.set(asset, problem)
  }
  if (named) throwAll([...problems.values()])
  const pins = await pinsOf(appDir)
  const pinned = new Set(pins.keys())
  const done: AssetCleaning[] = []
  for (const asset of assets) {
    const { type, dataset } = catalog.entry(asset)
    let problem = problems.get(asset)
    let found: Cleaning | undefined
    try {
      if (!problem)
        found = await withLease(context, { asset, dataset }, remove, () => dataset.clean!({ pinned, remove }))
    } catch (error) {
      // The others are cleaned all the same.
      ;[problem] = toLevadaErrors(error)
    }
    const held = found?.kept.flatMap(({ version, why }) => (why === 'pinned' ? [version] : [])) ?? []
    const runs = held.flatMap(({ id, runId }) => [...(pins.get(id) ?? []), ...(pins.get(runId) ?? [])])
    done.push({ asset, type, address: dataset.address, found, pinnedBy: [...new Set(runs)], problem })
  }
  return done
}

/** Nobody publishes or restores while something is removed. */
async function withLease<T>(
  { app }: ManagedContext,
  written: Claim,
  removes: boolean,
  work: () => Promise<T>,
): Promise<T> {
  if (!removes) return work()
  const leases = await holdLeases([written], {
    app: app.name,
    runId: newRunId(),
    report: console.error,
    hint: 'Try again when it is done.',
  })
  try {
    return await work()
  } finally {
    await leases.release()
  }
}

async function problemOf(context: ManagedContext, asset: string): Promise<LevadaError | undefined> {
  try {
    const problem = await foreignProblem(context, asset)
    if (problem) return problem
    const { dataset } = context.catalog.entry(asset)
    checkKeeps(context, asset, dataset, 'versioned')
    if (dataset.clean) return undefined
    return new LevadaError('NOT_SUPPORTED', `'${asset}': datasets of type ${dataset.type} keep all versions.`)
  } catch (error) {
    return toLevadaErrors(error)[0]
  }
}
