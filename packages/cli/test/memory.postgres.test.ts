import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, inject, test } from 'vitest'
import { project } from './project.ts'

const bin = join(import.meta.dirname, '../bin/levada.mjs')

const app = (schema: string) => ({
  'levada.config.ts': `
import { asset, col, defineApp, definePipeline, sql, sqlNode } from '@levada/core'
import { parquet } from '@levada/io-parquet'
import { postgresTables } from '@levada/io-postgres'
import { duckdb } from '@levada/resource-duckdb'
import { postgres } from '@levada/resource-postgres'
import { z } from 'zod'

const schema = z.object({ id: z.int(), name: z.string(), amount: z.number(), day: col.date().nullable() })
const files = asset('shop.files', { schema })
const table = asset('shop.tables', { schema })
const make = sqlNode('make', {
  inputs: {}, output: files, params: { rows: z.int() },
  sql: sql\`select g as id, 'the name of ' || g as name, cast(g as float8) / 3 as amount, date '2001-01-01' + cast(g % 1000 as int) as day
    from generate_series(1, $rows) as g\`,
})
const copy = sqlNode('copy', { inputs: { files }, output: table, sql: sql\`select * from files\` })
export default defineApp({
  name: 'shop',
  plugins: [duckdb(), parquet(), postgres(), postgresTables()],
  pipelines: [definePipeline('orders', { nodes: [make, copy] })],
})
`,
  'conf/base/engines.yml': 'default: duckdb\nshop.files: postgres\n',
  'conf/base/catalog.yml': `shop.files: { type: parquet, path: data/files }\nshop.tables: { type: postgres.table, schema: ${schema}, table: t }\n`,
  'conf/base/resources.yml': JSON.stringify({
    postgres: inject('postgres'),
    duckdb: { threads: 1, memory_limit: '64MB' },
  }),
  'conf/dev/.gitkeep': '',
  'peak.mjs': `import { writeFileSync } from 'node:fs'
process.on('exit', () => writeFileSync('peak.txt', String(process.resourceUsage().maxRSS)))
`,
})

/** Peak of resident memory of a run that moves so many rows out of PostgreSQL and back into it, in KiB. */
async function peak(rows: number): Promise<number> {
  using shop = project(app(`memory_${rows}`))
  const { stdout, stderr, exitCode } = await execa(
    process.execPath,
    [
      '--max-old-space-size=128',
      `--import=${join(shop.dir, 'peak.mjs')}`,
      bin,
      'run',
      '--param',
      `orders.rows=${rows}`,
    ],
    { cwd: shop.dir, reject: false, env: { NO_COLOR: '1', CI: '1' } },
  )
  expect(stdout + stderr).toContain('2 succeeded')
  expect(exitCode).toBe(0)
  const { out } = await shop.levada('query', 'select count(*) as n, sum(id) as s from shop.tables', '--json')
  expect(JSON.parse(out)).toEqual([{ n: String(rows), s: String((rows * (rows + 1)) / 2) }])
  return Number(readFileSync(join(shop.dir, 'peak.txt'), 'utf8'))
}

test('rows that are moved between engines need no more memory when there are more of them', async () => {
  const few = await peak(350_000)
  const many = await peak(2_100_000)
  console.log(
    `peak for 0.35 million rows: ${Math.round(few / 1024)} MiB, for 2.1 million: ${Math.round(many / 1024)} MiB`,
  )
  // Beside what the process has anyway, rows that were kept would take more than twice the whole; a busy machine buffers some.
  expect(many / few).toBeLessThan(1.6)
}, 300_000)
