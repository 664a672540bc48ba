import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { asset, col, daily, defineApp, definePipeline, node, rowCount, sql, sqlNode } from '@levada/core'
import { openApp, toLevadaErrors, type RunResult } from '@levada/core/run'
import { parquet } from '@levada/io-parquet'
import { postgresTables } from '@levada/io-postgres'
import { duckdb } from '@levada/resource-duckdb'
import { postgres } from '@levada/resource-postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { startPostgres, type PostgresServer } from '../src/postgres.ts'

const rows = 6000
const schema = z.object({ day: col.date(), generation: z.int(), n: z.int() })
const checks = [rowCount({ min: rows, max: rows })]
const first = asset('shop.first', { schema, partitions: [daily('day')], checks })
const second = asset('shop.second', { schema, checks })
const seen = asset('shop.seen', { schema, checks })
const files = asset('shop.files', { schema, checks })

const makeFirst = sqlNode('make-first', {
  inputs: {},
  output: first,
  params: { generation: z.int() },
  sql: sql`select cast('2001-01-01' as date) + cast(n % 3 as int) as day, $generation as generation, n from generate_series(1, 6000) as n`,
})
const look = sqlNode('look', { inputs: { first }, output: seen, sql: sql`select * from first` })
/** What a node does between two rows that it writes. */
let between = async (_n: number): Promise<void> => undefined
const makeSecond = node('make-second', {
  inputs: { seen },
  outputs: { second },
  async run({ seen: given }, { outputs }) {
    let n = 0
    for await (const row of given.rows()) {
      await outputs.second.write(row)
      await between(++n)
    }
  },
})
const makeFiles = sqlNode('make-files', {
  inputs: { second },
  output: files,
  sql: sql`select * from second`,
})
const app = defineApp({
  name: 'shop',
  plugins: [postgres(), postgresTables(), duckdb(), parquet()],
  pipelines: [definePipeline('shop', { nodes: [makeFirst, look, makeSecond, makeFiles] })],
})

const appDir = mkdtempSync(join(tmpdir(), 'levada-crash-'))
let server: PostgresServer

