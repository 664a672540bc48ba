import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import type { Dataset, CatalogContext, Engine } from '@levada/core/spi'
import { duckdb } from '@levada/resource-duckdb'
import { datasetConformance } from '@levada/testing'
import { files } from '../src/index.ts'

const context = { name: 'duckdb', root: tmpdir(), env: 'test' }
const engine: Engine = await duckdb().engines['duckdb']!.create({ threads: 2 } as never, context)
const create =
  (type: string, config: object) =>
  (dataset: CatalogContext): Dataset =>
    files().datasets[type]!.create(config as never, dataset)

const runner = { describe, test, expect }
for (const [name, type, config] of [
  ['csv, a folder', 'csv', { path: 'data/orders' }],
  [
    'csv with options, a folder',
    'csv',
    { path: 'data/orders', delimiter: ';', header: false, nullText: '\\N' },
  ],
  ['csv, a file', 'csv', { path: 'orders.csv' }],
  ['json, a folder', 'json', { path: 'data/orders' }],
  ['json, a file', 'json', { path: 'orders.json' }],
  ['ndjson, a folder', 'ndjson', { path: 'data/orders' }],
  ['ndjson, a file', 'ndjson', { path: 'orders.jsonl' }],
] as const) {
  datasetConformance(runner, { name, create: create(type, config), engine })
}
