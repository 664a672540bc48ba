export { coreNotices, defineApp, type App, type Job } from './app.ts'
export type { AppNames, AppRows } from './check.ts'
export {
  checkContract,
  contractFormat,
  contractOf,
  leafAssets,
  outlineOf,
  paramSchemas,
  pipelineAssets,
  type AssetContract,
  type Contract,
  type NodeContract,
  type Outline,
  type PackageFacts,
  type ParamContract,
} from './contract.ts'
export { deprecatedReads } from './deprecations.ts'
export { columnProblems, fieldFits, unitFits } from './fits.ts'
export { external, type External } from './external.ts'
export { composeGraph, othersOf, graphNode, type Graph, type GraphAsset, type GraphNode } from './graph.ts'
export { mappingOf } from './mapping.ts'
export { appPortsHeading, appPortsText, portsText, type PipelineUse } from './ports-text.ts'
export { viewOf, type GraphEdge, type GraphView, type NodeView, type RelationView } from './graph-view.ts'
export { each, indexOf, lengthOf, listed, type GraphIndex, type Lists } from './graph-index.ts'
export {
  isGlob,
  parseSelection,
  printFactor,
  printSelection,
  selectionWords,
  states,
  type Factor,
  type Selection,
  type StateTerm,
  type Term,
} from './selection-syntax.ts'
export { selectionText, type AnySelection, type Names, type Selector } from './selector.ts'
