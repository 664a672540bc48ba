import duckdb from '@duckdb/node-bindings'
import { DuckDBDataChunk } from '@duckdb/node-api'

/** Loads what reads the results of a first step, which the client does piece by piece when something is read. */
export function warmUp(): void {
  const { VARCHAR, BIGINT } = duckdb.Type
  const text = duckdb.create_logical_type(VARCHAR)
  const map = duckdb.create_map_type(text, duckdb.create_map_type(text, text))
  const columns = [text, duckdb.create_logical_type(BIGINT), map]
  const chunk = new DuckDBDataChunk(duckdb.create_data_chunk(columns))
  for (const i of columns.keys()) chunk.getColumnVector(i)
}
