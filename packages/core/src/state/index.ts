export {
  runStates,
  skipReasons,
  stepStates,
  type RunState,
  type SkipReason,
  type StepState,
} from './state.ts'
