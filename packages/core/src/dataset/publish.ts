import { grainsText, partitionId, type Grains, type PartitionKey } from '../asset/index.ts'
import { LevadaError } from '../errors/index.ts'
import type { EmptyPartition, PublishRequest, StageRequest, StoredPartition, Version } from './dataset.ts'
import { partitionName, partitionState } from './partition-state.ts'
import type { WholeProvenance } from './provenance.ts'

/** A version as its store keeps it. */
export interface StoredVersion<P extends StoredPartition = StoredPartition> extends Version {
  /** Names of the partition columns, in order. */
  readonly partitionBy: readonly string[]
  readonly partitions: readonly P[]
}

/** The versions of one asset, numbered from 1. */
export interface Versions<P extends StoredPartition = StoredPartition> {
  /** The highest that there is and can be read. */
  head(): Promise<StoredVersion<P> | undefined>
  /** Undefined when it is not kept any more. */
  read(number: number): Promise<StoredVersion<P> | undefined>
  /** Those that are kept, newest first. */
  numbers(): Promise<readonly number[]>
  /** The highest number that is taken, where one that cannot be read may have it. @default that of the head */
  top?(): Promise<number>
  /** Makes it the head, in one act; false when its number is taken. */
  claim(next: StoredVersion<P>): Promise<boolean>
}

/** A sealed write that asks to become the next version. */
export interface Proposal<P extends StoredPartition = StoredPartition> {
  readonly asset: string
  readonly stage: StageRequest
  readonly base: StoredVersion<P> | undefined
  readonly staged: readonly P[]
  /** What an earlier version says beside its partitions, when that is published again. */
  readonly restored?: Pick<Version, 'whole' | 'empty' | 'watermark' | 'restores'>
}

/**
 * Publishes by compare-and-swap: takes the next number, or looks again at what another process published meanwhile.
 * @throws CONFLICT, FOREIGN_ASSET
 */
export async function publishVersion<P extends StoredPartition>(
  versions: Versions<P>,
  proposal: Proposal<P>,
  request: PublishRequest,
): Promise<StoredVersion<P>> {
  const { asset, stage, base } = proposal
  for (;;) {
    // Before the head: what is published in between is seen there, or has a higher number.
    const top = (await versions.top?.()) ?? 0
    const head = await versions.head()
    // A network file system may refuse a name that it has given us.
    if (head?.id === stage.version) return head
    if (head && head.app !== request.app) {
      throw new LevadaError(
        'FOREIGN_ASSET',
        `'${asset}' is written by the app '${head.app}' (run ${head.runId}), not by '${request.app}'.`,
      )
    }
    if (head?.id !== base?.id) await checkRebase(versions, proposal, head, request)
    const next = nextVersion(proposal, head, Math.max(top, head?.number ?? 0) + 1, request)
    if (await versions.claim(next)) return next
  }
}

/** Publishes an earlier version again. @throws CONFLICT, FOREIGN_ASSET */
export async function restoreVersion<P extends StoredPartition>(
  versions: Versions<P>,
  asset: string,
  earlier: StoredVersion<P>,
  id: string,
  request: PublishRequest,
): Promise<StoredVersion<P>> {
  const { columns, partitionBy, grains, partitions, whole, empty, watermark } = earlier
  const base = await versions.head()
  const stage = { version: id, columns, partitionBy, ...(grains && { grains }), replace: undefined, base }
  const restored = {
    restores: earlier.number,
    ...(whole && { whole }),
    ...(empty && { empty }),
    ...(watermark !== undefined && { watermark }),
  }
  return publishVersion(versions, { asset, stage, base, staged: partitions, restored }, request)
}

/**
 * The partitions of `published`, minus those that are replaced, plus those that are staged; in order.
 * @param keeps which of the published ones
 */
export function mergedPartitions<P extends StoredPartition>(
  { stage, staged }: Proposal<P>,
  published: StoredVersion<P> | undefined,
  keeps: (partition: P) => boolean = () => true,
): readonly P[] {
  const idOf = ({ key }: StoredPartition): string => partitionId(stage.partitionBy, key)
  const kept = stage.replace || stage.adds ? (published?.partitions.filter(keeps) ?? []) : []
  const byId = new Map(kept.map((partition) => [idOf(partition), partition]))
  for (const key of stage.replace ?? []) byId.delete(partitionId(stage.partitionBy, key))
  for (const partition of staged) {
    const old = stage.adds && byId.get(idOf(partition))
    byId.set(idOf(partition), old ? added(old, partition) : partition)
  }
  return [...byId].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, partition]) => partition)
}

