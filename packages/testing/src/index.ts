export { datasetConformance, type DatasetSuite } from './dataset/conformance.ts'
export { memory, memoryDataset } from './dataset/memory.ts'
export { memoryStore, type MemoryStore } from './dataset/memory-store.ts'
export { type OptOut, type OptOuts, type Runner } from './runner.ts'
