export { openCatalog, type Catalog, type CatalogEntry } from './catalog.ts'
export { openEngines, type Engines } from './engines.ts'
export type { CatalogContext, DatasetType, EngineContext, EngineType, Plugin } from './plugin.ts'
export { placeOf } from './place-of.ts'
