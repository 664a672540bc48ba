export {
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
} from './engine.ts'
export { type NodeSignal, type Signal } from './signal.ts'
export { reservedWordHint, reservedWords } from './reserved-words.ts'
export {
  checkNul,
  findInCode,
  normalSql,
  notSelectAt,
  paramUses,
  placeIn,
  rewriteParams,
  startOf,
  trimStatement,
  unitOffset,
  unitOffsetOfPoint,
  type ParamUse,
  type Rewritten,
  type SqlText,
} from './sql-text.ts'
