export { pipeline, pipeline as default } from './pipeline.ts'
export type * from './ports.ts'
