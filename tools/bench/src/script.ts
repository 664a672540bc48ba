// The flights pipeline as a data engineer would write it by hand: one file, DuckDB's Node client, the same assets,
// partition files, checks and syncs as the app, and nothing else. It is the other side of the benchmark, so it is kept as
// fast as it gets: what makes it faster with the same files, checks and syncs goes in.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'

const [landing, out] = process.argv.slice(2) as [string, string]
const rawFlights = `read_parquet('${join(landing, 'flights-3m.parquet')}')`
const rawAirports = `read_csv('${join(landing, 'airports.csv')}', header = true, delim = ',', nullstr = '',
  columns = {iata: 'VARCHAR', name: 'VARCHAR', city: 'VARCHAR', state: 'VARCHAR', country: 'VARCHAR', latitude: 'DOUBLE', longitude: 'DOUBLE'})`
const late = 15

const cpu = process.cpuUsage()
const instance = await DuckDBInstance.create(':memory:')
const db = await instance.connect()
await db.run('set preserve_insertion_order = false')
await db.run('set partitioned_write_max_open_files = 1000')

const rows = async (sql: string): Promise<Record<string, unknown>[]> =>
  (await db.runAndReadAll(sql)).getRowObjectsJson()

function judge(name: string, found: Record<string, unknown>): void {
  for (const [check, n] of Object.entries(found)) {
    if (Number(n) === 0) continue
    if (check.startsWith('warn')) console.log(`${name}: ${check}: ${String(n)} rows`)
    else throw new Error(`${name}: ${check}: ${String(n)} rows`)
  }
}
/** Alone, counts of NULLs come from the Parquet footers: worth a pass of its own over many rows. */
async function notNull(name: string, from: string, ...columns: string[]): Promise<void> {
  const counts = columns.map((column) => `count(*) - count("${column}") as "notNull(${column})"`)
  judge(name, (await rows(`select ${counts.join(', ')} from ${from}`))[0]!)
}
const nulls = (...columns: string[]): Record<string, string> =>
  Object.fromEntries(columns.map((column) => [`notNull(${column})`, `"${column}" is null`]))
/** Each condition counts the rows that break it. */
async function check(name: string, from: string, conditions: Record<string, string>): Promise<void> {
  const counts = Object.entries(conditions).map(
    ([title, bad]) => `count(*) filter (where ${bad}) as "${title}"`,
  )
  judge(name, (await rows(`select ${counts.join(', ')} from ${from}`))[0]!)
}
async function unique(name: string, from: string, key: string): Promise<void> {
  const [found] = await rows(
    `select count(*) as n from (select 1 from ${from} group by ${key} having count(*) > 1)`,
  )
  if (Number(found!['n']) > 0) throw new Error(`${name}: unique(${key}): ${String(found!['n'])}`)
}
async function sync(path: string): Promise<void> {
  const file = await open(path, 'r')
  await file.sync()
  await file.close()
}

/** Writes one asset and makes it durable: files, then folders. Returns the relation of what stands there. */
async function write(name: string, select: string, partitioned: boolean): Promise<string> {
  const dir = join(out, name)
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  const options = 'format parquet, compression zstd, parquet_version v2'
  if (partitioned)
    await db.run(
      `copy (${select}) to '${dir}' (${options}, partition_by (flight_date), write_partition_columns true)`,
    )
  else await db.run(`copy (${select}) to '${join(dir, 'data_0.parquet')}' (${options})`)
  const files: string[] = []
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) files.push(join(entry.parentPath, entry.name))
  await Promise.all(files.map(sync))
  await Promise.all([...new Set(files.map((file) => join(file, '..'))), dir].map(sync))
  return `read_parquet([${files.map((file) => `'${file}'`).join(', ')}])`
}

await notNull('raw_flights', rawFlights, 'date', 'delay', 'distance', 'origin', 'destination')
await notNull(
  'raw_airports',
  rawAirports,
  'iata',
  'name',
  'city',
  'state',
  'country',
  'latitude',
  'longitude',
)

const clean = `select distinct date as departed_at, date::date as flight_date, origin, destination, distance as distance_miles, delay as delay_minutes from ${rawFlights}`
const flights = await write(
  'aviation/flights',
  `select * from (${clean}) where delay_minutes between -120 and 1440`,
  true,
)
const flightColumns = [
  'departed_at',
  'flight_date',
  'origin',
  'destination',
  'distance_miles',
  'delay_minutes',
]
await notNull('flights', flights, ...flightColumns)
await check('flights', flights, {
  between: 'delay_minutes < -120 or delay_minutes > 1440',
  'warn between': 'delay_minutes < -60 or delay_minutes > 600',
})

const reason = `case when delay_minutes < 0 then 'left ' || round(abs(delay_minutes) / 60)::int || ' hours before its time'
  else 'left ' || round(delay_minutes / 60)::int || ' hours late: probably the wrong day' end`
const rejected = await write(
  'aviation/rejected_flights',
  `select *, ${reason} as reason from (${clean}) where delay_minutes not between -120 and 1440`,
  true,
)
await notNull('rejected_flights', rejected, ...flightColumns, 'reason')

const airports = await write(
  'geo/airports',
  `select iata, trim(name) as name, trim(city) as city, state, country, latitude, longitude from ${rawAirports}`,
  false,
)
await check('airports', airports, {
  ...nulls('iata', 'name', 'city', 'state', 'country', 'latitude', 'longitude'),
  latitude: 'latitude < -90 or latitude > 90',
  longitude: 'longitude < -180 or longitude > 180',
})
await unique('airports', airports, 'iata')

const measures = `count(*) as flights, avg(delay_minutes) as average_delay_minutes, quantile_cont(delay_minutes, 0.9) as p90_delay_minutes,
  avg((delay_minutes > ${late})::int) as late_share`
const share = { late_share: 'late_share < 0 or late_share > 1' }
const measured = ['flights', 'average_delay_minutes', 'p90_delay_minutes', 'late_share']

const daily = await write(
  'delays/daily_airport',
  `select flight_date, origin, ${measures} from ${flights} group by flight_date, origin`,
  true,
)
await check('daily_airport', daily, { ...nulls('flight_date', 'origin', ...measured), ...share })
await unique('daily_airport', daily, 'flight_date, origin')

const airport = await write(
  'delays/airport',
  `select iata, name, city, state, latitude, longitude, d.* exclude (origin) from (select origin, ${measures} from ${flights} group by origin) d join ${airports} on iata = origin`,
  false,
)
await check('airport', airport, {
  ...nulls('iata', 'name', 'city', 'state', 'latitude', 'longitude', ...measured),
  ...share,
  relationship: `iata not in (select iata from ${airports})`,
})
await unique('airport', airport, 'iata')

const route = await write(
  'delays/route',
  `select origin, destination, count(*) as flights, avg(delay_minutes) as average_delay_minutes, avg((delay_minutes > ${late})::int) as late_share from ${flights} group by origin, destination`,
  false,
)
await check('route', route, {
  ...nulls('origin', 'destination', 'flights', 'average_delay_minutes', 'late_share'),
  ...share,
})
await unique('route', route, 'origin, destination')

const { user, system } = process.cpuUsage(cpu)
writeFileSync(join(out, 'script.json'), JSON.stringify({ stepsCpuMs: (user + system) / 1000 }))
db.closeSync()
