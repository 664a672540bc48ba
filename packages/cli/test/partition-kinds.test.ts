import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { project, type Project } from './project.ts'

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
    where cast(seen at time zone 'Europe/Lisbon' as date) >= $partition_start and cast(seen at time zone 'Europe/Lisbon' as date) < $partition_end group by all\` }),
  sqlNode('by-month', { inputs: { days }, output: months, sql: sql\`
    select cast(date_trunc('month', seen at time zone 'Europe/Lisbon') as date) as seen, sum(n)::bigint as n from days
    where cast(seen at time zone 'Europe/Lisbon' as date) >= $partition_start and cast(seen at time zone 'Europe/Lisbon' as date) < $partition_end group by all\` }),
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

const partitions = async (app: Project, asset: string): Promise<Record<string, number>> => {
  const { version } = JSON.parse((await app.levada('show', asset, '--json')).out) as {
    version: { partitions: { key: Record<string, string>; rows: number }[] }
  }
  return Object.fromEntries(version.partitions.map(({ key, rows }) => [Object.values(key).join(' '), rows]))
}

describe('partitions of every kind', () => {
  test('a run makes them as the clock on the wall shows, and the hour that comes again is one of its own', async () => {
    using app = project(sensors)
    const { out, code } = await app.levada('run')
    expect(out).toContain('succeeded')
    expect(code).toBe(0)
    expect(await partitions(app, 's.events')).toEqual({
      '2021-10-30T23': 1,
      '2021-10-31T00': 1,
      '2021-10-31T01': 1,
      '2021-10-31T01+00:00': 1,
      '2021-10-31T23': 1,
      '2021-11-01T00': 1,
    })
    expect(await partitions(app, 's.days')).toEqual({
      '2021-10-30 a': 1,
      '2021-10-31 a': 1,
      '2021-10-31 b': 1,
      '2021-11-01 a': 1,
    })
    expect(await partitions(app, 's.weeks')).toEqual({ '2021-10-25': 1, '2021-11-01': 1 })
    expect(await partitions(app, 's.months')).toEqual({ '2021-10': 1, '2021-11': 1 })
    // Nobody takes the folder's name for the value of the column.
    const [version] = readdirSync(join(app.dir, 'data/events/data'))
    expect(readdirSync(join(app.dir, 'data/events/data', version!))[0]).toMatch(/^seen_hour=2021-10-30T23$/)
  })

  test('a day of 25 hours is bound to all of them, and writes what its bounds say', async () => {
    using app = project(sensors)
    await app.levada('run', 's.events')
    const plan = await app.levada('plan', 's.days', '--partition', '2021-10-31', '--json')
    const { steps } = JSON.parse(plan.out) as {
      steps: { inputs: { partitions: { seen: string }[] }[]; partitions: unknown[] }[]
    }
    const hours = steps[0]!.inputs[0]!.partitions.map(({ seen }) => seen)
    expect(hours).toHaveLength(25)
    expect(hours.slice(0, 4)).toEqual([
      '2021-10-31T00',
      '2021-10-31T01',
      '2021-10-31T01+00:00',
      '2021-10-31T02',
    ])
    expect(steps[0]!.partitions).toHaveLength(2)
    const text = await app.levada('plan', 's.days', '--partition', '2021-10-31,sensor=b', '--sql')
    expect(text.out).toContain('-- $partition_start = "2021-10-30T23:00:00Z"')
    expect(text.out).toContain('-- $partition_end = "2021-11-01T00:00:00Z"')
    expect(text.out).toContain('writes s.days partition seen=2021-10-31,sensor=b')
  })

  test('a partition is written again by itself, and the others stay', async () => {
    using app = project(sensors)
    await app.levada('run')
    app.write(
      'landing/raw.csv',
      `${sensors['landing/raw.csv']!}2021-10-31T01:40:00Z,b,7\n2021-10-31T00:40:00Z,b,8\n`,
    )
    expect((await app.levada('run', 's.events', '--partition', '2021-10-31T01+00:00')).code).toBe(0)
    expect(await partitions(app, 's.events')).toMatchObject({ '2021-10-31T01': 1, '2021-10-31T01+00:00': 2 })
    // A day stands for the week and for the month that it lies in.
    const plan = await app.levada('plan', 's.weeks s.months', '--partition', '2021-11-03', '--force')
    expect(plan.out).toContain('writes s.weeks partition seen=2021-11-01')
    expect(plan.out).toContain('writes s.months partition seen=2021-11')
    const days = await app.levada('plan', 's.days', '--partition', '2021-10', '--force')
    expect(days.out).toContain('writes s.days 62 partitions seen=2021-10-01..2021-10-31,sensor=a,sensor=b')
  })

  test('one value of a static dimension is written by itself, by the list that the node is given', async () => {
    using app = project(sensors)
    await app.levada('run')
    const only = ['s.days', '--partition', '2021-10-31,sensor=b', '--force'] as const
    expect((await app.levada('plan', ...only, '--sql')).out).toContain('-- $partition_values_sensor = ["b"]')
    const { out, code } = await app.levada('run', ...only)
    expect(out).toContain('s.days: 1 row in 1 partition')
    expect(code).toBe(0)
    const unknown = await app.levada('plan', 's.days', '--partition', 'seen=2021-10-31,sensor=c')
    expect(unknown.err).toContain("'c' is not a value of 's.days'.sensor: there are a, b.")
  })

  test('a window reads the days before, and a day that is not there is told', async () => {
    using app = project(sensors)
    await app.levada('run')
    const plan = await app.levada('plan', 's.average', '--partition', '2021-11-02')
    expect(plan.out).toContain('seen=2021-11-01..2021-11-02')
    const { out } = await app.levada('run', 's.average', '--partition', '2021-10-31')
    expect(out).toContain('succeeded')
    const rows = JSON.parse(
      (await app.levada('show', 's.average', '--partition', '2021-10-31', '--json')).out,
    ) as { rows: { n: number }[] }
    expect(rows.rows.map(({ n }) => n)).toEqual([5])
  })

  test.each([
    ['2021-03-28T01', 'the calendar has no such hour'],
    ['2021-09-30T23', 'lies outside the bounds'],
    ['2999-01-01T00', 'lies in the future; the last that has begun is'],
    ['2021-10-02..2021-10-01', 'is reversed'],
    ['sensor=a', "'s.events' has no partition dimension 'sensor'; it has seen."],
  ])('--partition %s of hours is refused', async (partition, says) => {
    using app = project(sensors)
    const { code, err } = await app.levada('plan', 's.events', '--partition', partition)
    expect(code).toBe(2)
    expect(err).toContain('PARTITION_UNKNOWN')
    expect(err).toContain(says)
  })
})
