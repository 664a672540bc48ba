import type { Grains, PartitionKey } from '../asset/index.ts'
import type { LevadaError } from '../errors/index.ts'
import type { Column } from '../schema/index.ts'
import type { Capability } from './capability.ts'
import type { Surroundings } from './surroundings.ts'
import type { LeaseAnswer, LeaseHolder } from './lease.ts'
import type { Location, WriteTarget } from './location.ts'
import type { Provenance, WholeProvenance } from './provenance.ts'
import type { Kept, Retention } from './retention.ts'

/** What a dataset can do, or why it cannot. Core asks these, never a dataset's name. */
export interface DatasetCapabilities {
  /** Steps can write it. */
  readonly write: Capability
  /** It keeps rows. What does not keeps the query of an SQL node, over the {@link Dataset.standing} locations of its inputs. */
  readonly rows: Capability
  /** Single partitions can be replaced. */
  readonly partitioned: Capability
  /** Earlier versions stay readable, and writers are told when they race. */
  readonly versioned: Capability
  /** Rows can be checked before anybody sees them. */
  readonly staging: Capability
  /** An earlier version can be published again. */
  readonly restorable: Capability
  /** Rows are added to what is stored without writing that again. */
  readonly append: Capability
  /** The outputs of a step that are stored at one place become visible in one act: {@link Staging.group}. */
  readonly atomicGroup: Capability
}

export interface WrittenFile {
  /** Relative to the target's directory, with `/`. */
  readonly path: string
  readonly rows: number
  readonly sizeBytes: number
  readonly partition: PartitionKey
}

/** What an engine wrote into a target. */
export interface Written {
  readonly rows: number
  readonly sizeBytes: number
  /** For targets of kind `files`. */
  readonly files: readonly WrittenFile[]
  /** The partitions with rows; one empty key when the target is not partitioned. */
  readonly partitions: readonly {
    readonly key: PartitionKey
    readonly rows: number
    readonly sizeBytes: number
  }[]
  /** For targets of kind `query`: its text, in the engine's dialect. */
  readonly query?: string
  /** How many NULLs columns have, of those for which the engine counted them as it wrote. */
  readonly nulls?: Readonly<Record<string, number>>
}

export interface StoredPartition {
  readonly key: PartitionKey
  readonly rows: number
  readonly sizeBytes: number
  /** The version that wrote it. */
  readonly version: string
  readonly columns: readonly Column[]
  /** What it was made from, if its writer said. */
  readonly provenance?: Provenance
  /** The rows to which this version added some, as they were written, the oldest first; `rows` and `sizeBytes` count them all. */
  readonly before?: readonly StoredPartition[]
}

/** A partition that was written and had no rows. */
export interface EmptyPartition {
  readonly key: PartitionKey
  readonly provenance: Provenance
}

/** One recorded version of one asset: who wrote what from what. */
export interface Version {
  readonly id: string
  /** Counts up by one; what compare-and-swap compares. */
  readonly number: number
  /** UTC, ISO 8601. */
  readonly createdAt: string
  readonly app: string
  readonly runId: string
  /** The step of the run that published it. */
  readonly step?: string
  /** Version ids of the inputs, by asset key. */
  readonly inputs: Readonly<Record<string, string>>
  readonly columns: readonly Column[]
  /** Names of the partition columns, in order; what `partitions` tell, too, of which there may be many. */
  readonly partitionBy?: readonly string[]
  /** How values of partitions follow from their columns; the others are the columns' own. */
  readonly grains?: Grains
  readonly partitions: readonly StoredPartition[]
  readonly rows: number
  readonly sizeBytes: number
  /** The state of all partitions, as that of an input: the same means that the same versions wrote them. */
  readonly state?: string
  /** What all of it was last made from in one piece. */
  readonly whole?: WholeProvenance
  /** Partitions that were written and have no rows, as far as inputs had something for them or they were asked for by themselves. */
  readonly empty?: readonly EmptyPartition[]
  /** Up to which value of its column an incremental asset has what its inputs had: a number, or text as in rows. */
  readonly watermark?: string | number
  /** The number of the version whose rows this one has again. */
  readonly restores?: number
}

/** A version whose record cannot be read. */
export interface DamagedVersion {
  /** Undefined when that cannot be told either. */
  readonly number: number | undefined
  /** Where the record is. */
  readonly at: string
  /** What is wrong with it, as a clause. */
  readonly problem: string
}

