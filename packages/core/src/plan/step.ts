import type { AnyAsset, PartitionKey } from '../asset/index.ts'
import type { GraphNode } from '../app/index.ts'
import type { Version } from '../dataset/index.ts'
import type { Follows } from './builds-on.ts'
import type { Reason } from './reason.ts'

export interface StepInput {
  readonly asset: string
  /** `run`: what this run makes; `version`: pinned; `source`: as it is when the step reads it. */
  readonly from: 'run' | 'version' | 'source'
  readonly version?: Version | undefined
  /** Of what has no versions: changes when it does; undefined when that cannot be told. */
  readonly state?: string | undefined
  /** The partitions that are read; undefined for all. */
  readonly partitions: readonly PartitionKey[] | undefined
  /** The environment that it is read from. */
  readonly env: string
  /** The engine of the step cannot scan it: its rows are moved there by columns. */
  readonly moved: boolean
}

export interface StepOutput {
  readonly asset: string
  readonly dataset: string
  readonly address: string
  /** The version that it replaces, wholly or in part. */
  readonly base: Version | undefined
  /** The partitions that are replaced; undefined for all. */
  readonly replaces: readonly PartitionKey[] | undefined
  /** Of an incremental asset that is not made anew: from where on rows are added or replaced. */
  readonly follows?: Follows
  /** The engine of the step cannot write it: its rows are moved there by columns. */
  readonly moved: boolean
}

/** One node for one partition range, or the checks of one source. */
export interface Step {
  readonly id: string
  readonly pipeline: string
  /** The node's name; `source:<asset>` for the checks of a source. */
  readonly node: string
  readonly work:
    | { readonly kind: 'node'; readonly node: GraphNode }
    | { readonly kind: 'source'; readonly source: AnyAsset }
  /** The partitions that it writes, in one act; undefined for all, and where there are none. */
  readonly partitions: readonly PartitionKey[] | undefined
  /** The reasons, as one text. */
  readonly reason: string
  readonly reasons: readonly Reason[]
  readonly engine: string
  /** Views that are fused into its statement. */
  readonly views: readonly string[]
  readonly inputs: readonly StepInput[]
  readonly outputs: readonly StepOutput[]
  /** Ids of the steps that have to succeed first. */
  readonly needs: readonly string[]
  /** Ids of steps that have to end first, however they do: they write other partitions of the same assets. */
  readonly after?: readonly string[]
}
