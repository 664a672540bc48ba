export { createDbt, type Dbt } from './create-dbt.ts'
export type { DbtRun } from './run.ts'
export type { DbtMessage, DbtResult } from './result.ts'
export type { DbtEvent, DbtLevel, DbtNode, DbtStatus } from './events.ts'
export {
  readCatalog,
  readFreshness,
  readManifest,
  type DbtCatalog,
  type DbtColumn,
  type DbtManifest,
  type DbtManifestNode,
  type DbtNodeResult,
  type DbtSourceFreshness,
} from './artifacts.ts'
export type { DbtPipelineConfig, DbtPipelineResult, DbtStage, DbtStageResult } from './full-pipeline.ts'
export type { DbtProjectInfo, DbtValidation } from './project.ts'
export { dbt, type DbtConfig } from './resource.ts'
export type {
  DbtBuildConfig,
  DbtCallConfig,
  DbtCompileConfig,
  DbtConnection,
  DbtDocsConfig,
  DbtFreshnessConfig,
  DbtListConfig,
  DbtOptions,
  DbtParseConfig,
  DbtRetryConfig,
  DbtRunConfig,
  DbtSeedConfig,
  DbtSelection,
  DbtSnapshotConfig,
  DbtTestConfig,
} from './options.ts'
export {
  DbtCloudClient,
  type ArtifactOptions,
  type CloudId,
  type CloudRun,
  type CloudStatus,
  type CloudStep,
  type DbtCloudOptions,
  type ListRunsOptions,
  type RequestOptions,
  type TriggerOptions,
  type WaitOptions,
} from './cloud/index.ts'
export { createEventParser, type EventParser } from './events.ts'
export {
  catalogOf,
  freshnessOf,
  manifestOf,
  parseArtifact,
  runResultsOf,
  type DbtRunResults,
} from './artifacts.ts'
