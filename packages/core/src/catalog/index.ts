export { openCatalog, splitType, type Catalog, type CatalogEntry } from './catalog.ts'
export { openEngines, type Engines } from './engines.ts'
export {
  datasetType,
  definePlugin,
  engineType,
  type DatasetType,
  type EngineContext,
  type EngineType,
  type Plugin,
} from './plugin.ts'
