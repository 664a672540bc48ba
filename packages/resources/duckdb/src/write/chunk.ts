/** Rows of one chunk: the size of DuckDB's vectors. */
export const chunkRows = 2048