/** The versions that are kept of an asset. */
export interface VersionList {
  /** Newest first; the first one is current. */
  readonly versions: readonly Version[]
  readonly damaged: readonly DamagedVersion[]
}

export interface CleaningRequest {
  /** Ids of versions that unfinished runs read, and of runs whose versions they do. */
  readonly pinned: ReadonlySet<string>
  /** Removes what is found; otherwise it is only told. */
  readonly remove: boolean
}

/** What the retention of an asset lets go of. */
export interface Cleaning {
  /** Newest first. */
  readonly kept: readonly { readonly version: Version; readonly why: Kept }[]
  /** Newest first. */
  readonly removed: readonly Version[]
  /** What no version names and nobody writes any more: how many folders, files or tables. */
  readonly leftovers: number
  /** What is freed on the disk, as far as it can be told. */
  readonly sizeBytes: number
  /** While some are there, no rows are removed: they may belong to one of these. */
  readonly damaged: readonly DamagedVersion[]
}

export interface StageRequest {
  /** Unique per attempt; names the version. */
  readonly version: string
  readonly columns: readonly Column[]
  /** Names of the partition columns, in order. */
  readonly partitionBy: readonly string[]
  /** How values of partitions follow from their columns; the others are the columns' own. The engine is to know it by the target. */
  readonly grains?: Grains
  /** The partitions to replace; undefined replaces everything. */
  readonly replace: readonly PartitionKey[] | undefined
  /** The version that the step started from. */
  readonly base: Version | undefined
  /** Replaces nothing: the rows are added to the partitions that they lie in. */
  readonly adds?: true
}

export interface PublishRequest {
  readonly app: string
  readonly runId: string
  /** The step of the run. */
  readonly step?: string
  readonly inputs: Readonly<Record<string, string>>
  /**
   * Called when the head moved although no partition of ours did: may the result be rebased as it is?
   * Not when a blocking check looks at more than the increment.
   */
  readonly mayRebase: boolean
  /** What a partition that this step writes was made from; of all of the asset, when no key is given. */
  readonly provenance?: (key?: PartitionKey) => Provenance
  /**
   * Of a write that brings all of the asset up to date by what changed: it follows from the rows of the base, so that it is never
   * rebased. How far they reach from now on; undefined where no row says so yet.
   */
  readonly upTo?: { readonly watermark: string | number | undefined }
  /** Of a write of all: which of its partitions are known to be empty where it has no rows for them. */
  readonly covers?: Covered
  /**
   * Ids of versions that unfinished runs read, and of runs whose versions they do: these stay, whatever the retention says. Asked
   * only when something could go.
   */
  readonly pinned?: () => Promise<ReadonlySet<string>>
}

/** What a write of all covers, whether rows came of it or not. */
export interface Covered {
  /** The partitions that inputs have something for. */
  readonly partitions: readonly PartitionKey[]
  /** What inputs hold for all others. */
  readonly others: Provenance['inputs']
}

/** A staged write: nobody reads it until it is published. */
export interface Staging {
  readonly target: WriteTarget
  /** Makes what was written durable. */
  seal(written: Written): Promise<void>
  /** The rows of this step alone. After `seal`. */
  increment(): Location
  /** What readers would see: published, minus replaced, plus staged; of the published, those that it `keeps`. After `seal`. */
  candidate(keeps?: (partition: StoredPartition) => boolean): Location
  /**
   * Makes it visible in one act, if the head is still the base.
   * @throws CONFLICT when the same partitions were replaced meanwhile, FOREIGN_ASSET when another app writes the asset
   */
  publish(request: PublishRequest): Promise<Version>
  /** Of a dataset that can publish several assets in one act. */
  readonly group?: PublishingGroup
  /** Forgets it and removes its files. */
  discard(): Promise<void>
  /** After `seal`: plain data by which {@link Dataset.reopen} finds it again in another process. */
  hold?(): Held
}

/** A staged write as one of several that become visible in one act. */
export interface PublishingGroup {
  /** Those with the same key can be published together. */
  readonly key: string
  /** What those know of each other. */
  readonly member: unknown
  /**
   * Publishes all in one act; throws as `publish`, and then none of them is.
   * @param members of groups with this key
   * @returns the versions, in the order of the members
   */
  publishAll(
    members: readonly { readonly member: unknown; readonly request: PublishRequest }[],
  ): Promise<readonly Version[]>
}

