export { datasetConformance, type DatasetSuite } from './dataset/conformance.ts'
export { memory, memoryDataset, memoryStore, type MemoryStore } from './dataset/memory.ts'
export { engineConformance, type EngineSuite } from './engine/conformance.ts'
export { type OptOut, type OptOuts, type Runner } from './runner.ts'
