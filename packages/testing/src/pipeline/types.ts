import type { Ports } from '@levada/core'
import type { CheckResult, PartitionRequest } from '@levada/core/run'
import type { Fake } from './fake-rows.ts'

type Section<P, S extends keyof Ports> = P extends { readonly [_ in S]: infer X } ? X : {}
type Provided<P> = Section<P, 'provides'>
/** What a pipeline reads and does not make: row types by asset. */
export type InputRows<P> = Section<P, 'requires'> & Section<P, 'sources'>
/** All that it reads or makes. */
export type AssetRows<P> = InputRows<P> & Provided<P>

/** Sample rows by asset: all columns of each, or `fake(…)`, which fills what a row does not name. */
export type Given<Rows> = { readonly [K in keyof Rows]?: readonly Rows[K][] | Fake<Rows[K]> }

type Arguments<F> = F extends (...args: infer A) => unknown ? A : never
/** One call of a faked resource. */
export type Call<T> = {
  [M in keyof T]: Arguments<T[M]> extends never
    ? never
    : { readonly method: M; readonly args: Arguments<T[M]> }
}[keyof T]

export interface RunSettings<P> {
  /** As `--partition` of a run: `2001-03-04`, `2001-03-01..2001-03-31`, or by dimension. Dates that are faked lie in it. */
  readonly partition?: PartitionRequest
  /** What function nodes get as `now`: UTC, ISO 8601. @default '2001-01-01T00:00:00Z' */
  readonly now?: string
  /** Other fakes, the same each time. @default 1 */
  readonly seed?: number
  /** Parts of a resource that have to answer something; all calls are recorded, of these and of others. */
  readonly resources?: { readonly [N in keyof Section<P, 'resources'>]?: Partial<Section<P, 'resources'>[N]> }
}

/** Params without a default have to be given. */
type ParamsOption<Params> = {} extends Params ? { readonly params?: Params } : { readonly params: Params }

export type PipelineOptions<P extends Ports> = RunSettings<P> & {
  /** Rows of what the pipeline reads. What is left out is faked: ten rows by its schema and checks. */
  readonly inputs?: Given<InputRows<P>>
} & ParamsOption<Section<P, 'params'>>

export type NodeOptions<P extends Ports> = RunSettings<P> & {
  /** Rows of what the node reads, be it made by the pipeline or not. What is left out is faked. */
  readonly inputs?: Given<AssetRows<P>>
  readonly params?: Partial<Section<P, 'params'>>
}

/** What a run made, and what it did beside that. */
export interface TestRun<P extends Ports> {
  /** All rows of an asset that was read or written, in the order of its key; without one, of its columns. */
  rows<K extends keyof AssetRows<P> & string>(asset: K): readonly AssetRows<P>[K][]
  /** What checks said, those of severity `warn` too: one of severity `error` that fails ends the run. */
  readonly checks: readonly CheckResult[]
  readonly logs: readonly {
    readonly level: 'debug' | 'info' | 'warn'
    readonly message: string
    readonly facts?: Readonly<Record<string, unknown>>
  }[]
  /**
   * Another run of the same on what this one has stored, as the next one in an app: inputs that are not given stay as they are, and
   * what has nothing to do is skipped.
   */
  again(options?: Partial<NodeOptions<P>>): Promise<TestRun<P>>
  /** What was called of each resource, in order. */
  readonly calls: {
    readonly [N in keyof Section<P, 'resources'>]: readonly Call<Section<P, 'resources'>[N]>[]
  }
}
