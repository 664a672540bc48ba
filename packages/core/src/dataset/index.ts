export { denied, type Capability, type Denied } from './capability.ts'
export {
  type Batch,
  type Cleaning,
  type CleaningRequest,
  type Covered,
  type DamagedVersion,
  type Dataset,
  type DatasetCapabilities,
  type DatasetContext,
  type EmptyPartition,
  type Held,
  type PublishingGroup,
  type PublishRequest,
  type StageRequest,
  type Staging,
  type StoredPartition,
  type Version,
  type VersionList,
  type Written,
  type WrittenFile,
} from './dataset.ts'
export { openKeptHeads, type KeptHeads } from './kept-heads.ts'
export {
  isEmptyLocation,
  type FileFormat,
  type FormatOptions,
  type Location,
  type WriteTarget,
} from './location.ts'
export type { Fingerprint, Provenance, WholeProvenance } from './provenance.ts'
export { partitionKeys } from './group-by-partition.ts'
export { defaultRetention, type Kept, type Retention } from './retention.ts'
export { openSurroundings, type Surroundings } from './surroundings.ts'
