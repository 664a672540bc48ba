import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import type { Dataset, CatalogContext, Engine } from '@levada/core/spi'
import { duckdb } from '@levada/resource-duckdb'
import { datasetConformance } from '@levada/testing'
import { parquet } from '../src/index.ts'

const context = { name: 'duckdb', root: tmpdir(), env: 'test' }
const engine: Engine = await duckdb().engines['duckdb']!.create({ threads: 2 } as never, context)
const create =
  (path: string) =>
  (dataset: CatalogContext): Dataset =>
    parquet().datasets['parquet']!.create({ path } as never, dataset)

const runner = { describe, test, expect }
datasetConformance(runner, { name: 'parquet, a folder', create: create('data/orders'), engine })
datasetConformance(runner, { name: 'parquet, a file', create: create('orders.parquet'), engine })
