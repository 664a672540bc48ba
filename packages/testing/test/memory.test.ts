import { describe, expect, test } from 'vitest'
import type { Dataset } from '@levada/core/spi'
import { datasetConformance, memory, memoryDataset, memoryStore } from '../src/index.ts'

const stores = new Map<string, ReturnType<typeof memoryStore>>()

datasetConformance(
  { describe, test, expect },
  {
    name: 'memory',
    create({ asset, root, retention }) {
      const store = stores.get(root) ?? memoryStore()
      stores.set(root, store)
      return memoryDataset(asset, store, retention)
    },
  },
)

test('memory() keeps rows as long as the plugin lives, by app, environment and asset', async () => {
  const plugin = memory()
  const open = (env: string, asset: string): Dataset =>
    plugin.datasets['memory']!.create({} as never, {
      asset,
      columns: [],
      partitionBy: [],
      root: '/app',
      env,
      engine: () => Promise.reject(new TypeError('memory needs no engine')),
    })
  const request = { version: 'v', columns: [], partitionBy: [], replace: undefined, base: undefined }
  const staging = await open('dev', 'a.b').stage(request)
  await staging.seal({ rows: 0, sizeBytes: 0, files: [], partitions: [] })
  await staging.publish({ app: 'x', runId: 'r', inputs: {}, mayRebase: true })
  const found = [open('dev', 'a.b'), open('prod', 'a.b'), open('dev', 'a.c')].map((dataset) =>
    dataset.exists(),
  )
  expect(await Promise.all(found)).toEqual([true, false, false])
})
