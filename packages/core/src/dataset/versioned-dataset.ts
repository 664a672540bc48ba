import { LevadaError } from '../errors/index.ts'
import { denied } from './capability.ts'
import type {
  Cleaning,
  CleaningRequest,
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
import { partitionName } from './partition-state.ts'
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
import { defaultRetention, keptVersions, type Retention } from './retention.ts'

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
  /** Forgets versions by their numbers, and rows by the version that wrote them. All stay without it. */
  readonly forget?: (numbers: readonly number[], writers: readonly string[]) => Promise<void>
  /** Which versions stay. */
  readonly retention?: Retention | undefined
}

/** A dataset with all capabilities, over a store of versions: staging, compare-and-swap and restoring are the same for all. */
export function versionedDataset(options: VersionedDatasetOptions): Dataset {
  const { type, address, asset, versions, locate, isThere, read, append, forget } = options
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
      atomicGroup: denied('each asset has versions of its own'),
    },
    emptyLocation: async () => locate([], []),
    head: () => versions.head(),
    version: (number) => versions.read(number),
    versions: async () => ({ versions: await allVersions(versions), damaged: [] }),
    ...(forget && { clean: (request) => clean({ ...options, forget }, request) }),
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

async function allVersions(versions: Versions): Promise<readonly StoredVersion[]> {
  const all = await Promise.all((await versions.numbers()).map((number) => versions.read(number)))
  return all.filter((version) => version !== undefined)
}

async function clean(
  {
    versions,
    forget,
    retention = defaultRetention,
  }: Pick<VersionedDatasetOptions, 'versions' | 'retention'> &
    Required<Pick<VersionedDatasetOptions, 'forget'>>,
  { pinned, remove }: CleaningRequest,
): Promise<Cleaning> {
  const all = await allVersions(versions)
  const why = keptVersions(
    all.map(({ number, id, runId }, i) => {
      const next = all[i - 1]
      return { number, id, runId, replacedAt: next && Date.parse(next.createdAt) }
    }),
    retention,
    Date.now(),
    pinned,
  )
  const kept = all.filter(({ number }) => why.has(number))
  const removed = all.filter(({ number }) => !why.has(number))
  const parts = (of: readonly StoredVersion[]): readonly StoredPartition[] =>
    of.flatMap(({ partitions }) => partsOf(partitions))
  const used = new Set(parts(kept).map(({ version }) => version))
  const unused = parts(removed).filter(({ version }) => !used.has(version))
  const writers = new Map(unused.map((part) => [`${part.version} ${partitionName(part.key)}`, part]))
  if (remove && removed.length > 0)
    await forget(
      removed.map(({ number }) => number),
      [...new Set(unused.map(({ version }) => version))],
    )
  return {
    kept: kept.map((version) => ({ version, why: why.get(version.number)! })),
    removed,
    leftovers: 0,
    sizeBytes: [...writers.values()].reduce((sum, part) => sum + part.sizeBytes, 0),
    damaged: [],
  }
}

function stageVersion(
  { asset, versions, locate, target, discard, forget, retention }: VersionedDatasetOptions,
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
      if (forget && (await versions.numbers()).length > (retention ?? defaultRetention).versions) {
        // What cannot be removed now is removed later.
        const pinning = (async () => (await publishing.pinned?.()) ?? new Set<string>())()
        await pinning
          .then((pinned) => clean({ versions, forget, retention }, { pinned, remove: true }))
          .catch(() => undefined)
      }
      return made
    },
    discard: async () => (published ? undefined : discard(version)),
  }
}
