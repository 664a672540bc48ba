import type { AnyAsset } from '../asset/index.ts'
import { indexOf, listed } from '../app/index.ts'
import type { Dataset } from '../dataset/index.ts'
import { LevadaError, placed, toLevadaErrors, type Place } from '../errors/index.ts'
import { runWithMissing } from './command.ts'
import { checkFresh } from './freshness.ts'
import type { PlanRequest } from './plan.ts'
import type { AllStanding, Pin } from './standing.ts'
import { checkTable } from './stored.ts'

export interface Readers {
  /** Places of nodes in the graph. */
  readonly selected: readonly number[]
  readonly running: readonly number[]
  /** By number of an asset: 1 for what the run makes. */
  readonly written: Uint8Array
  readonly standing: AllStanding
}

/**
 * Pins what the steps read, by number. How old sources and externals are counts for what is skipped, too.
 * @param told gets what is to be told of it
 */
export async function pinInputs(
  request: PlanRequest,
  { selected, running, written, standing }: Readers,
  errors: LevadaError[],
  told: string[],
): Promise<ReadonlyMap<number, Pin>> {
  const { graph } = request
  const { assets, reads, producers } = indexOf(graph)
  const pins = new Map<number, Pin>()
  const missing: string[] = []
  const read = new Uint8Array(assets.length)
  listed(reads, running).forEach((asset) => (read[asset] = 1))
  const seen = new Uint8Array(assets.length)
  const all = listed(reads, selected)
  for (let i = 0; i < all.length; i++) {
    const number = all[i]!
    if (seen[number] === 1 || written[number] === 1) continue
    seen[number] = 1
    // Of what is only left as it is, how old what others make is counts alone.
    if (read[number] === 0 && producers[number]! >= 0) continue
    const name = assets[number]!
    const { role, asset } = graph.assets.get(name)!
    try {
      const pin = await standing.find(number)
      const { dataset, version } = pin
      pins.set(number, pin)
      const isThere = role === 'source' || (!version && (await dataset.exists()))
      const late = await checkFresh(request, name, pin)
      if (late !== undefined) told.push(late)
      if (version || read[number] === 0) continue
      if (isThere) await checkFound(request, asset, dataset)
      else if (producers[number]! >= 0) missing.push(name)
      else {
        throw new LevadaError('NOT_MATERIALIZED', notBuilt(request, name), {
          hint: 'Run the deployment that builds it first.',
        })
      }
    } catch (error) {
      errors.push(...toLevadaErrors(error).map((one) => placed(one, storedAt(request, name, one))))
    }
  }
  if (missing.length === 0) return pins
  // One command for all of them.
  const hint = runWithMissing(request, missing)
  for (const name of missing)
    errors.push(new LevadaError('NOT_MATERIALIZED', notBuilt(request, name), { hint }))
  return pins
}

const notBuilt = ({ env }: PlanRequest, asset: string): string =>
  `'${asset}' has not been built in environment '${env}', and this selection does not build it.`

/** The catalog entry that a failure of storage follows from. */
function storedAt(
  { catalog, reading }: PlanRequest,
  asset: string,
  { code }: LevadaError,
): Place | undefined {
  if (!['DATA_MISSING', 'SOURCE_SCHEMA', 'STORAGE', 'NOT_SUPPORTED'].includes(code) || reading.other)
    return undefined
  return catalog.entry(asset).place
}

/** What has no version is as it is found; a table tells its columns without being read. @throws DATA_MISSING, SOURCE_SCHEMA */
async function checkFound({ reading }: PlanRequest, asset: AnyAsset, dataset: Dataset): Promise<void> {
  const location = await dataset.locate(undefined)
  if (location.kind !== 'table') return
  const engine = await reading.engines.find((each) => each.canScan(location))
  if (!engine) return
  await using session = await engine.open()
  checkTable(asset, dataset.address, await session.describe(location))
}
