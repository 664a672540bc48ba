// The other side of the benchmark of memory: the same rows, files and checks through DuckDB's Node client, as one would write them by hand.
// memory-script.ts events <changes.parquet> <folder> | latest <changes.parquet> <folder> | merge <changes.parquet> <folder> <stored.parquet>
import { DuckDBInstance } from '@duckdb/node-api'
import { join } from 'node:path'
import { checks, columns, engineLimit, partitionColumn } from './memory-rows.ts'

const [what, changes, out, stored] = process.argv.slice(2) as [
  'events' | 'latest' | 'merge',
  string,
  string,
  string?,
]
const instance = await DuckDBInstance.create(':memory:', {
  memory_limit: engineLimit,
  temp_directory: join(out, 'spilled'),
  preserve_insertion_order: 'false',
  partitioned_write_max_open_files: '1000',
})
const connection = await instance.connect()
const options = 'format parquet, compression zstd, parquet_version v2, return_stats'
const list = columns.join(', ')

async function none(text: string): Promise<void> {
  const [[failed]] = (await connection.runAndReadAll(text)).getRows() as [[bigint]]
  if (failed !== 0n) throw new Error(`${failed} rows fail: ${text}`)
}
const uniqueIn = (from: string): Promise<void> =>
  none(`select count(*) from (select 1 from ${from} group by id having count(*) > 1)`)

/** Writes a query and checks what was written. */
async function write(select: string, partitioned: boolean): Promise<void> {
  const into = partitioned ? join(out, 'rows') : join(out, 'rows.parquet')
  await connection.run(
    `copy (${select}) to '${into}' (${options}${partitioned ? `, partition_by (${partitionColumn}), write_partition_columns true` : ''})`,
  )
  const from = `read_parquet('${partitioned ? `${into}/*/*.parquet` : into}', hive_partitioning = false)`
  await none(`select ${columns.map((name) => `count(*) - count(${name})`).join(' + ')} from ${from}`)
  for (const check of checks) await none(`select count(*) filter (where ${check}) from ${from}`)
  await uniqueIn(from)
}

if (what === 'merge') {
  await uniqueIn(`'${changes}'`)
  await write(
    `select ${list} from '${stored!}' as s where not exists (select 1 from '${changes}' as c where c.id = s.id) union all select ${list} from '${changes}'`,
    false,
  )
} else await write(`select ${list} from '${changes}'`, what === 'events')
connection.closeSync()
instance.closeSync()
