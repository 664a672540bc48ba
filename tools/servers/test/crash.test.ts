import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asset, col, daily, defineApp, definePipeline, node, rowCount, sql, sqlNode } from '@levada/core'
import { openApp, toLevadaErrors, type RunResult } from '@levada/core/run'
import { postgresTables } from '@levada/io-postgres'
import { postgres } from '@levada/resource-postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { startPostgres, type PostgresServer } from '../src/postgres.ts'

const schema = z.object({ day: col.date(), generation: z.int(), n: z.int() })
const first = asset('shop.first', {
  schema,
  partitions: [daily('day')],
  checks: [rowCount({ min: 300, max: 300 })],
})
const second = asset('shop.second', { schema, checks: [rowCount({ min: 300, max: 300 })] })

const makeFirst = sqlNode('make-first', {
  inputs: {},
  output: first,
  params: { generation: z.int() },
  sql: sql`select cast('2001-01-01' as date) + cast(n % 3 as int) as day, $generation as generation, n from generate_series(1, 300) as n`,
})
const makeSecond = node('make-second', {
  inputs: { first },
  outputs: { second },
  async run({ first: rows }, { outputs }) {
    for await (const row of rows.rows()) await outputs.second.write(row)
  },
})
const app = defineApp({
  name: 'shop',
  plugins: [postgres(), postgresTables()],
  pipelines: [definePipeline('shop', { nodes: [makeFirst, makeSecond] })],
})

const appDir = mkdtempSync(join(tmpdir(), 'levada-crash-'))
let server: PostgresServer

beforeAll(async () => {
  server = await startPostgres()
  const { host, port, user, password, database } = server
  const conf = join(appDir, 'conf/base')
  mkdirSync(conf, { recursive: true })
  mkdirSync(join(appDir, 'conf/dev'))
  writeFileSync(join(conf, 'engines.yml'), 'default: postgres\n')
  writeFileSync(
    join(conf, 'catalog.yml'),
    `'{domain}.{table}': { type: postgres.table, schema: '{domain}', table: '{table}' }\n`,
  )
  writeFileSync(
    join(conf, 'resources.yml'),
    JSON.stringify({ postgres: { host, port, user, password, database } }),
  )
}, 60_000)

afterAll(async () => {
  await server?.stop()
  rmSync(appDir, { recursive: true, force: true })
})

// Every statement of the client goes through here, COPY included.
type Query = (this: unknown, ...given: unknown[]) => unknown
const { Client } = createRequire(import.meta.resolve('@levada/resource-postgres'))('pg') as {
  Client: { prototype: { query: Query } }
}
const original = Client.prototype.query
let statements = 0
let fatal = Infinity
const kills: Promise<void>[] = []
Client.prototype.query = function (...given) {
  if (++statements === fatal) kills.push(server.halt('immediate'))
  return original.apply(this, given)
}

async function run(generation: number): Promise<RunResult> {
  await using session = await openApp(app, { appDir, env: 'dev', params: { shop: { generation } } })
  return await session.run(await session.plan(), { runner: 'sequential' })
}

/** What a reader finds: the one generation of each asset, all rows of it. */
async function generations(): Promise<readonly number[]> {
  await using session = await openApp(app, { appDir, env: 'dev', params: { shop: { generation: 0 } } })
  const found: number[] = []
  for (const name of ['shop.first', 'shop.second'] as const) {
    const rows = (await session.load(name).rows()) as { generation: number; n: number }[]
    expect(rows.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 300 }, (_, i) => i + 1),
    )
    const [only, ...others] = new Set(rows.map(({ generation }) => generation))
    expect(others).toEqual([])
    found.push(only!)
  }
  return found
}

test('a server that is killed at any statement shows no reader half or unchecked data, and a new run succeeds', async () => {
  expect((await run(1)).state).toBe('succeeded')
  statements = 0
  expect((await run(2)).state).toBe('succeeded')
  const all = statements
  expect(all).toBeGreaterThan(30)
  const step = process.env['LEVADA_CRASH_ALL'] ? 1 : 4
  let generation = 2
  let killed = 0
  for (let k = 1 + (all % step); k <= all; k += step) {
    const before = await generations()
    statements = 0
    fatal = k
    kills.length = 0
    generation++
    const state = await run(generation).then(
      (result) => result.state,
      (error: unknown) => toLevadaErrors(error)[0]!.code,
    )
    fatal = Infinity
    killed += kills.length
    await Promise.all(kills)
    await server.resume()
    expect(['failed', 'succeeded', 'CONNECTION_LOST', 'RESOURCE_FAILED']).toContain(state)
    const after = await generations()
    for (const [i, found] of after.entries()) expect([before[i], generation]).toContain(found)
    if (state === 'succeeded') expect(after).toEqual([generation, generation])
    generation++
    expect((await run(generation)).state).toBe('succeeded')
    expect(await generations()).toEqual([generation, generation])
  }
  expect(killed).toBeGreaterThan(5)
  console.log(`killed at ${killed} of ${all} statements`)
}, 240_000)
