import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { project } from './project.ts'

const server = inject('postgres')
let schemas = 0

const app = (pipeline: string, catalog: string, engines: string) => ({
  'levada.config.ts': `
import { defineApp } from '@levada/core'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { postgresTables } from '@levada/io-postgres'
import { duckdb } from '@levada/resource-duckdb'
import { postgres } from '@levada/resource-postgres'
import { pipeline } from './pipeline.ts'

export default defineApp({ name: 'shop', plugins: [duckdb(), parquet(), files(), postgres(), postgresTables()], pipelines: [pipeline] })
`,
  'pipeline.ts': `
import { asset, between, col, daily, definePipeline, node, source, sql, sqlNode } from '@levada/core'
import { z } from 'zod'

const schema = z.object({
  id: z.int(), day: col.date(), amount: col.decimal(10, 2), tags: z.array(z.string()), extra: z.object({ a: z.bigint() }).nullable(),
})
const raw = source('shop.raw', { schema: z.object({ id: z.int(), day: col.date(), amount: col.decimal(10, 2) }) })
${pipeline}
`,
  'conf/base/engines.yml': engines,
  'conf/base/catalog.yml': `shop.raw: { type: csv, path: raw.csv }\n${catalog}`,
  'conf/base/resources.yml': JSON.stringify({ postgres: server }),
  'conf/dev/.gitkeep': '',
  'raw.csv': `id,day,amount\n${Array.from({ length: 6000 }, (_, i) => `${i},2001-03-0${1 + (i % 3)},${i}.50`).join('\n')}\n`,
})

const both = `
const first = asset('shop.first', { schema, partitions: [daily('day')], checks: [between('amount', 0, 100000)] })
const second = asset('shop.second', { schema, partitions: [daily('day')] })
const third = asset('shop.third', { schema, key: ['id'] })
const one = node('one', {
  inputs: { raw }, outputs: { first },
  async run({ raw }, { outputs }) {
    for await (const row of raw.rows())
      await outputs.first.write({ ...row, tags: ['x,y', '"', '\\\\n\\t'], extra: row.id % 2 ? { a: 2n ** 60n } : null })
  },
})
const two = sqlNode('two', { inputs: { first }, output: second, sql: sql\`select * from first\` })
const three = node('three', {
  inputs: { second }, outputs: { third },
  async run({ second }, { outputs }) {
    for await (const row of second.rows()) await outputs.third.write(row)
  },
})
export const pipeline = definePipeline('orders', { nodes: [one, two, three] })
`

describe('rows cross from engine to engine', () => {
  const pg = (): string => `{ type: postgres.table, schema: crossing_${++schemas}, table: '{table}' }`
  const pq = `{ type: parquet, path: 'data/{table}' }`
  test.each([
    ['DuckDB computes what PostgreSQL stores', 'default: duckdb\n', () => `"shop.{table}": ${pg()}\n`],
    ['PostgreSQL computes what files store', 'default: postgres\n', () => `"shop.{table}": ${pq}\n`],
    [
      'both compute and both store',
      'default: duckdb\nshop.second: postgres\n',
      () =>
        `shop.first: { type: parquet, path: data/first }\nshop.second: ${pg().replace('{table}', 'second')}\nshop.third: { type: parquet, path: data/third }\n`,
    ],
  ])('%s', async (_, engines, catalog) => {
    using shop = project(app(both, catalog(), engines))
    const run = await shop.levada('run')
    expect(run.err + run.out).toContain('4 succeeded')
    expect(run.code).toBe(0)
    const plan = await shop.levada('plan', '--force')
    expect(plan.out).toMatch(/ · moved (to|from) (postgres|duckdb)/)
    expect(plan.out).toContain('moved: by columns through this process, in bounded memory')
    const again = await shop.levada('run', 'shop.second+', '--partition', '2001-03-02', '--force')
    expect(again.err + again.out).toContain('2 succeeded')
    const { out } = await shop.levada('show', 'shop.third', '--json', '--limit', '6000')
    const { rows } = JSON.parse(out) as { rows: Readonly<Record<string, unknown>>[] }
    const expected = Array.from({ length: 6000 }, (_, id) => ({
      id,
      day: `2001-03-0${1 + (id % 3)}`,
      amount: `${id}.50`,
      tags: ['x,y', '"', '\\n\t'],
      extra: id % 2 ? { a: String(2n ** 60n) } : null,
    }))
    expect([...rows].toSorted((a, b) => Number(a['id']) - Number(b['id']))).toEqual(expected)
  })
})

test('the rows that fail a check on PostgreSQL are kept', async () => {
  const wrong = both.replace("between('amount', 0, 100000)", "between('amount', 0, 5990)")
  using shop = project(
    app(
      wrong,
      `"shop.{table}": { type: postgres.table, schema: failing, table: '{table}' }\n`,
      'default: postgres\n',
    ),
  )
  const run = await shop.levada('run')
  expect(run.code).toBe(1)
  expect(run.err + run.out).toContain('10 of 6,000 rows')
  const { out } = await shop.levada('show', 'shop.first', '--failed')
  expect(out).toContain('5999.50')
  expect((await shop.levada('query', 'select count(*) as n from shop.first')).err).toContain(
    'NOT_MATERIALIZED',
  )
})

test('nothing tells the password', async () => {
  using shop = project(
    app(
      both,
      `"shop.{table}": { type: postgres.table, schema: secretive, table: '{table}' }\n`,
      'default: postgres\n',
    ),
  )
  shop.write(
    'conf/base/resources.yml',
    JSON.stringify({ postgres: { ...server, password: '${env:CANARY}', database: 'nowhere' } }),
  )
  const env = { CANARY: `${server.password}-canary` }
  for (const args of [
    ['run'],
    ['check'],
    ['plan', '--sql'],
    ['query', 'select 1 as n'],
    ['explain', 'resources.postgres.password'],
    ['show', 'shop.first'],
  ]) {
    const { stdout, stderr } = await shop.start(args, env)
    expect(`${stdout}${stderr}`).not.toContain('canary')
  }
  const logs = join(shop.dir, '.levada')
  const { execa } = await import('execa')
  const { stdout } = await execa('grep', ['-rl', 'canary', logs, join(shop.dir, 'data')], { reject: false })
  expect(stdout).toBe('')
  expect(readdirSync(shop.dir)).toContain('conf')
})
