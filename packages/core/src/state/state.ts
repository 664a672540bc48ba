/** What a run can come to. `nothing` : the selection left no step to run. */
export const runStates = ['succeeded', 'failed', 'cancelled', 'nothing'] as const
export type RunState = (typeof runStates)[number]

/** What a step can come to. */
export const stepStates = ['succeeded', 'failed', 'skipped', 'cancelled'] as const
export type StepState = (typeof stepStates)[number]

/** Why a step was not run. */
export const skipReasons = [
  'upstream_failed',
  'too_many_failures',
  'run_cancelled',
  'unchanged',
  'exists',
] as const
export type SkipReason = (typeof skipReasons)[number]
