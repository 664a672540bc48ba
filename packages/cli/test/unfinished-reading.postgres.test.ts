import { expect, test } from 'vitest'
import { project } from './project.ts'
import { server } from './server.ts'

/** A node that reads tables of PostgreSQL as a param says. */
const app = (schema: string) =>
  project({
    'levada.config.ts': `import { asset, defineApp, definePipeline, node, sql, sqlNode } from '@levada/core'
import { postgresTables } from '@levada/io-postgres'
import { duckdb } from '@levada/resource-duckdb'
import { postgres } from '@levada/resource-postgres'
import { z } from 'zod'
const schema = z.object({ id: z.int() })
const [numbers, read] = ['numbers', 'read'].map((name) => asset('t.' + name, { schema }))
const count = sqlNode('count', { inputs: {}, output: numbers, sql: sql\`select id from generate_series(1, 30000) as made(id)\` })
const act = node('act', { inputs: { numbers }, outputs: { read }, params: { act: z.string() }, async run({ numbers }, { outputs, params: { act } }) {
  if (act === 'peek') await outputs.read.write((await numbers.rows().next()).value)
  if (act === 'often') for (let i = 0; i < 40; i++) {
    for await (const row of numbers.rows()) { await outputs.read.write(row); break }
    await numbers.count()
  }
} })
export default defineApp({ name: 'app', plugins: [duckdb(), postgres(), postgresTables()], pipelines: [definePipeline('t', { nodes: [count, act] })] })
`,
    'conf/base/engines.yml': 'default: postgres\n',
    'conf/base/resources.yml': JSON.stringify({ postgres: server }),
    'conf/base/catalog.yml': `"{domain}.{table}": { type: postgres.table, schema: ${schema}, table: "{table}" }\n`,
  })

test.each(['sequential', 'concurrent', 'threads', 'process'])(
  "a reading that a node does not finish keeps no run from its end: runner '%s'",
  async (runner) => {
    using shop = app(`unfinished_${runner}`)
    const { code, err } = await shop.levada('run', '--runner', runner, '--param', 't.act=peek')
    expect([code, err]).toEqual([0, ''])
  },
)

test('a node may read as often as it likes, one after the other', async () => {
  using shop = app('read_often')
  const { code, out } = await shop.levada('run', '--param', 't.act=often')
  expect([code, out]).toEqual([0, expect.stringContaining('t.read: 40 rows')])
})
