import type { CheckResult, LevadaEvent } from '@levada/core/run'

type Finished = Extract<LevadaEvent, { type: 'step_finished' }>

/** `running`: its process is alive, or it has none and its steps are run one by one. `interrupted`: it ended without saying how. `unknown`: its log is gone, what it published is known. */
export type StoredRunState =
  | Extract<LevadaEvent, { type: 'run_finished' }>['state']
  | 'running'
  | 'interrupted'
  | 'unknown'

export interface StoredRun {
  readonly id: string
  readonly app: string
  readonly env: string
  readonly selection: string
  /** The partitions that were asked for, as the command line takes them; undefined for all. */
  readonly partition: string | undefined
  readonly state: StoredRunState
  /** UTC, ISO 8601. */
  readonly startedAt: string
  readonly durationMs: number | undefined
  /** Steps by what they came to; those that were left out since nothing changed are `unchanged`. */
  readonly counts: Readonly<Record<string, number>>
}

export interface StoredStep {
  readonly id: string
  readonly pipeline: string
  readonly node: string
  /** `flight_date=2001-03-04`; of a range both ends. */
  readonly partitions: string | undefined
  /** `interrupted`: its run ended without saying how. */
  readonly state: Finished['state'] | 'running' | 'interrupted'
  /** Why it ran. */
  readonly reason: string | undefined
  /** Why it did not. */
  readonly skipReason: Finished['skip_reason']
  /** The step whose failure led to the skip. */
  readonly becauseOf: string | undefined
  readonly startedAt: string | undefined
  readonly durationMs: number | undefined
  readonly errors: NonNullable<Finished['errors']>
}

export interface StoredCheck extends CheckResult {
  readonly step: string
}

export interface StoredMaterialization {
  /** Empty where only the manifest tells of it. */
  readonly step: string
  readonly asset: string
  readonly version: string
  readonly number: number
  readonly rows: number
  readonly rowsWritten: number
  readonly bytesWritten: number
  readonly partitionsWritten: number
  readonly inputs: Readonly<Record<string, string>>
  readonly address: string
  readonly at: string
}

export interface StoredRunDetails extends StoredRun {
  readonly steps: readonly StoredStep[]
  readonly checks: readonly StoredCheck[]
  readonly materializations: readonly StoredMaterialization[]
}
