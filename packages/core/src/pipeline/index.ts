export {
  node,
  sqlNode,
  view,
  type AnyNode,
  type AnyView,
  type FileUrl,
  type Handler,
  type Input,
  type Inputs,
  type Node,
  type NodeContext,
  type NodeLog,
  type OutputHandle,
  type Outputs,
  type Params,
  type Resources,
  type SqlSource,
  type TableHandle,
  type ValueSchema,
  type View,
} from './node.ts'
export {
  coreFolder,
  definePipeline,
  originalOf,
  renamedAssets,
  pipelineProtocol,
  viewsBelow,
  viewsOf,
} from './pipeline.ts'
export type { AnyPipeline, Pipeline, Ports, Renamed } from './ports.ts'
export { sql, type ColumnRef, type ParamRef, type Sql, type TableRef } from './sql.ts'
