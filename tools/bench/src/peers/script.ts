// script.ts <flights.parquet> <folder>: the pipeline of peers.ts by hand, through DuckDB's Node client: the same files, checks and syncs as Levada's.
import { fsyncSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { byDay, byRoute, clean } from './statements.ts'

const [raw, out] = process.argv.slice(2) as [string, string]
const instance = await DuckDBInstance.create(':memory:', { preserve_insertion_order: 'false' })
const db = await instance.connect()

async function write(name: string, select: string, ...checks: readonly string[]): Promise<void> {
  const folder = join(out, name)
  const file = join(folder, 'data_0.parquet')
  mkdirSync(folder, { recursive: true })
  await db.run(`copy (${select}) to '${file}' (format parquet, compression zstd, parquet_version v2)`)
  for (const path of [file, folder]) fsyncSync(openSync(path, 'r'))
  for (const check of checks) {
    const [[failed]] = (await db.runAndReadAll(`select (${check}) from '${file}'`)).getRows() as [[bigint]]
    if (failed !== 0n) throw new Error(`${name}: ${failed}: ${check}`)
  }
}
const unique = (name: string, key: string): string =>
  `select count(*) from (select 1 from '${join(out, name, 'data_0.parquet')}' group by ${key} having count(*) > 1)`
const flights = `'${join(out, 'flights/data_0.parquet')}'`
const share = 'count(*) filter (where late_share < 0 or late_share > 1)'

await db.run(`create view raw as from '${raw}'`)
await write(
  'flights',
  clean,
  ['departed_at', 'flight_date', 'origin', 'destination', 'distance_miles', 'delay_minutes']
    .map((name) => `count(*) - count(${name})`)
    .join(' + '),
  'count(*) filter (where delay_minutes < -120 or delay_minutes > 1440)',
)
await db.run(`create view flights as from ${flights}`)
await write('daily_airport', byDay, `any_value((${unique('daily_airport', 'flight_date, origin')}))`, share)
await write('route', byRoute, `any_value((${unique('route', 'origin, destination')}))`, share)
db.closeSync()
