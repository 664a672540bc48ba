import type { DamagedVersion, Version } from '../dataset/index.ts'
import { LevadaError } from '../errors/index.ts'
import { checkKeeps, type ManagedContext } from './managed-asset.ts'
import { pinsOf, type Pinned } from './pins.ts'

/** What is kept of an asset. */
export interface AssetVersions {
  readonly asset: string
  /** The environment that it is stored in: another one, where it is read from there. */
  readonly env: string
  readonly type: string
  readonly address: string
  /** Newest first; the first one is current. */
  readonly versions: readonly AssetVersion[]
  readonly damaged: readonly DamagedVersion[]
}

export interface AssetVersion extends Version {
  readonly current: boolean
  /** Unfinished runs that read it: it stays as long as they may be resumed. */
  readonly pinnedBy: readonly string[]
}

/** @throws NOT_SUPPORTED */
export async function versionsOf(context: ManagedContext, asset: string): Promise<AssetVersions> {
  const { env, dataset } = await context.reading.find(asset)
  checkKeeps(context, asset, dataset, 'versioned')
  if (!dataset.versions)
    throw new LevadaError(
      'NOT_SUPPORTED',
      `'${asset}': datasets of type ${dataset.type} have no list of versions.`,
    )
  const { versions, damaged } = await dataset.versions()
  const pins = await pinsOf(context.appDir)
  const listed = versions.map((version, i): AssetVersion => withPins(version, i === 0, pins))
  return { asset, env, type: dataset.type, address: dataset.address, versions: listed, damaged }
}

/** Partitions stay unread until somebody asks for them. */
const withPins = (version: Version, current: boolean, pins: Pinned): AssetVersion =>
  Object.defineProperties(Object.create(null) as AssetVersion, {
    ...Object.getOwnPropertyDescriptors(version),
    current: { value: current, enumerable: true },
    pinnedBy: {
      value: [...new Set([...(pins.get(version.id) ?? []), ...(pins.get(version.runId) ?? [])])],
      enumerable: true,
    },
  })
