export { datasetType, definePlugin, engineType, type DatasetType, type EngineContext, type EngineType, type Plugin } from './plugin.ts'
