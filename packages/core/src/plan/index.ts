export {
  denials,
  groupGuarantees,
  guaranteeCells,
  guaranteesOf,
  type Guarantees,
  type GuaranteesRow,
} from './guarantees.ts'
export { readingOf, type Reading, type ReadFrom } from './reading.ts'
export { resolveParams, type ParamValues } from './params.ts'
export {
  makePlan,
  selectNow,
  type Backfill,
  type Plan,
  type PlanRequest,
  type Resumption,
  type SkippedStep,
  type Step,
  type StepInput,
  type StepOutput,
} from './plan.ts'
export { inputPartitions, readPartitions, storedKeys } from './read-partitions.ts'
export {
  checkRequest,
  partitionsFor,
  requestText,
  type PartitionRange,
  type PartitionRequest,
} from './partitions.ts'
export { boundsOf, queryBuilder, sinceBound, type QueryContext } from './query.ts'
export type { PlannedBefore, PlannedStep } from './plan-again.ts'
export { buildsOn } from './builds-on.ts'
export { quoted, runCommand } from './command.ts'
export type { Pin } from './standing.ts'
export { openStates, type Fingerprints, type Standing, type States } from './states.ts'
export { coveredBy } from './covered.ts'
export { provenanceNow } from './provenance-now.ts'
export { decideAgain, type Mode } from './decide-nodes.ts'
export { fingerprintChanges } from './decide.ts'
export { showReasons, type Reason, type ReasonKind } from './reason.ts'
export { canRead, checkGrains, checkStored, partitionsAmong, storedColumns } from './stored.ts'
export { select, statesIn, type Selected, type SelectOptions } from './selection.ts'
export { selectorsOf } from './selectors.ts'
export { authorPlace, dialectsOf, readSql } from './sql-source.ts'
export { writeProblem } from './write-problem.ts'
