import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tree } from '@nx/devkit'
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing'
import { workspaceFiles } from '@levada/create'
import { expect, test, vi } from 'vitest'
import * as generators from '../src/generators.ts'

const root = join(import.meta.dirname, '..')

function workspace(): Tree {
  const tree = createTreeWithEmptyWorkspace()
  const files = workspaceFiles({ name: 'shop', scope: '@acme', packageManager: 'npm', pinNode: false })
  for (const [file, text] of Object.entries(files)) tree.write(file, text)
  return tree
}

const texts = (tree: Tree): Record<string, string | null> =>
  Object.fromEntries(tree.listChanges().map(({ path }) => [path, tree.read(path, 'utf8')]))

const runs: Readonly<Record<string, (tree: Tree) => unknown>> = {
  pipeline: (tree) => generators.pipeline(tree, { name: 'payments' }),
  app: (tree) => generators.app(tree, { name: 'reports' }),
  node: (tree) => generators.node(tree, { name: 'daily-totals', folder: 'pipelines/orders' }),
  asset: (tree) => generators.asset(tree, { name: 'shop.refunds', folder: 'pipelines/orders' }),
  dataset: (tree) => generators.dataset(tree, { name: 'ledger', folder: 'apps/shop' }),
  resource: (tree) => generators.resource(tree, { name: 'notifier', folder: 'apps/shop' }),
}

test('every generator writes what levada new writes, and nothing more when it runs again', () => {
  const tree = workspace()
  const before = Object.keys(texts(tree)).length
  for (const run of Object.values(runs)) run(tree)
  const made = texts(tree)
  expect(Object.keys(made).length).toBeGreaterThan(before + 15)
  expect(made['apps/shop/levada.config.ts']).toContain('pipelines: [orders, payments],')
  expect(made['apps/shop/levada.config.ts']).toContain('plugins: [duckdb(), parquet(), files(), ledger()],')
  expect(made['apps/shop/levada.config.ts']).toContain('resources: { notifier: notifier() },')
  expect(made['pipelines/orders/src/pipeline.ts']).toContain('nodes: [stageOrders, sumUp, dailyTotals]')
  expect(made['pipelines/orders/src/daily-totals.ts']).toContain("asset('shop.daily_totals'")
  for (const [name, run] of Object.entries(runs)) if (name !== 'pipeline') run(tree)
  expect(texts(tree)).toEqual(made)
})

test('what was edited stays', () => {
  const tree = workspace()
  const said = vi.spyOn(console, 'log').mockImplementation(() => {})
  tree.write('pipelines/orders/src/refunds.ts', '// mine\n')
  generators.asset(tree, { name: 'shop.refunds', folder: 'pipelines/orders' })
  expect(tree.read('pipelines/orders/src/refunds.ts', 'utf8')).toBe('// mine\n')
  expect(said.mock.calls.flat().join()).toContain('KEPT pipelines/orders/src/refunds.ts')
  said.mockRestore()
})

test('a name that is none or taken, and a folder of another kind are refused', () => {
  const tree = workspace()
  expect(() => generators.pipeline(tree, { name: 'Payments' })).toThrow("'Payments' is not a name that fits")
  expect(() => generators.node(tree, { name: 'x', folder: 'pipelines/none' })).toThrow(
    'pipelines/none/src/pipeline.ts',
  )
  expect(() => generators.dataset(tree, { name: 'x', folder: '.' })).toThrow(
    'The root of a workspace is no package',
  )
  expect(() => generators.resource(tree, { name: 'x', folder: 'pipelines/orders' })).toThrow(
    'There is no pipelines/orders/levada.config.ts: name the folder of an app.',
  )
  expect(() => generators.node(tree, { name: 'assets', folder: 'pipelines/orders' })).toThrow(
    "src/assets.ts is there, and has no node 'assets'.",
  )
  expect(() => generators.node(tree, { name: 'sum-up', folder: 'pipelines/orders' })).toThrow(
    "The package has a node 'sum-up'.",
  )
  expect(() => generators.asset(tree, { name: 'shop.orders', folder: 'pipelines/orders' })).toThrow(
    "The package has 'shop.orders' already.",
  )
  expect(() => generators.asset(tree, { name: 'x', folder: 'pipelines/orders' })).toThrow(
    'is not an asset key',
  )
})

test('generators.json names each, with a schema that is there', () => {
  const { generators: listed } = JSON.parse(readFileSync(join(root, 'generators.json'), 'utf8')) as {
    generators: Record<string, { factory: string; schema: string }>
  }
  expect(Object.keys(listed).toSorted()).toEqual(Object.keys(runs).toSorted())
  for (const [name, { factory, schema }] of Object.entries(listed)) {
    expect(factory).toBe(`./dist/generators.js#${name}`)
    expect(name in generators).toBe(true)
    expect(existsSync(join(root, schema))).toBe(true)
  }
})
