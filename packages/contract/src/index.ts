export { diffApps, type AppChange, type AppDiff, type AppDiffOptions } from './app-diff.ts'
export { isEnough, requiredBump, type Bump } from './bump.ts'
export type { Change, Subject } from './change.ts'
export { relaxationJsonSchema } from './changesets.ts'
export { consumersOf, contractsIn, contractsOfScope, type Consumer, type NamedContract } from './consumers.ts'
export { contractJsonSchema, contractSchema } from './contract-schema.ts'
export { diffContracts, type ContractDiff } from './diff.ts'
export { changesTable } from './markdown.ts'
export type { Contract } from './model.ts'
export { packPackage, type PackOptions, type PackedPipeline } from './pack-package.ts'
export { parseContract } from './parse-contract.ts'
export { partitioningText } from './partitioning.ts'
export { openRegistry, type Packument, type Registry } from './registry.ts'
export {
  checkRelease,
  placeOf,
  type PackageReport,
  type RelaxedChange,
  type ReleaseOptions,
  type ReleaseReport,
} from './release-check.ts'
export { rules, type Rule, type RuleId, type Side } from './rules.ts'
export { readSide, type ContractSide, type PackageId, type SideOptions } from './side.ts'
export type { StorageVerdict } from './storage.ts'
export { changesetLine, writeChangeset } from './write-changeset.ts'
export { workspacePackages, workspaceRoot, type WorkspacePackage } from './workspace.ts'
