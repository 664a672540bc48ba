export { parquet } from './parquet.ts'
