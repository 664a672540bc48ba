export type { UnreadableLog } from './catch-up.ts'
export type { Published } from './published.ts'
export { openRunStore, type OpenStoreOptions, type RunsOptions, type RunStore } from './run-store.ts'
export type {
  StoredCheck,
  StoredMaterialization,
  StoredRun,
  StoredRunDetails,
  StoredRunState,
  StoredStep,
} from './stored.ts'
