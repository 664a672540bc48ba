import { expect, test } from 'vitest'
import { project } from './project.ts'
import { partitions, sensors } from './sensors.ts'
import { run, server } from './server.ts'

const onPostgres: Readonly<Record<string, string>> = {
  ...sensors,
  'levada.config.ts': `
import { defineApp } from '@levada/core'
import { files } from '@levada/io-files'
import { postgresTables } from '@levada/io-postgres'
import { duckdb } from '@levada/resource-duckdb'
import { postgres } from '@levada/resource-postgres'
import { sensors } from './sensors.ts'
export default defineApp({ name: 'sensors', plugins: [duckdb(), files(), postgres(), postgresTables()], pipelines: [sensors] })
`,
  'conf/base/engines.yml': 'default: postgres\ns.raw: duckdb\n',
  'conf/base/resources.yml': JSON.stringify({ postgres: server }),
  'conf/base/catalog.yml':
    's.raw: { type: csv, path: landing/raw.csv }\n"s.{table}": { type: postgres.table, schema: sensors, table: "{table}" }\n',
}

test('PostgreSQL has the same partitions of every kind, writes them by themselves, and reads only those', async () => {
  using app = project(onPostgres)
  const first = await app.levada('run')
  expect(first.out).toContain('succeeded')
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

  app.write(
    'landing/raw.csv',
    `${sensors['landing/raw.csv']!}2021-10-31T01:40:00Z,b,7\n2021-10-31T00:40:00Z,b,8\n`,
  )
  const hour = await app.levada('run', 's.events', '--partition', '2021-10-31T01+00:00')
  expect(hour.out).toContain('s.events: 2 rows in 1 partition')
  const day = await app.levada('run', 's.days', '--partition', '2021-10-31,sensor=b')
  expect(day.out).toContain('s.days: 1 row in 1 partition')
  expect(await partitions(app, 's.events')).toMatchObject({ '2021-10-31T01': 1, '2021-10-31T01+00:00': 2 })
  // What everybody sees are the rows of all partitions, each once.
  expect(await run('select count(*) from sensors.events')).toEqual([['7']])
  expect(await run("select n from sensors.days where sensor = 'b'")).toEqual([['3']])
  const two = await app.levada('run', 's.average', '--partition', '2021-10-31')
  expect(two.out).toContain('s.average: 1 row in 1 partition')
  const shown = await app.levada('show', 's.events', '--partition', '2021-10-31T01+00:00', '--json')
  expect(
    (JSON.parse(shown.out) as { rows: { value: number }[] }).rows
      .map(({ value }) => value)
      .toSorted((a, b) => a - b),
  ).toEqual([4, 7])
})
