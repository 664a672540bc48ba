export { openApp, type OpenOptions, type PlanOptions, type SelectionIn, type Session } from './run/session.ts'
export type { StepOptions, StepResult } from './run/execute-step.ts'
export { superviseStep } from './run/supervise-step.ts'
export type { WorkerOrder, WorkerWord } from './run/worker-child.ts'
export type { RunRecord } from './run/record.ts'
export { watchExit } from './run/exit-guard.ts'
export { failStray, isInterrupted, strayError, strayText, watchStrays } from './run/strays.ts'
export { runRecord } from './run/run-record.ts'
export { newRunId, runners, type RunnerName, type RunOptions, type RunResult } from './run/execute.ts'
export { watchApp, type DevEvent, type DevOptions } from './dev/dev.ts'
export {
  newAsset,
  newExpects,
  type NewAsset,
  type NewAssetOptions,
  type NewExpects,
  type NewExpectsOptions,
  type NewFile,
} from './scaffold/scaffold.ts'
export type { Preview, PreviewInput, PreviewOptions, PreviewOutput } from './run/preview.ts'
export { allChecks, partitionText, type PartitionKey } from './asset/index.ts'
export { findAppDir, importFrom, loadApp } from './run/find-app.ts'
export { isSettled, type StepEnd } from './run/settled.ts'
export type { LeaseOptions, Waiting } from './run/leases.ts'
export type { AssetCleaning } from './run/clean.ts'
export type { Restored, RestoreOptions } from './run/restore.ts'
export type { AssetVersion, AssetVersions } from './run/versions.ts'
export type { Cleaning } from './dataset/index.ts'
export { type LoadedAsset } from './run/load.ts'
export { type QueryResult } from './run/query.ts'
export { logFile, preloadRun } from './run/log-sink.ts'
export { toJson, type Row } from './run/rows.ts'
export type { EventSink, LevadaEvent, CheckResult } from './events/index.ts'
export { eventSchema } from './events/index.ts'
export type {
  Guarantees,
  GuaranteesRow,
  PartitionRange,
  PartitionRequest,
  Plan,
  Reason,
  ReasonKind,
  Resumption,
  SkippedStep,
  Step,
  StepInput,
  StepOutput,
} from './plan/index.ts'
export {
  denials,
  guaranteeCells,
  guaranteesOf,
  runCommand,
  select,
  statesIn,
  selectorsOf,
  type Selected,
} from './plan/index.ts'
export { checkApp, type CheckOptions, type CheckReport, type EnvironmentReport } from './run/check-app.ts'
export { appPorts } from './run/app-ports.ts'
export {
  generatedFiles,
  isPipelinePackage,
  loadPipeline,
  pipelinePackages,
  staleError,
  writeGenerated,
  type GeneratedFile,
  type InstalledPackage,
} from './run/generate.ts'
export { confSchemas } from './catalog/index.ts'
export { checkEnvironment, environments, timeSpanMs, type JobSettings } from './config/index.ts'
export { jobViews, type JobView } from './run/job-views.ts'
export {
  codeFrame,
  codes,
  errorRecord,
  type ErrorCode,
  type ErrorRecord,
  exampleOf,
  type Example,
  formatPlace,
  LevadaError,
  didYouMean,
  nearest,
  isLevadaError,
  throwAll,
  toLevadaErrors,
} from './errors/index.ts'
export { showColumn, showDeprecation, showField, showType } from './schema/index.ts'
export { failedRows, type FailedRows } from './run/failed.ts'
export { compose } from './run/compose.ts'
export { billOfMaterials, type Bom, type BomPackage } from './run/bom.ts'
export { packageContract } from './run/package-facts.ts'
export {
  appPortsText,
  columnProblems,
  outlineOf,
  pipelineAssets,
  portsText,
  selectionText,
  parseSelection,
  viewOf,
  type App,
  type Contract,
  type Graph,
  type GraphView,
  type Selector,
} from './app/index.ts'
export { bindPipeline, type PipelineBound } from './run/bind-pipeline.ts'
export { quoted, requestText } from './plan/index.ts'
