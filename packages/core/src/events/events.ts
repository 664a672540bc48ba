import type { PartitionKey } from '../asset/index.ts'
import type { ErrorRecord } from '../errors/index.ts'
import type { RunState, SkipReason, StepState } from '../state/index.ts'

export interface CheckResult {
  readonly asset: string
  readonly check: string
  readonly severity: 'error' | 'warn'
  /** `not_checked`: a check of severity warn that crashed. */
  readonly outcome: 'passed' | 'failed' | 'not_checked'
  /** What was looked at: the rows of the step, all rows that readers would see, or a source. */
  readonly scope: 'increment' | 'candidate' | 'source'
  readonly rows: number
  readonly failed_rows: number
  /** What failed, where it is not single rows: `4 rows, expected at least 10`. */
  readonly detail?: string
  /** A few failing rows, as JSON. */
  readonly sample?: readonly Readonly<Record<string, unknown>>[]
  /** Folder of a Parquet file with all failing rows. */
  readonly failed_rows_at?: string
  readonly error?: ErrorRecord
}

interface Base {
  /** Version of this schema. */
  readonly schema: 1
  /** UTC, ISO 8601, milliseconds. */
  readonly time: string
  readonly run_id: string
}
interface StepBase extends Base {
  readonly step_id: string
  readonly pipeline: string
  readonly node: string
  /** The only partition that the step writes. */
  readonly partition?: PartitionKey
  /** The partitions that it writes, when they are several: `flight_date=2001-01-01..2001-03-31`. */
  readonly partitions?: string
}

export interface RunStarted extends Base {
  readonly type: 'run_started'
  readonly app: string
  readonly env: string
  readonly selection: string
  /** The partitions that were asked for, as the command line takes them. */
  readonly partition?: string
  readonly steps: readonly string[]
  /** The hash of what the app is made of: `levada app diff --bom` prints it with its packages. */
  readonly bom?: string
  /** The process that runs it. */
  readonly pid?: number
  readonly host?: string
}
/** Another process goes on with the run; its other facts are those of {@link RunStarted}. */
export interface RunResumed extends Base {
  readonly type: 'run_resumed'
  readonly app: string
  readonly env: string
  readonly selection: string
  readonly partition?: string
  /** Those that are left. */
  readonly steps: readonly string[]
  /** Those that are done. */
  readonly finished: readonly string[]
  readonly bom?: string
  readonly pid?: number
  readonly host?: string
}
export interface StepStarted extends StepBase {
  readonly type: 'step_started'
  readonly reason: string
  /** What kinds of reasons they are: `code`, `input`, … */
  readonly reason_kinds: readonly string[]
  /** Counts from 1; absent where whoever runs the step does not count. */
  readonly attempt?: number
}
export interface CheckFinished extends StepBase {
  readonly type: 'check_finished'
  readonly result: CheckResult
}
export interface AssetMaterialized extends StepBase {
  readonly type: 'asset_materialized'
  readonly asset: string
  readonly version: string
  readonly number: number
  /** Rows of the whole asset after publishing. */
  readonly rows: number
  readonly rows_written: number
  readonly bytes_written: number
  readonly partitions_written: number
  /** Partitions that existed before and are no longer produced. */
  readonly partitions_dropped: readonly PartitionKey[]
  /** Rows of the version that it replaces; absent for the first. */
  readonly rows_before?: number
  /** Version ids of the inputs, by asset key. */
  readonly inputs: Readonly<Record<string, string>>
  readonly address: string
}
export interface StepFinished extends StepBase {
  readonly type: 'step_finished'
  readonly state: StepState
  readonly duration_ms: number
  readonly skip_reason?: SkipReason
  /** The step whose failure led to the skip. */
  readonly because_of?: string
  readonly errors?: readonly ErrorRecord[]
}
/** An attempt has failed of something that may pass, and another one follows. */
export interface StepRetrying extends StepBase {
  readonly type: 'step_retrying'
  /** The one that follows, from 2. */
  readonly attempt: number
  /** How many there are at most. */
  readonly attempts: number
  /** When it follows. */
  readonly delay_ms: number
}
export interface Logged extends StepBase {
  readonly type: 'log'
  readonly level: 'debug' | 'info' | 'warn'
  readonly message: string
  readonly facts?: Readonly<Record<string, unknown>>
}
/** The run was told to stop, or its time is over: nothing starts any more, and what runs is asked to end. */
export interface RunStopping extends Base {
  readonly type: 'run_stopping'
  readonly reason: 'cancelled' | 'timeout'
  /** Ids of the steps that have not ended yet. */
  readonly running: readonly string[]
}
export interface RunFinished extends Base {
  readonly type: 'run_finished'
  readonly state: RunState
  /** Going on with it would end the same: what failed follows from the code and from what it began to read. */
  readonly settled?: true
  /** What ended the run, beside what its steps failed of. */
  readonly errors?: readonly ErrorRecord[]
  readonly duration_ms: number
  /** CPU time of the process during the run, user and system, all threads. */
  readonly cpu_ms: number
}

/** The events of a run: one schema for terminal, log, JSON output, lineage and history. */
export type LevadaEvent =
  | RunStarted
  | RunResumed
  | StepStarted
  | CheckFinished
  | AssetMaterialized
  | StepFinished
  | StepRetrying
  | Logged
  | RunStopping
  | RunFinished

/** Gets every event, in order. What it throws is reported and never fails a run. */
export interface EventSink {
  readonly name: string
  event(event: LevadaEvent): void
  close?(): Promise<void>
}
