export { openCatalog, type Catalog, type CatalogEntry } from './catalog.ts'
export { confSchemas } from './conf-schemas.ts'
export { openEngines, type Engines } from './engines.ts'
export type {
  AroundStep,
  CatalogContext,
  DatasetType,
  EngineContext,
  EngineType,
  Plugin,
  StepCall,
} from './plugin.ts'
export { placeOf } from './place-of.ts'
