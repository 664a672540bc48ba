import type { Project } from './project.ts'

/** Events of the night in which Lisbon puts its clocks back, by hour; what is made of them by day and sensor, week, month. */
export const sensors: Readonly<Record<string, string>> = {
  'levada.config.ts': `
import { defineApp } from '@levada/core'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { sensors } from './sensors.ts'
export default defineApp({ name: 'sensors', plugins: [duckdb(), parquet(), files()], pipelines: [sensors] })
`,
  'sensors.ts': `
import { asset, col, daily, definePipeline, hourly, mapped, monthly, source, sql, sqlNode, staticValues, weekly, window } from '@levada/core'
import { z } from 'zod'
const timeZone = 'Europe/Lisbon'
const event = { seen: col.instant(), sensor: z.string(), value: z.int() }
const raw = source('s.raw', { schema: z.object(event) })
const events = asset('s.events', { schema: z.object(event), partitions: [hourly('seen', { timeZone, start: '2021-10-01T00' })] })
const days = asset('s.days', {
  schema: z.object({ seen: col.instant(), sensor: z.string(), n: z.int() }),
  partitions: [daily('seen', { timeZone }), staticValues('sensor', ['a', 'b'])],
})
const weeks = asset('s.weeks', { schema: z.object({ seen: col.date(), n: z.int() }), partitions: [weekly('seen')] })
const months = asset('s.months', { schema: z.object({ seen: col.date(), n: z.int() }), partitions: [monthly('seen')] })
const average = asset('s.average', { schema: z.object({ seen: col.instant(), n: z.int() }), partitions: [daily('seen', { timeZone })] })
const inRange = sql\`select * from raw where seen >= $partition_start and seen < $partition_end\`
export const sensors = definePipeline('sensors', { nodes: [
  sqlNode('load', { inputs: { raw }, output: events, sql: inRange }),
  sqlNode('by-day', { inputs: { events }, output: days, sql: sql\`
    select min(seen) as seen, sensor, count(*) as n from events where seen >= $partition_start and seen < $partition_end and sensor = any($partition_values_sensor) group by sensor, cast(seen at time zone 'Europe/Lisbon' as date)\` }),
  sqlNode('by-week', { inputs: { days }, output: weeks, sql: sql\`
    select cast(date_trunc('week', seen at time zone 'Europe/Lisbon') as date) as seen, sum(n)::bigint as n from days
    where cast(seen at time zone 'Europe/Lisbon' as date) >= $partition_start and cast(seen at time zone 'Europe/Lisbon' as date) < $partition_end group by 1\` }),
  sqlNode('by-month', { inputs: { days }, output: months, sql: sql\`
    select cast(date_trunc('month', seen at time zone 'Europe/Lisbon') as date) as seen, sum(n)::bigint as n from days
    where cast(seen at time zone 'Europe/Lisbon' as date) >= $partition_start and cast(seen at time zone 'Europe/Lisbon' as date) < $partition_end group by 1\` }),
  sqlNode('two-days', { inputs: { days: mapped(days, { seen: window(-1, 0) }) }, output: average, sql: sql\`
    select max(seen) as seen, sum(n)::bigint as n from days having max(seen) >= $partition_start\` }),
] })
`,
  'landing/raw.csv': `seen,sensor,value
2021-10-30T22:30:00Z,a,1
2021-10-30T23:30:00Z,a,2
2021-10-31T00:30:00Z,a,3
2021-10-31T01:30:00Z,b,4
2021-10-31T23:30:00Z,b,5
2021-11-01T00:30:00Z,a,6
`,
  'conf/base/catalog.yml':
    's.raw: { type: csv, path: landing/raw.csv }\n"s.{table}": { type: parquet, path: "data/{table}" }\n',
}

/** Rows by partition, as what is stored says it. */
export const partitions = async (app: Project, asset: string): Promise<Record<string, number>> => {
  const { version } = JSON.parse((await app.levada('show', asset, '--json')).out) as {
    version: { partitions: { key: Record<string, string>; rows: number }[] }
  }
  return Object.fromEntries(version.partitions.map(({ key, rows }) => [Object.values(key).join(' '), rows]))
}
