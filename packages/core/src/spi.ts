export {
  LevadaError,
  didYouMean,
  isLevadaError,
  jsonFault,
  positionAt,
  type ErrorCode,
  type ErrorOptions,
  type Place,
} from './errors/index.ts'
export {
  defaultValue,
  fit,
  isValue,
  showField,
  showSqlType,
  showType,
  withArticle,
  valueProblem,
  type Column,
  type ColumnType,
  type Field,
  type Fit,
  type JsonValue,
  type SqlType,
} from './schema/index.ts'
export { fieldFits, unitFits } from './app/fits.ts'
export {
  checkDimensions as checkPartitioning,
  countPartitions,
  grainsOf,
  partitionId,
  type Grain,
  type Grains,
  type PartitionKey,
} from './asset/index.ts'
export {
  defaultRetention,
  denied,
  isEmptyLocation,
  type Batch,
  type Capability,
  type Cleaning,
  type CleaningRequest,
  type DamagedVersion,
  type Dataset,
  type DatasetCapabilities,
  type DatasetContext,
  type Denied,
  type Covered,
  type EmptyPartition,
  type FileFormat,
  type Fingerprint,
  type Surroundings,
  type FormatOptions,
  type Held,
  type Kept,
  type Location,
  type Provenance,
  type PublishingGroup,
  type PublishRequest,
  type Retention,
  type StageRequest,
  type Staging,
  type StoredPartition,
  type Version,
  type VersionList,
  type WholeProvenance,
  type WriteTarget,
  type Written,
  type WrittenFile,
} from './dataset/index.ts'
export { memoryBytes, memorySchema } from './config/memory-size.ts'
export { absolutePath, localPath } from './dataset/local-path.ts'
export { plainFile, type PlainFileOptions } from './dataset/plain-file.ts'
export {
  checkDimensions,
  mergedPartitions,
  partsOf,
  publishVersion,
  restoreVersion,
  selectedPartitions,
  type Proposal,
  type StoredVersion,
  type Versions,
} from './dataset/publish.ts'
export { heldProposal, holdProposal, type HeldWrite } from './dataset/held.ts'
export { keptVersions, type Aged } from './dataset/retention.ts'
export type { Lease, LeaseAnswer, LeaseHolder, LeaseInUse } from './dataset/lease.ts'
export { packVersion, unpackVersion, type PackedVersion } from './dataset/version-json.ts'
export { versionedDataset, type VersionedDatasetOptions } from './dataset/versioned-dataset.ts'
export { groupByPartition, type PartitionRows } from './dataset/group-by-partition.ts'
export { versionedFiles, type VersionedFilesOptions } from './dataset/versioned-files.ts'
export {
  checkNul,
  findInCode,
  reservedWordHint,
  reservedWords,
  notSelectAt,
  paramUses,
  placeIn,
  rewriteParams,
  startOf,
  trimStatement,
  unitOffset,
  unitOffsetOfPoint,
  type Binder,
  type BoundParam,
  type Cursor,
  type Dialect,
  type Engine,
  type EngineCapabilities,
  type EngineSession,
  type Query,
  type ReadOptions,
  type Relation,
  type ResultColumn,
  type RowWriter,
  type Signal,
  type SqlText,
} from './engine/index.ts'
export { defineResource, type ResourceContext, type ResourceDefinition } from './resource/index.ts'
export {
  datasetType,
  definePlugin,
  engineType,
  type AroundStep,
  type CatalogContext,
  type DatasetType,
  type EngineContext,
  type EngineType,
  type Plugin,
  type StepCall,
} from './catalog/plugin.ts'