beforeAll(async () => {
  server = await startPostgres()
  const { host, port, user, password, database } = server
  const conf = join(appDir, 'conf/base')
  mkdirSync(conf, { recursive: true })
  mkdirSync(join(appDir, 'conf/dev'))
  writeFileSync(join(conf, 'engines.yml'), 'default: postgres\nshop.files: duckdb\n')
  writeFileSync(
    join(conf, 'catalog.yml'),
    [
      `'{domain}.{table}': { type: postgres.table, schema: '{domain}', table: '{table}' }`,
      'shop.seen: { type: postgres.view, schema: shop, view: seen }',
      'shop.files: { type: parquet, path: data/files }',
      '',
    ].join('\n'),
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
interface PgClient {
  connect(): Promise<void>
  end(): Promise<void>
  on(event: 'error', listener: () => void): void
}
const pg = createRequire(import.meta.resolve('@levada/resource-postgres'))('pg') as {
  Client: { new (config: object): PgClient; prototype: { query: Query } }
}
const original = pg.Client.prototype.query
let statements = 0
let fatal = Infinity
let strike: () => Promise<void> = async () => undefined
const strikes: Promise<void>[] = []
pg.Client.prototype.query = function (...given) {
  if (++statements === fatal) strikes.push(strike())
  return original.apply(this, given)
}

async function run(generation: number): Promise<RunResult> {
  await using session = await openApp(app, { appDir, env: 'dev', params: { shop: { generation } } })
  return await session.run(await session.plan(), { runner: 'sequential' })
}

const names = ['shop.first', 'shop.seen', 'shop.second', 'shop.files'] as const

/** What a reader finds: the one generation of each asset, all rows of it. */
async function generations(): Promise<readonly number[]> {
  await using session = await openApp(app, { appDir, env: 'dev', params: { shop: { generation: 0 } } })
  const found: number[] = []
  for (const name of names) {
    const all = (await session.load(name).rows()) as { generation: number; n: number }[]
    expect(all.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: rows }, (_, i) => i + 1),
    )
    const [only, ...others] = new Set(all.map(({ generation }) => generation))
    expect(others).toEqual([])
    found.push(only!)
  }
  return found
}

/** Reads the public names with plain SQL all the time, as somebody else would; says what was not whole. */
function watch(): { stop(): Promise<{ readonly reads: number; readonly wrong: readonly string[] }> } {
  const watched = new AbortController()
  let reads = 0
  const wrong: string[] = []
  async function readAll(): Promise<void> {
    const { host, port, user, password, database } = server
    const client = new pg.Client({ host, port, user, password, database })
    client.on('error', () => undefined)
    try {
      await client.connect()
      while (!watched.signal.aborted)
        for (const name of names.slice(0, 3)) {
          const text = `select count(*), count(distinct n), count(distinct generation), min(n), max(n) from ${name}`
          const result = (await original.call(client, { text, rowMode: 'array' })) as { rows: unknown[][] }
          reads++
          const got = result.rows[0]!.map(String).join()
          if (got !== `${rows},${rows},1,1,${rows}`) wrong.push(`${name}: ${got}`)
          await setTimeout(10)
        }
    } finally {
      await client.end().catch(() => undefined)
    }
  }
  const watching = (async () => {
    while (!watched.signal.aborted) {
      await readAll().catch(async (error: { code?: string; message: string }) => {
        // Anything but a server that is gone is an error that a reader should not see.
        if (!/^57P|^08|ECONN|EPIPE/.test(error.code ?? '') && !/terminated|connect/i.test(error.message))
          wrong.push(error.message)
        await setTimeout(20)
      })
    }
  })()
  return {
    async stop() {
      watched.abort()
      await watching
      return { reads, wrong }
    },
  }
}

let generation = 0

/** A run that something happens to, the state after it, and that a new run succeeds. */
async function struck(prepare: (before: readonly number[]) => void): Promise<string> {
  const before = await generations()
  statements = 0
  strikes.length = 0
  generation++
  prepare(before)
  const state = await run(generation).then(
    (result) => result.state,
    (error: unknown) => toLevadaErrors(error)[0]!.code,
  )
  fatal = Infinity
  between = async () => undefined
  await Promise.all(strikes)
  await server.resume()
  expect(['failed', 'succeeded', 'CONNECTION_LOST', 'RESOURCE_FAILED']).toContain(state)
  const after = await generations()
  for (const [i, found] of after.entries()) expect([before[i], generation]).toContain(found)
  // The view has no rows of its own.
  expect(after[1]).toBe(after[0])
  if (state === 'succeeded') expect(new Set(after)).toEqual(new Set([generation]))
  generation++
  expect((await run(generation)).state).toBe('succeeded')
  expect(new Set(await generations())).toEqual(new Set([generation]))
  return state
}

beforeAll(async () => {
  generation++
  expect((await run(generation)).state).toBe('succeeded')
}, 60_000)

test('a server that is stopped, restarted or killed at any statement shows no reader half or unchecked data, and a new run succeeds', async () => {
  statements = 0
  generation++
  expect((await run(generation)).state).toBe('succeeded')
  const all = statements
  expect(all).toBeGreaterThan(60)
  const ways = [
    () => server.halt('immediate'),
    () => server.halt('immediate').then(() => server.resume()),
    () => server.halt('fast'),
  ]
  const step = process.env['LEVADA_CRASH_ALL'] ? 1 : Math.ceil(all / 15)
  const watcher = watch()
  const states: string[] = []
  let count = 0
  for (let k = 1 + (all % step); k <= all; k += step) {
    const way = ways[states.length % ways.length]!
    states.push(
      await struck(() => {
        fatal = k
        strike = way
      }),
    )
    count += strikes.length
  }
  const { reads, wrong } = await watcher.stop()
  expect(wrong).toEqual([])
  expect(reads).toBeGreaterThan(states.length)
  expect(count).toBe(states.length)
  expect(states.filter((state) => state !== 'succeeded').length).toBeGreaterThan(5)
  console.log(`struck at ${count} of ${all} statements; another reader saw ${reads} whole versions`)
}, 300_000)

test.each([1, rows / 2, rows])(
  'a server that is killed when a node has written %i rows',
  async (at) => {
    const watcher = watch()
    const state = await struck(() => {
      between = async (n) => {
        if (n !== at) return
        strikes.push(server.halt('immediate'))
        await Promise.all(strikes)
      }
    })
    expect(state).toBe('failed')
    expect((await watcher.stop()).wrong).toEqual([])
  },
  60_000,
)
