import { parquet } from '@levada/io-parquet'
import { memory } from '@levada/testing'
import { expect, test } from 'vitest'
import { inParts, sameAsRecomputed } from './incremental-cases.ts'

test.each([
  ['Parquet', parquet(), '{ type: parquet, path: "data/{table}" }', 12],
  ['memory, which no engine scans', memory(), '{ type: memory }', 4],
])('append and merge make what all rows make: %s', async (_, plugin, entry, runs) => {
  const place = { plugins: [plugin], engine: 'duckdb', catalog: () => `"shop.{table}": ${entry}\n` }
  const parts = await sameAsRecomputed(place, runs)
  expect([...parts.keys()].toSorted()).toEqual(inParts)
})
