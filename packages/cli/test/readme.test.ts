import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { project } from './project.ts'

const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8')
const example = /## A pipeline in ten lines\n\n```ts\n([^]*?)```/.exec(readme)![1]!

test("the README's pipeline has ten lines, runs, and rewrites one day", async () => {
  expect(example.trimEnd().split('\n')).toHaveLength(10)
  using app = project({
    'levada.config.ts': `import { defineApp } from '@levada/core'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import shop from './shop.ts'
export default defineApp({ name: 'app', plugins: [duckdb(), parquet(), files()], pipelines: [shop] })
`,
    'shop.ts': `import { asset, between, col, daily, definePipeline, source, sql, sqlNode } from '@levada/core'\nimport { z } from 'zod'\n${example}`,
    'landing.csv': 'id,ordered_at,amount\n1,2026-01-01T10:00:00,5\n2,2026-01-02T23:59:59,7\n',
    'conf/base/catalog.yml':
      'shop.raw_orders: { type: csv, path: landing.csv }\nshop.orders: { type: parquet, path: data/orders }\n',
  })
  expect((await app.levada('run')).code).toBe(0)
  const { code, out } = await app.levada('run', '--force', '--partition', '2026-01-02')
  expect(out).toContain('shop.orders: 1 row in 1 partition')
  expect(code).toBe(0)
})

test('a bare query of many rows prints the first thousand', async () => {
  using app = project({
    'levada.config.ts': `import { defineApp, definePipeline } from '@levada/core'
import { duckdb } from '@levada/resource-duckdb'
export default defineApp({ name: 'app', plugins: [duckdb()], pipelines: [definePipeline('none', { nodes: [] })] })
`,
  })
  const { out } = await app.levada('query', 'select * from range(200000)')
  expect(out.split('\n')).toHaveLength(1003)
  expect(out).toContain('the first 1,000 rows; there are more')
})
