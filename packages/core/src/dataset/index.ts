export { denied, type Capability, type Denied } from './capability.ts'
export {
  type Batch,
  type Covered,
  type Dataset,
  type DatasetCapabilities,
  type DatasetContext,
  type EmptyPartition,
  type Held,
  type PublishRequest,
  type StageRequest,
  type Staging,
  type StoredPartition,
  type Version,
  type Written,
  type WrittenFile,
} from './dataset.ts'
export {
  isEmptyLocation,
  type FileFormat,
  type FormatOptions,
  type Location,
  type WriteTarget,
} from './location.ts'
export type { Fingerprint, Provenance, WholeProvenance } from './provenance.ts'
export { partitionKeys } from './group-by-partition.ts'
