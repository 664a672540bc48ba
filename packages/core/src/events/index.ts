export type {
  AssetMaterialized,
  CheckFinished,
  CheckResult,
  EventSink,
  LevadaEvent,
  Logged,
  RunFinished,
  RunStarted,
  StepFinished,
  StepStarted,
} from './events.ts'
export { eventSchema } from './schema.ts'
