import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  datasetType,
  definePlugin,
  engineType,
  type Dataset,
  type Engine,
  type Plugin,
} from '@levada/core/spi'
import { duckdb } from '@levada/resource-duckdb'
import { z } from 'zod'

let folder: string | undefined
/** A folder of this process, gone at its end. */
export function ownFolder(): string {
  if (folder !== undefined) return folder
  const made = mkdtempSync(join(tmpdir(), 'levada-testing-'))
  process.once('exit', () => rmSync(made, { recursive: true, force: true }))
  return (folder = made)
}

let started: Promise<Engine> | undefined
/** One DuckDB for all tests of a process: each step has a session of its own in it, and nothing is kept there. */
export function testEngine(): Promise<Engine> {
  started ??= duckdb()
    .engines['duckdb']!.create({ threads: 2 } as never, { name: 'duckdb', root: ownFolder(), env: 'dev' })
    .then((engine) => ({ ...engine, close: async () => {} }))
  return started
}

/** DuckDB, and datasets that the caller has. */
export const testingPlugin = (dataset: (asset: string) => Dataset): Plugin =>
  definePlugin('@levada/testing', {
    engines: { duckdb: engineType({ config: z.strictObject({}), create: testEngine }) },
    datasets: {
      memory: datasetType({
        config: z.strictObject({}),
        create: (_, { asset }) => dataset(asset),
      }),
    },
  })
