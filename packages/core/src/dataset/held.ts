import type { PartitionKey } from '../asset/index.ts'
import { LevadaError } from '../errors/index.ts'
import type { Held, StageRequest, StoredPartition, Version } from './dataset.ts'
import type { Proposal, StoredVersion } from './publish.ts'
import { packVersion, unpackVersion, type PackedVersion } from './version-json.ts'

/** A sealed write as plain data: what it takes to publish it from another process. */
export interface HeldWrite<P extends StoredPartition = StoredPartition> extends Held {
  /** As a version that has no number yet. */
  readonly staged: PackedVersion<P>
  readonly replace?: readonly PartitionKey[]
  readonly adds?: true
  readonly base?: Pick<Version, 'id' | 'number'>
}

export function holdProposal<P extends StoredPartition>({ stage, base, staged }: Proposal<P>): HeldWrite<P> {
  const { version: id, columns, partitionBy, grains, replace, adds } = stage
  const version: StoredVersion<P> = {
    id,
    number: 0,
    createdAt: '',
    app: '',
    runId: '',
    inputs: {},
    rows: 0,
    sizeBytes: 0,
    columns,
    partitionBy,
    ...(grains && { grains }),
    partitions: staged,
  }
  return {
    version: id,
    staged: packVersion(version),
    ...(replace && { replace }),
    ...(adds && { adds }),
    ...(base && { base: { id: base.id, number: base.number } }),
  }
}

/**
 * The write that was held; undefined when the version that it started from is not kept.
 * @param read the version of a number
 */
export async function heldProposal<P extends StoredPartition>(
  asset: string,
  held: HeldWrite<P>,
  read: (number: number) => Promise<StoredVersion<P> | undefined>,
): Promise<Proposal<P> | undefined> {
  const { partitions, ...packed } = held.staged
  const { id, columns, partitionBy, grains, partitions: staged } = unpack(asset, packed, partitions)
  const base = held.base && (await read(held.base.number))
  if (base?.id !== held.base?.id) return undefined
  const stage: StageRequest = {
    version: id,
    columns,
    partitionBy,
    ...(grains && { grains }),
    replace: held.replace,
    ...(held.adds && { adds: held.adds }),
    base,
  }
  return { asset, stage, base, staged }
}

function unpack<P extends StoredPartition>(
  asset: string,
  packed: Omit<PackedVersion<P>, 'partitions'>,
  partitions: PackedVersion<P>['partitions'],
): StoredVersion<P> {
  try {
    return unpackVersion<P>(packed, (each) => partitions.map(each))
  } catch (cause) {
    throw new LevadaError(
      'NOT_RESUMABLE',
      `What was staged of '${asset}' cannot be read: ${(cause as Error).message}.`,
      { cause },
    )
  }
}
