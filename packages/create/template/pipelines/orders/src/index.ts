export { default, pipeline } from './pipeline.ts'
export type * from './ports.ts'
