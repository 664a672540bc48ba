import { describe, expect, test } from 'vitest'
import { catalogOf, freshnessOf, manifestOf, parseArtifact, runResultsOf } from './artifacts.ts'

describe('run_results.json', () => {
  test('nodes with what each tells', () => {
    const results = runResultsOf({
      metadata: { dbt_version: '1.11.16', invocation_id: 'abc' },
      elapsed_time: 2.5,
      results: [
        {
          unique_id: 'model.shop.orders',
          status: 'success',
          execution_time: 0.5,
          adapter_response: { rows_affected: 3 },
          relation_name: '"db"."main"."orders"',
          timing: [
            { name: 'compile', started_at: '2026-01-02T03:04:05Z', completed_at: '2026-01-02T03:04:06Z' },
            { name: 'execute', started_at: '2026-01-02T03:04:06Z', completed_at: '2026-01-02T03:04:07Z' },
          ],
        },
        { unique_id: 'test.shop.unique_orders_id.fed79b3a6e', status: 'fail', failures: 2, message: 'Got 2' },
      ],
    })
    expect(results).toEqual({
      version: '1.11.16',
      invocationId: 'abc',
      seconds: 2.5,
      nodes: [
        {
          id: 'model.shop.orders',
          name: 'orders',
          resourceType: 'model',
          status: 'success',
          seconds: 0.5,
          rows: 3,
          relation: '"db"."main"."orders"',
          startedAt: '2026-01-02T03:04:05Z',
          finishedAt: '2026-01-02T03:04:07Z',
        },
        {
          id: 'test.shop.unique_orders_id.fed79b3a6e',
          name: 'unique_orders_id',
          resourceType: 'test',
          status: 'fail',
          seconds: 0,
          failures: 2,
          message: 'Got 2',
        },
      ],
    })
  })

  test('fields of other types are as good as absent', () => {
    expect(
      runResultsOf({ results: [null, 7, { unique_id: 3 }, { unique_id: 'a.b.c', timing: 'soon' }] }),
    ).toEqual({
      seconds: 0,
      nodes: [{ id: 'a.b.c', name: 'c', resourceType: 'a', status: 'unknown', seconds: 0 }],
    })
    expect(runResultsOf({ results: {} }).nodes).toEqual([])
  })
})

test('a manifest', () => {
  const manifest = manifestOf({
    metadata: { dbt_version: '1.11.16', adapter_type: 'duckdb', project_name: 'shop' },
    nodes: {
      'model.shop.orders': {
        name: 'orders',
        resource_type: 'model',
        package_name: 'shop',
        original_file_path: 'models/orders.sql',
        config: { materialized: 'table' },
        depends_on: { nodes: ['source.shop.raw.orders'] },
        columns: { '2': { name: '2', data_type: 'int' }, id: { name: 'id', description: 'The key.' } },
        tags: ['nightly', 7],
      },
      // Seeds read nothing.
      'seed.shop.rates': { depends_on: {} },
    },
    sources: { 'source.shop.raw.orders': { name: 'orders', identifier: 'ORDERS', schema: 'raw' } },
  })
  expect(manifest).toMatchObject({ version: '1.11.16', adapter: 'duckdb', projectName: 'shop' })
  expect(manifest.nodes.get('model.shop.orders')).toMatchObject({
    materialized: 'table',
    path: 'models/orders.sql',
    dependsOn: ['source.shop.raw.orders'],
    tags: ['nightly'],
    columns: [
      { name: '2', type: 'int', description: '' },
      { name: 'id', description: 'The key.' },
    ],
  })
  expect(manifest.nodes.get('seed.shop.rates')).toMatchObject({
    name: 'rates',
    resourceType: 'seed',
    dependsOn: [],
  })
  expect(manifest.sources.get('source.shop.raw.orders')).toMatchObject({ alias: 'ORDERS', schema: 'raw' })
})

test('columns of a catalog are in the order of the table', () => {
  const columns = {
    b: { name: 'b', type: 'INT', index: 2 },
    a: { name: 'a', type: 'TEXT', index: 1, comment: 'x' },
  }
  expect(
    catalogOf({ nodes: { 'model.shop.orders': { columns } } }).tables.get('model.shop.orders')?.columns,
  ).toEqual([
    { name: 'a', type: 'TEXT', description: 'x' },
    { name: 'b', type: 'INT', description: '' },
  ])
})

test('freshness, also of a source that could not be asked', () => {
  expect(
    freshnessOf({
      results: [
        {
          unique_id: 'source.shop.raw.orders',
          status: 'warn',
          max_loaded_at: '2026-01-02T03:04:05Z',
          max_loaded_at_time_ago_in_s: 90.5,
        },
        { unique_id: 'source.shop.raw.gone', status: 'runtime error', error: 'no such table' },
      ],
    }),
  ).toEqual([
    { id: 'source.shop.raw.orders', status: 'warn', maxLoadedAt: '2026-01-02T03:04:05Z', ageSeconds: 90.5 },
    { id: 'source.shop.raw.gone', status: 'runtime error', message: 'no such table' },
  ])
})

test.each(['', '{"half":', '[]', 'null', '7'])('an artifact that holds %j is DATA_UNREADABLE', (content) => {
  expect(() => parseArtifact(content, 'target/run_results.json')).toThrow(
    expect.objectContaining({ code: 'DATA_UNREADABLE', place: { file: 'target/run_results.json' } }),
  )
})
