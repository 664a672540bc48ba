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
/** There are few days, of which each is made once. */
const dates = new Map<string, DuckDBDateValue>()
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
      rows.map(({ day }) => dateOf(day)),
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

function dateOf(day: string): DuckDBDateValue {
  let date = dates.get(day)
  if (date === undefined) {
    const [year, month, dayOfMonth] = day.split('-').map(Number) as [number, number, number]
    date = DuckDBDateValue.fromParts({ year, month, day: dayOfMonth })
    dates.set(day, date)
  }
  return date
}
