import type { Store } from './scenario.ts'

const app = `
import { asset, col, daily, defineApp, definePipeline, source, sql, sqlNode } from '@levada/core'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { postgresTables } from '@levada/io-postgres'
import { duckdb } from '@levada/resource-duckdb'
import { postgres } from '@levada/resource-postgres'
import { z } from 'zod'

const schema = z.object({ day: col.date(), n: z.int(), mark: z.int() })
const raw = source('race.raw', { schema })
const days = asset('race.days', { schema, key: ['day', 'n'], partitions: [daily('day', { start: '2021-03-01' })] })
const write = sqlNode('write', { inputs: { raw }, output: days, sql: sql\`select * from raw where day >= $partition_start and day < $partition_end\` })

export default defineApp({
  name: 'race',
  plugins: [duckdb(), parquet(), files(), postgres(), postgresTables()],
  pipelines: [definePipeline('race', { nodes: [write] })],
})
`

/** Each racer has a source of its own. */
export function raceFiles(
  store: Exclude<Store, 'files'>,
  server: object | undefined,
): Readonly<Record<string, string>> {
  const days =
    store === 'parquet'
      ? '{ type: parquet, path: data/days }'
      : '{ type: postgres.table, schema: race, table: days }'
  return {
    'levada.config.ts': app,
    'conf/base/catalog.yml': `race.raw: { type: csv, path: "landing/\${env:RACER}.csv" }\nrace.days: ${days}\n`,
    'conf/base/engines.yml': `default: ${store === 'postgres' ? 'postgres' : 'duckdb'}\n`,
    // A clock that is an hour ahead would find all of them old; a long race is over by then.
    'conf/base/environment.yml': 'retention: { versions: 1, grace: 55m }\n',
    ...(server && { 'conf/base/resources.yml': JSON.stringify({ postgres: server }) }),
  }
}

const days = ['2021-03-01', '2021-03-02', '2021-03-03']
const each = 5

/** All rows of an attempt. */
export const rowsMarked = (mark: number): string =>
  [
    'day,n,mark',
    ...days.flatMap((day) => Array.from({ length: each }, (_, n) => `${day},${n},${mark}`)),
  ].join('\n')

interface Marked {
  readonly day: string
  readonly mark: number
}

/** Each day is that of one attempt, and whole; the first publish may have been of one day alone. */
export function raceProblem(rows: readonly string[]): string | undefined {
  const parsed = rows.map((row) => JSON.parse(row) as Marked)
  const parts = [...Map.groupBy(parsed, ({ day }) => day).values()]
  const isWhole = parts.every(
    (part) => part.length === each && part.every(({ mark }) => mark === part[0]!.mark),
  )
  return isWhole && parts.length > 0 ? undefined : JSON.stringify(parsed)
}
