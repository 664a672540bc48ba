export { duckdb, type DuckdbConfig } from './plugin.ts'
