import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openApp, type Session } from '@levada/core/run'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import app from '../levada.config.ts'

const appDir = join(import.meta.dirname, '..')
const landing = join(appDir, 'node_modules/vega-datasets/data')
const curated = mkdtempSync(join(tmpdir(), 'levada-flights-'))

// What the data has to be, in SQL that shares nothing with the packages: from the raw files, in other words than theirs.
const truth = `
create view raw as select * from '${landing}/flights-3m.parquet';
create table kept as
  select date, delay, distance, origin, destination from raw
  group by date, delay, distance, origin, destination;
create view good as select * from kept where not (delay < -120 or delay > 1440);
create view airports as
  select * from read_csv('${landing}/airports.csv', all_varchar = true, nullstr = 'there is no such text');
create view "aviation.flights" as
  select date as departed_at, cast(date as date) as flight_date, origin, destination, distance as distance_miles, delay as delay_minutes
  from good;
create view "aviation.rejected_flights" as
  select date as departed_at, cast(date as date) as flight_date, origin, destination, distance as distance_miles, delay as delay_minutes,
    if(delay < 0, format('left {} hours before its time', cast(round(-delay / 60) as int)), format('left {} hours late: probably the wrong day', cast(round(delay / 60) as int))) as reason
  from kept where delay < -120 or delay > 1440;
create view "geo.airports" as
  select iata, trim(name) as name, trim(city) as city, state, country, latitude::double as latitude, longitude::double as longitude
  from airports;
create view lateness as select *, case when delay > 15 then 1.0 else 0.0 end as late from good;
create view "delays.daily_airport" as
  select cast(date as date) as flight_date, origin, count(1) as flights, sum(delay) / count(1) as average_delay_minutes,
    percentile_cont(0.9) within group (order by delay) as p90_delay_minutes, sum(late) / count(1) as late_share
  from lateness group by all;
create view "delays.airport" as
  select a.iata, trim(a.name) as name, trim(a.city) as city, a.state, a.latitude::double as latitude, a.longitude::double as longitude,
    count(1) as flights, sum(delay) / count(1) as average_delay_minutes,
    percentile_cont(0.9) within group (order by delay) as p90_delay_minutes, sum(late) / count(1) as late_share
  from airports a, lateness f where f.origin = a.iata group by all;
create view "delays.route" as
  select origin, destination, count(1) as flights, sum(delay) / count(1) as average_delay_minutes, sum(late) / count(1) as late_share
  from lateness group by all;
`

const assets = [
  'aviation.flights',
  'aviation.rejected_flights',
  'geo.airports',
  'delays.daily_airport',
  'delays.airport',
  'delays.route',
] as const

let session: Session<Record<string, Record<string, unknown>>>
const duckdb = await DuckDBInstance.create(':memory:')
const db = await duckdb.connect()
const rows = async (sql: string): Promise<Record<string, unknown>[]> =>
  (await db.runAndReadAll(sql)).getRowObjectsJson() as Record<string, unknown>[]

async function published(asset: string): Promise<string> {
  const location = await session.load(asset).location()
  if (location.kind !== 'files') throw new Error(`${asset} is not stored in files`)
  expect(location.uris.every((file) => file.startsWith(curated) && existsSync(file))).toBe(true)
  return `read_parquet([${location.uris.map((file) => `'${file}'`).join(', ')}])`
}

beforeAll(async () => {
  for (const statement of truth.split(';\n').filter((text) => text.trim() !== '')) await db.run(statement)
  session = (await openApp(app, {
    appDir,
    env: 'bench',
    processEnv: { ...process.env, LEVADA_BENCH_CURATED: curated },
  })) as never
  const result = await session.run(await session.plan())
  expect(result.state).toBe('succeeded')
}, 120_000)

afterAll(async () => {
  await session?.close()
  db.closeSync()
  rmSync(curated, { recursive: true, force: true })
})

describe('every published row equals that of independent SQL', () => {
  test.each(assets)(
    '%s',
    async (asset) => {
      const files = await published(asset)
      const exact = session
        .load(asset)
        .columns.filter(({ type }) => type.kind !== 'float')
        .map(({ name }) => `"${name}"`)
      const floats = session
        .load(asset)
        .columns.filter(({ type }) => type.kind === 'float')
        .map(({ name }) => `round("${name}", 9) as "${name}"`)
      const columns = [...exact, ...floats].join(', ')
      const [counts] = await rows(`select
      (select count(*) from ${files}) as ours,
      (select count(*) from "${asset}") as truth,
      (select count(*) from (select ${columns} from ${files} except all select ${columns} from "${asset}")) as added,
      (select count(*) from (select ${columns} from "${asset}" except all select ${columns} from ${files})) as lost`)
      expect(counts).toEqual({ ours: counts!['truth'], truth: counts!['truth'], added: '0', lost: '0' })
      expect(Number(counts!['truth'])).toBeGreaterThan(0)
    },
    60_000,
  )

  test("state 'NA' is a text like others", async () => {
    const { rows: found } = await session.query("select count(*) as n from geo.airports where state = 'NA'")
    expect(found).toEqual([{ n: 12n }])
  })

  test('one file per day, and each holds its day only', async () => {
    const location = await session.load('aviation.flights').location()
    expect(location.kind === 'files' && location.uris.length).toBe(182)
    const [days] =
      await rows(`select count(*) as n from (select filename from read_parquet([${(location.kind === 'files' ? location.uris : []).map((file) => `'${file}'`).join(', ')}], filename = true)
      group by filename having count(distinct flight_date) > 1)`)
    expect(days).toEqual({ n: '0' })
  })
})
