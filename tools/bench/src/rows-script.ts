// The other side of the benchmark of rows: the same work through DuckDB's Node client, as its documentation shows it.
// rows-script.ts read <parquet file> | write <parquet file> <rows>
import { openSync, fsyncSync } from 'node:fs'
import {
  BIGINT,
  DATE,
  DOUBLE,
  DuckDBDataChunk,
  DuckDBInstance,
  DuckDBDateValue,
  VARCHAR,
} from '@duckdb/node-api'
import { madeRow } from './made-row.ts'

const [what, file, count] = process.argv.slice(2) as [string, string, string]
const instance = await DuckDBInstance.create(':memory:')
const connection = await instance.connect()
if (what === 'read') {
  let sum = 0
  const result = await connection.stream(`from '${file}'`)
  for await (const rows of result.yieldRowObjectJs()) for (const row of rows) sum += Number(row['delay'] ?? 0)
  console.log(sum)
} else {
  await connection.run('set preserve_insertion_order = false')
  await connection.run(
    'create table made (id bigint not null, day date not null, origin varchar not null, delay bigint, distance double)',
  )
  const appender = await connection.createAppender('made')
  const types = [BIGINT, DATE, VARCHAR, BIGINT, DOUBLE]
  const size = 2048
  for (let from = 0; from < Number(count); from += size) {
    const length = Math.min(size, Number(count) - from)
    const rows = Array.from({ length }, (_, i) => madeRow(from + i))
    const chunk = DuckDBDataChunk.create(types, length)
    chunk.setColumns([
      rows.map(({ id }) => BigInt(id)),
      rows.map(({ day }) => DuckDBDateValue.fromParts(parts(day))),
      rows.map(({ origin }) => origin),
      rows.map(({ delay }) => (delay === null ? null : BigInt(delay))),
      rows.map(({ distance }) => distance),
    ])
    appender.appendDataChunk(chunk)
  }
  appender.closeSync()
  await connection.run(`copy made to '${file}' (format parquet, compression zstd, parquet_version v2)`)
  fsyncSync(openSync(file, 'r'))
}

function parts(day: string): { year: number; month: number; day: number } {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number]
  return { year, month, day: date }
}
