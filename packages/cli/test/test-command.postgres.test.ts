import { expect, test } from 'vitest'
import { project } from './project.ts'
import { server } from './server.ts'

const files = (resources: object): Readonly<Record<string, string>> => ({
  'package.json': JSON.stringify({ name: 'shop', workspaces: ['pipelines/*', 'apps/*'] }),
  'pipelines/orders/package.json': JSON.stringify({ name: '@acme/orders', scripts: { test: 'exit 0' } }),
  'pipelines/orders/src/pipeline.ts': `
import { asset, definePipeline, source, sqlNode } from '@levada/core'
import { z } from 'zod'
const raw = source('shop.raw', { schema: z.object({ id: z.int() }) })
const orders = asset('shop.orders', { schema: z.object({ id: z.int() }) })
export default definePipeline('orders', { nodes: [sqlNode('stage', { inputs: { raw }, output: orders, sql: new URL('./stage.sql', import.meta.url) })] })
`,
  'pipelines/orders/src/stage.sql': 'select id from raw\n',
  'pipelines/orders/src/stage.postgres.sql': 'select idd from raw\n',
  'apps/shop/package.json': JSON.stringify({ name: '@acme/shop', dependencies: { '@acme/orders': '*' } }),
  'apps/shop/levada.config.ts': `
import { defineApp } from '@levada/core'
import { postgresTables } from '@levada/io-postgres'
import { duckdb } from '@levada/resource-duckdb'
import { postgres } from '@levada/resource-postgres'
import orders from '../../pipelines/orders/src/pipeline.ts'
export default defineApp({ name: 'shop', plugins: [duckdb(), postgres(), postgresTables()], pipelines: [orders] })
`,
  'apps/shop/conf/base/engines.yml': 'default: duckdb\nshop.orders: postgres\n',
  'apps/shop/conf/base/resources.yml': JSON.stringify({ postgres: resources }),
})

test('levada test binds in the engines of apps of the workspace, in their dialect', async () => {
  using made = project(files(server))
  const { code, out, err } = await made.levada('test')
  expect(out).toMatch(/✗ @acme\/orders: 0 statements bound in postgres, 1 error/)
  expect(err).toContain('at pipelines/orders/src/stage.postgres.sql:1:8')
  expect(code).toBe(1)
  made.write('pipelines/orders/src/stage.postgres.sql', 'select id from raw\n')
  expect((await made.levada('test')).out).toContain('✓ @acme/orders: 1 statement bound in postgres')
})

test('an engine that does not answer has bound nothing', async () => {
  using made = project(files({ ...server, port: 1, connect_timeout_ms: 500 }))
  const { code, out } = await made.levada('test')
  expect(out).toMatch(/! @acme\/orders: not bound in postgres: /)
  expect(code).toBe(2)
})
