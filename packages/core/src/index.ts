export { codes, isLevadaError, LevadaError, type CodeEntry, type ErrorCode } from './errors/index.ts'
export { col, type Column, type ColumnType, type Deprecation, type JsonValue } from './schema/index.ts'
export { secret } from './config/secret.ts'
export { resource, defineResource, type ResourceDefinition, type ResourceNeed } from './resource/index.ts'
export {
  acceptedValues,
  asset,
  between,
  daily,
  expects,
  matches,
  notNull,
  relationship,
  rowCount,
  source,
  sqlCheck,
  unique,
  type AnyAsset,
  type Asset,
  type Check,
  type Expected,
  type Owned,
  type Partition,
  type PartitionKey,
  type Severity,
  type Source,
} from './asset/index.ts'
export {
  definePipeline,
  node,
  sql,
  sqlNode,
  view,
  type AnyNode,
  type View,
  type Node,
  type AnyPipeline,
  type NodeContext,
  type OutputHandle,
  type Pipeline,
  type Ports,
  type Renamed,
  type Sql,
  type TableHandle,
} from './pipeline/index.ts'
export { defineApp, external, type App, type External, type Job, type Selector } from './app/index.ts'
