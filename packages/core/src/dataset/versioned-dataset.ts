import { LevadaError } from '../errors/index.ts'
import type {
  Dataset,
  Held,
  PublishRequest,
  StageRequest,
  Staging,
  StoredPartition,
  Version,
} from './dataset.ts'
import { heldProposal, holdProposal, type HeldWrite } from './held.ts'
import type { Location, WriteTarget } from './location.ts'
import {
  checkDimensions,
  mergedPartitions,
  partsOf,
  publishVersion,
  restoreVersion,
  selectedPartitions,
  type StoredVersion,
  type Versions,
} from './publish.ts'

export interface VersionedDatasetOptions extends Pick<Dataset, 'type' | 'address' | 'read' | 'append'> {
  /** Names the asset in messages. */
  readonly asset: string
  readonly versions: Versions
  /** Where some partitions are, each written by its `version`; without any, a location without rows. */
  readonly locate: (partitions: readonly StoredPartition[], partitionBy: readonly string[]) => Location
  /** Where the rows of a new version go. */
  readonly target: (version: string, partitionBy: readonly string[]) => WriteTarget
  /** Whether all is there that was written for some partitions. With it a write can be published by another process. */
  readonly isThere?: (
    partitions: readonly StoredPartition[],
    partitionBy: readonly string[],
  ) => Promise<boolean>
  /** Removes what was written for a version that was not published. */
  readonly discard: (version: string) => Promise<void>
}

/** A dataset with all capabilities, over a store of versions: staging, compare-and-swap and restoring are the same for all. */
export function versionedDataset(options: VersionedDatasetOptions): Dataset {
  const { type, address, asset, versions, locate, isThere, read, append } = options
  const kept = async (version: Version): Promise<StoredVersion> => {
    const found = await versions.read(version.number)
    if (found?.id === version.id) return found
    throw new LevadaError(
      'DATA_MISSING',
      `Version ${version.number} (${version.id}) of '${asset}' is not kept in ${address} any more.`,
      { hint: 'Run again, with the current version.' },
    )
  }
  return {
    type,
    address,
    capabilities: {
      write: true,
      rows: true,
      partitioned: true,
      versioned: true,
      staging: true,
      restorable: true,
      append: true,
    },
    emptyLocation: async () => locate([], []),
    head: () => versions.head(),
    version: (number) => versions.read(number),
    exists: async () => (await versions.head()) !== undefined,
    async locate(version, partitions) {
      const found = version ? await kept(version) : await versions.head()
      if (!found)
        throw new LevadaError('DATA_MISSING', `No version of '${asset}' was published in ${address}.`)
      const wanted = partitions ? selectedPartitions(asset, found, partitions) : found.partitions
      return locate(partsOf(wanted), found.partitionBy)
    },
    async stage(request) {
      const base = request.base && (await kept(request.base))
      if (base && (request.replace || request.adds)) checkDimensions(asset, base, request)
      return stageVersion(options, request, base)
    },
    restore: async (version, id, request) =>
      restoreVersion(versions, asset, await kept(version), id, request),
    ...(isThere && {
      async reopen(held: Held) {
        const proposal = await heldProposal(asset, held as HeldWrite, async (number) => versions.read(number))
        if (!proposal || !(await isThere(proposal.staged, proposal.stage.partitionBy))) return undefined
        return stageVersion(options, proposal.stage, proposal.base, proposal.staged)
      },
    }),
    ...(read && { read }),
    ...(append && { append }),
  }
}

function stageVersion(
  { asset, versions, locate, target, discard }: VersionedDatasetOptions,
  request: StageRequest,
  base: StoredVersion | undefined,
  before?: readonly StoredPartition[],
): Staging {
  const { version, columns, partitionBy, grains } = request
  let staged = before
  let published = false
  const sealed = (): readonly StoredPartition[] => {
    if (!staged) throw new TypeError('seal() comes first')
    return staged
  }
  const proposal = () => ({ asset, stage: request, base, staged: sealed() })
  return {
    target: { ...target(version, partitionBy), ...(grains && { grains }) } as WriteTarget,
    async seal(written) {
      staged = written.partitions.map((partition) => ({ ...partition, version, columns }))
    },
    hold: () => holdProposal(proposal()),
    increment: () => locate(sealed(), partitionBy),
    candidate: (keeps) => locate(partsOf(mergedPartitions(proposal(), base, keeps)), partitionBy),
    async publish(publishing: PublishRequest) {
      const made = await publishVersion(versions, proposal(), publishing)
      published = true
      return made
    },
    discard: async () => (published ? undefined : discard(version)),
  }
}
