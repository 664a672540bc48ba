import type { SkipReason, StepState } from '../state/index.ts'

/** What a step fails of again as long as neither its code nor what it reads is another, and a run goes on with both as they were. */
const settling: ReadonlySet<string> = new Set([
  'SQL_SYNTAX',
  'SQL_BIND',
  'SQL_TABLE_UNDECLARED',
  'SQL_PARAM_UNDECLARED',
  'SQL_NOT_SELECT',
  'SQL_RESULT',
  'DATA_UNREADABLE',
  'SOURCE_SCHEMA',
  'ROW_INVALID',
  'VALUE_RANGE',
  'ROW_OUT_OF_RANGE',
  'STALE_SCHEMA',
  'CHECK_FAILED',
  'INPUT_CHANGED',
  'CODE_CHANGED',
])

/** How a step ended. */
export interface StepEnd {
  readonly state: StepState
  readonly skipReason?: SkipReason | undefined
  readonly errors?: readonly { readonly code: string; readonly retryable?: boolean }[] | undefined
}

/** Whether a run that has failed would end the same if it went on: all that is left failed of its code or its rows, or waits for that. */
export function isSettled(steps: Iterable<StepEnd>): boolean {
  for (const { state, skipReason, errors = [] } of steps) {
    if (state === 'cancelled' || skipReason === 'too_many_failures' || skipReason === 'run_cancelled')
      return false
    if (state !== 'failed') continue
    if (errors.length === 0 || errors.some(({ code, retryable }) => retryable || !settling.has(code)))
      return false
  }
  return true
}
