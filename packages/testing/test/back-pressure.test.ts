import { asset, defineApp, definePipeline, node } from '@levada/core'
import { openApp } from '@levada/core/run'
import { datasetType, definePlugin } from '@levada/core/spi'
import { duckdb } from '@levada/resource-duckdb'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { memoryDataset, memoryStore } from '../src/index.ts'

const many = 60_000

test('a dataset that takes rows slowly holds back the node that makes them', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'levada-slow-'))
  mkdirSync(join(dir, 'conf/base'), { recursive: true })
  writeFileSync(join(dir, 'conf/base/catalog.yml'), `'{domain}.{table}': { type: slow }\n`)
  let made = 0
  let taken = 0
  let most = 0
  const slow = definePlugin('slow', {
    datasets: {
      slow: datasetType({
        config: z.strictObject({}),
        create(_, { asset: name }) {
          const dataset = memoryDataset(name, memoryStore())
          return {
            ...dataset,
            append: (target, columns, batches) =>
              dataset.append!(
                target,
                columns,
                (async function* () {
                  for await (const batch of batches) {
                    await new Promise((resolve) => setTimeout(resolve, 5))
                    most = Math.max(most, made - taken)
                    taken += batch.length
                    yield batch
                  }
                })(),
              ),
          }
        },
      }),
    },
  })
  const numbers = asset('demo.numbers', { schema: z.object({ n: z.int() }) })
  const count = node('count', {
    inputs: {},
    outputs: { numbers },
    async run(_, { outputs }) {
      for (let n = 0; n < many; n++) {
        await outputs.numbers.write({ n })
        made++
      }
    },
  })
  const app = defineApp({
    name: 'slow',
    plugins: [duckdb(), slow],
    pipelines: [definePipeline('demo', { nodes: [count] })],
  })
  {
    await using session = await openApp(app, { appDir: dir })
    const { state } = await session.run(await session.plan())
    expect(state).toBe('succeeded')
  }
  rmSync(dir, { recursive: true })
  expect(taken).toBe(many)
  // Two pieces, of which one is being taken, and what gathers for the next.
  expect(most).toBeLessThanOrEqual(3 * 2048)
})