/** A partition with rows that were added to it. */
function added<P extends StoredPartition>(old: P, more: P): P {
  if (more.rows === 0) return old
  const before = partsOf([old]).map(({ provenance: _, ...part }) => part as unknown as P)
  const sum = (of: 'rows' | 'sizeBytes'): number => before.reduce((all, part) => all + part[of], more[of])
  return { ...more, before, rows: sum('rows'), sizeBytes: sum('sizeBytes') }
}

/** Partitions as they were written: those to which rows were added are several, each with its own rows only. */
export function partsOf<P extends StoredPartition>(partitions: readonly P[]): readonly P[] {
  return partitions.flatMap((partition) => {
    const { before, ...last } = partition
    if (!before) return [partition]
    const earlier = before as readonly P[]
    const own = (of: 'rows' | 'sizeBytes'): number =>
      earlier.reduce((rest, part) => rest - part[of], partition[of])
    return [...earlier, { ...last, rows: own('rows'), sizeBytes: own('sizeBytes') } as unknown as P]
  })
}

function nextVersion<P extends StoredPartition>(
  proposal: Proposal<P>,
  head: StoredVersion<P> | undefined,
  number: number,
  request: PublishRequest,
): StoredVersion<P> {
  const { app, runId, step, inputs, provenance, upTo } = request
  const { version, columns, partitionBy, grains } = proposal.stage
  const made = (partition: P): P => ({ ...partition, provenance: provenance!(partition.key) })
  const isNew = provenance && !proposal.restored
  const merged = mergedPartitions(
    isNew && !upTo ? { ...proposal, staged: proposal.staged.map(made) } : proposal,
    head,
  )
  // All of it is as its inputs are now, also what was not written again.
  const partitions = isNew && upTo ? merged.map(made) : merged
  const sum = (of: 'rows' | 'sizeBytes'): number =>
    partitions.reduce((total, partition) => total + partition[of], 0)
  return {
    id: version,
    number,
    createdAt: new Date().toISOString(),
    app,
    runId,
    ...(step !== undefined && { step }),
    inputs: Object.fromEntries(Object.entries(inputs).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    rows: sum('rows'),
    sizeBytes: sum('sizeBytes'),
    columns,
    partitionBy,
    ...(grains && { grains }),
    partitions,
    state: partitionState(partitions.map(({ key, version: writer }) => [partitionName(key), writer])),
    ...(proposal.restored ?? besidePartitions({ ...proposal, partitions }, head, request)),
  }
}

/** What is kept of a version beside its partitions. */
function besidePartitions(
  {
    stage: { version, replace, adds, partitionBy },
    partitions,
  }: Proposal & Pick<StoredVersion, 'partitions'>,
  head: StoredVersion | undefined,
  { provenance, upTo, covers }: PublishRequest,
): Pick<Version, 'whole' | 'empty' | 'watermark'> {
  const one = replace && !upTo
  const whole: WholeProvenance | undefined = one
    ? head?.whole
    : provenance && {
        version,
        mixed: false,
        ...provenance(),
        ...(covers && { others: covers.others }),
      }
  const watermark = upTo ? upTo.watermark : replace && head?.watermark
  const idOf = (key: PartitionKey): string => partitionId(partitionBy, key)
  const seen = new Set(partitions.map(({ key }) => idOf(key)))
  const isNew = ({ key }: { readonly key: PartitionKey }): boolean =>
    !seen.has(idOf(key)) && seen.add(idOf(key)) !== undefined
  const emptyNow = (key: PartitionKey): EmptyPartition => ({ key, provenance: provenance!(key) })
  const made = provenance ? [...(replace ?? []), ...((!one && covers?.partitions) || [])].map(emptyNow) : []
  const kept = (replace || adds ? (head?.empty ?? []) : []).map((each) =>
    upTo && provenance ? emptyNow(each.key) : each,
  )
  const empty = [...made, ...kept].filter(isNew)
  const mixed = whole && one ? { ...whole, mixed: true } : whole
  return {
    ...(mixed && { whole: mixed }),
    ...(empty.length > 0 && { empty }),
    ...(watermark !== undefined && { watermark }),
  }
}

/** May the result stand on `head` as it is, although it was computed on `base`? @throws CONFLICT */
async function checkRebase(
  versions: Versions,
  { asset, stage: { replace, partitionBy }, base, staged }: Proposal,
  head: StoredVersion | undefined,
  { mayRebase, upTo }: PublishRequest,
): Promise<void> {
  if (upTo && base)
    throw conflict(asset, head, 'changed it, and what this step wrote follows from what was there')
  const writerOf = (version: StoredVersion | undefined, id: string): string | undefined =>
    version?.partitions.find(({ key }) => partitionId(partitionBy, key) === id)?.version
  const mine = new Set(
    [...(replace ?? []), ...staged.map(({ key }) => key)].map((key) => partitionId(partitionBy, key)),
  )
  const lost = replace ? [...mine].filter((id) => writerOf(base, id) !== writerOf(head, id)) : []
  // What it stood on cannot be read any more.
  if (head && base && head.number < base.number) throw conflict(asset, undefined, '')
  if (!head || head.partitionBy.join() !== partitionBy.join() || !replace)
    throw conflict(asset, head, 'replaced all of it')
  const [first] = lost
  if (first !== undefined) {
    const other = await firstAfter(
      versions,
      base,
      head,
      (version) => writerOf(version, first) !== writerOf(base, first),
    )
    throw conflict(
      asset,
      other,
      `replaced ${lost.slice(0, 3).join(', ')}${lost.length > 3 ? ` and ${lost.length - 3} more` : ''}`,
      lost,
    )
  }
  if (!mayRebase)
    throw conflict(
      asset,
      head,
      'published other partitions, and a check that can stop this run looks at all of them',
    )
}

/** The version between two that did it. */
async function firstAfter(
  versions: Versions,
  base: StoredVersion | undefined,
  head: StoredVersion,
  did: (version: StoredVersion) => boolean,
): Promise<StoredVersion> {
  for (let number = (base?.number ?? 0) + 1; number < head.number; number++) {
    const version = await versions.read(number)
    if (version && did(version)) return version
  }
  return head
}

function conflict(
  asset: string,
  other: StoredVersion | undefined,
  did: string,
  partitions: readonly string[] = [],
): LevadaError {
  const who = other ? `run ${other.runId} ${did}, in version ${other.number}` : 'its versions were removed'
  return new LevadaError(
    'CONFLICT',
    `'${asset}' was published by somebody else after this step had started: ${who}.`,
    {
      retryable: true,
      details: { asset, ...(other && { run: other.runId, version: other.id }), partitions },
    },
  )
}

/** The partitions of a version that are asked for. @throws STALE_SCHEMA when the dimensions are others */
export function selectedPartitions<P extends StoredPartition>(
  asset: string,
  version: StoredVersion<P>,
  keys: readonly PartitionKey[],
): readonly P[] {
  for (const key of keys)
    checkDimensions(asset, version, {
      partitionBy: Object.keys(key),
      ...(version.grains && { grains: version.grains }),
    })
  const idOf = (key: PartitionKey): string => partitionId(version.partitionBy, key)
  const ids = new Set(keys.map(idOf))
  return version.partitions.filter(({ key }) => ids.has(idOf(key)))
}

/** Partitions of other dimensions can neither be found nor replaced. @throws STALE_SCHEMA */
export function checkDimensions(
  asset: string,
  version: StoredVersion,
  { partitionBy, grains }: Pick<StageRequest, 'partitionBy' | 'grains'>,
): void {
  const same = new Set(partitionBy).symmetricDifference(new Set(version.partitionBy)).size === 0
  if (same && grainsText(grains, partitionBy) === grainsText(version.grains, partitionBy)) return
  const shown = (names: readonly string[], of: Grains | undefined): string =>
    names.length > 0 ? `partitioned by ${same ? grainsText(of, names) : names.join(', ')}` : 'in one piece'
  throw new LevadaError(
    'STALE_SCHEMA',
    `'${asset}' was stored ${shown(version.partitionBy, version.grains)}, and is now ${shown(partitionBy, grains)}.`,
    { hint: 'Build all of it again, without --partition.' },
  )
}
