import { postgres, postgresServer } from '@levada/resource-postgres'
import { tmpdir } from 'node:os'
import { afterAll, expect, inject, test } from 'vitest'
import { project } from './project.ts'

const server = inject('postgres')
const engine = await postgres().engines['postgres']!.create(server as never, {
  name: 'postgres',
  root: tmpdir(),
  env: 'test',
})
afterAll(() => engine.close())
const { run } = postgresServer(engine)

test('readers of a table that Levada did not write run when it has changed, and not when it has not', async () => {
  await run('create schema crm')
  await run("create table crm.customers as select 1::bigint as id, 'ann' as name")
  const catalog = (more = ''): string =>
    `crm.customers: { type: postgres.table, schema: crm, table: customers${more} }\n"{domain}.{table}": { type: parquet, path: "data/{table}" }\n`
  using app = project({
    'levada.config.ts': `
import { asset, defineApp, definePipeline, source, sql, sqlNode } from '@levada/core'
import { parquet } from '@levada/io-parquet'
import { postgresTables } from '@levada/io-postgres'
import { duckdb } from '@levada/resource-duckdb'
import { postgres } from '@levada/resource-postgres'
import { z } from 'zod'
const schema = z.object({ id: z.int(), name: z.string() })
const customers = source('crm.customers', { schema })
const names = asset('shop.names', { schema })
const node = sqlNode('copy', { inputs: { customers }, output: names, sql: sql\`select id, name from customers\` })
export default defineApp({ name: 'shop', plugins: [duckdb(), parquet(), postgres(), postgresTables()], pipelines: [definePipeline('shop', { nodes: [node] })] })
`,
    'conf/base/catalog.yml': catalog(),
    'conf/base/engines.yml': 'default: duckdb\n',
    'conf/base/resources.yml': JSON.stringify({ postgres: server }),
    'conf/dev/.gitkeep': '',
  })
  const levada = async (...words: string[]): Promise<string> => {
    const { code, out, err } = await app.levada(...words)
    expect([code, err]).toEqual([0, ''])
    return out
  }
  await levada('run')
  expect(await levada('run')).toContain('Nothing to do')
  await run("update crm.customers set name = 'Ann'")
  expect(await levada('plan')).toContain('crm.customers changed')
  expect(await levada('run')).toContain('shop.names: 1 row')
  expect(await levada('run')).toContain('Nothing to do')
  app.write('conf/base/catalog.yml', catalog(', scan_mb: 0'))
  expect(await levada('plan')).toContain('crm.customers cannot tell whether it changed')
})