/** What a dataset needs to find a staged write again. */
export interface Held {
  /** The id of the version that it becomes. */
  readonly version: string
}

/** How one asset is stored in one environment. A dataset stores; an {@link Engine} computes. */
export interface Dataset {
  /** The type in the catalog: `parquet`. */
  readonly type: string
  /** Where it is, for people and to see two assets at one place: an absolute path, a table name. */
  readonly address: string
  readonly capabilities: DatasetCapabilities
  /** A location like those of this dataset, without rows: whether an engine scans it tells whether it scans them all. */
  emptyLocation(): Location | Promise<Location>
  /** The current version; undefined when nothing was published, or when the dataset keeps no versions. */
  head(): Promise<Version | undefined>
  /**
   * The same as {@link head}, of a dataset that need not be waited for: what a plan asks instead, since there may be very many.
   * @param surroundings what is known before
   */
  headNow?(surroundings: Surroundings): Version | undefined
  /** A version by its number, of a dataset that keeps several; undefined when it is not kept. */
  version?(number: number): Promise<Version | undefined>
  /** The versions that are kept, of a dataset that keeps some. */
  versions?(): Promise<VersionList>
  /** Whether there is anything to read. */
  exists(): Promise<boolean>
  /**
   * Where the rows of a version (the current content, for a dataset without versions) are, or of those partitions of it.
   * @throws DATA_MISSING
   */
  locate(version: Version | undefined, partitions?: readonly PartitionKey[]): Promise<Location>
  /**
   * Changes when the content does, of a dataset that keeps no versions: told cheaply, since each plan asks for it, and without an engine that computes.
   * Undefined when that cannot be told.
   */
  identity?(): Promise<string | undefined>
  /** When the content of a dataset without versions last changed, UTC, ISO 8601; undefined when that cannot be told. */
  changedAt?(): Promise<string | undefined>
  /** Where the current rows are, whatever version is published: a name in the engine's own catalog, if it has one. */
  standing?(): Promise<Location>
  /** @throws NOT_SUPPORTED when it cannot be written */
  stage(request: StageRequest): Promise<Staging>
  /** What was staged and sealed, to be published: by what its `hold` gave; undefined when it is not all there any more. */
  reopen?(held: Held): Promise<Staging | undefined>
  /**
   * Publishes the rows of an earlier version again, as a new version with this id.
   * @throws NOT_SUPPORTED when it is not restorable, DATA_MISSING when the version is not kept, CONFLICT, FOREIGN_ASSET
   */
  restore(version: Version, id: string, request: PublishRequest): Promise<Version>
  /**
   * Takes the asset for a run, so that others wait or are told; not across runs that pay no heed to it.
   * @param over the token of a lease whose holder is dead
   */
  lease?(holder: LeaseHolder, over?: string): Promise<LeaseAnswer>
  /** What its retention lets go of. Publishing does the same by itself, as far as that is cheap. */
  clean?(request: CleaningRequest): Promise<Cleaning>
  /** For datasets that no engine scans: rows by columns, in the value rules of docs/column-types.md. */
  read?(location: Location, columns: readonly Column[]): AsyncIterable<Batch>
  /** For datasets that no engine writes. */
  append?(target: WriteTarget, columns: readonly Column[], batches: AsyncIterable<Batch>): Promise<Written>
}

/** Rows by columns: `columns[i][r]` is the value of column `i` in row `r`. */
export interface Batch {
  readonly length: number
  readonly columns: readonly (readonly unknown[])[]
}

/** What a dataset's factory is told about the asset that it stores. */
export interface DatasetContext {
  readonly asset: string
  readonly columns: readonly Column[]
  /** Names of the partition columns, in order. */
  readonly partitionBy: readonly string[]
  /** How values of partitions follow from their columns; the others are the columns' own. */
  readonly grains?: Grains | undefined
  /** Absolute folder that relative paths start from. */
  readonly root: string
  readonly env: string
  /** Which versions stay. @default the newest two, and what was current within a day */
  readonly retention?: Retention | undefined
  /** Gets what is wrong with what is stored where work goes on all the same. */
  readonly notice?: ((error: LevadaError) => void) | undefined
}
