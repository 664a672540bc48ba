import { describe, expect, test } from 'vitest'
import { datasetConformance, memoryDataset, memoryStore } from '../src/index.ts'

const stores = new Map<string, ReturnType<typeof memoryStore>>()

datasetConformance(
  { describe, test, expect },
  {
    name: 'memory',
    create({ asset, root }) {
      const store = stores.get(root) ?? memoryStore()
      stores.set(root, store)
      return memoryDataset(asset, store)
    },
  },
)
