import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { append, asset, defineApp, definePipeline, source, sql, sqlNode } from '@levada/core'
import { openApp } from '@levada/core/run'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { memory } from '@levada/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { project, sameAsRecomputed, timeoutFor } from './incremental-cases.ts'

test.each([
  ['Parquet', parquet(), '{ type: parquet, path: "data/{table}" }', 14],
  ['memory, which no engine scans', memory(), '{ type: memory }', 10],
])(
  'each strategy makes what all rows make: %s',
  async (_, plugin, entry, runs) => {
    const place = { plugins: [plugin], engine: 'duckdb', catalog: () => `"shop.{table}": ${entry}\n` }
    await sameAsRecomputed(place, runs)
  },
  timeoutFor(14),
)

test('what was added to fifty times is written again in one piece', async () => {
  const schema = z.object({ n: z.int() })
  const numbers = asset('shop.numbers', { schema, incremental: append({ by: 'n' }) })
  const inputs = { raw: source('shop.raw', { schema }) }
  const add = sqlNode('add', { inputs, output: numbers, sql: sql`select n from raw where n >= $since` })
  const catalog = (): string => 'shop.numbers: { type: parquet, path: data/numbers }\n'
  const plugins = [duckdb(), files(), parquet()]
  const dir = project({ plugins, engine: 'duckdb', catalog }, 0)
  try {
    const app = defineApp({
      name: 'shop',
      plugins,
      pipelines: [definePipeline('counting', { nodes: [add] })],
    })
    await using session = await openApp(app, { appDir: dir, env: 'dev' })
    let text = 'n\n'
    for (let n = 1; n <= 53; n++) {
      writeFileSync(join(dir, 'raw.csv'), (text += `${n}\n`))
      expect((await session.run(await session.plan())).state).toBe('succeeded')
    }
    const folder = join(dir, 'data/numbers/manifests')
    const parts = readdirSync(folder)
      .toSorted()
      .map((name) => readFileSync(join(folder, name), 'utf8').match(/\.parquet"/g)?.length)
    expect(Math.max(...parts.map(Number))).toBe(50)
    expect(parts.at(-1)).toBe(3)
    expect((await session.load(numbers).rows()).map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 53 }, (_, i) => i + 1),
    )
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}, 300_000)
