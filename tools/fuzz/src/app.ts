import {
  asset,
  between,
  col,
  daily,
  definePipeline,
  defineApp,
  source,
  sqlNode,
  view,
  type App,
} from '@levada/core'
import type { Engine, EngineType, Plugin } from '@levada/core/spi'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'

const order = z.object({
  id: z.int(),
  day: col.date(),
  customer: z.string(),
  amount: col.decimal(9, 2),
  weight: z.number().nullable(),
  note: z.string().nullable(),
})
const customer = z.object({
  name: z.string(),
  city: z.string().nullable(),
  age: z.int().nullable(),
  score: z.number().nullable(),
})
const store = z.object({ code: z.string(), staff: z.int(), area: z.number().nullable(), opened: col.date() })
const price = z.object({ sku: z.int(), price: z.number(), label: z.string().nullable() })
const total = z.object({ city: z.string(), orders: z.int(), amount: col.decimal(38, 2) })

/** The project that is mutated, in a folder: four sources of four formats, each stored, two of them summed up. */
export function appOf(dir: string): App {
  const sqlFile = (name: string): URL => pathToFileURL(join(dir, 'sql', `${name}.sql`))
  const rawOrders = source('sales.raw_orders', { schema: order })
  const rawCustomers = source('sales.raw_customers', { schema: customer })
  const rawStores = source('shops.raw_stores', { schema: store })
  const rawPrices = source('shops.raw_prices', { schema: price })
  const orders = asset('sales.orders', {
    tags: ['nightly'],
    schema: order,
    key: ['id', 'day'],
    partitions: [daily('day')],
    checks: [between('id', 0, 1_000_000)],
  })
  const customers = asset('sales.customers', { schema: customer, key: ['name'] })
  const totals = asset('sales.totals', { schema: total, key: ['city'] })
  const stores = asset('shops.stores', { tags: ['nightly'], schema: store, key: ['code'] })
  const prices = asset('shops.prices', { schema: price, key: ['sku'] })
  const large = view('large', {
    inputs: { orders },
    params: { at_least: z.number().default(0) },
    sql: sqlFile('large'),
  })
  const sales = definePipeline('sales', {
    nodes: [
      sqlNode('orders', { inputs: { raw: rawOrders }, output: orders, sql: sqlFile('orders') }),
      sqlNode('customers', { inputs: { raw: rawCustomers }, output: customers, sql: sqlFile('customers') }),
      sqlNode('totals', {
        inputs: { large, customers },
        params: { top: z.int().min(1).default(100), nobody: z.string().default('none') },
        output: totals,
        sql: sqlFile('totals'),
      }),
    ],
  })
  const shops = definePipeline('shops', {
    nodes: [
      sqlNode('stores', { inputs: { raw: rawStores }, output: stores, sql: sqlFile('stores') }),
      sqlNode('prices', {
        inputs: { raw: rawPrices },
        params: { factor: z.number().default(1), round: z.boolean().default(false) },
        output: prices,
        sql: sqlFile('prices'),
      }),
    ],
  })
  return defineApp({
    name: 'market',
    plugins: [duckdb(), parquet(), files()],
    pipelines: [sales, shops],
    jobs: { nightly: { select: 'tag:nightly' } },
  })
}

/** The app with one engine for all of its sessions, which is started once and closed never. */
export function withSharedEngine(app: App): App {
  const share = (type: EngineType): EngineType => {
    let engine: Promise<Engine> | undefined
    return {
      ...type,
      create(config, context) {
        engine ??= type.create(config, context).then((made) => ({ ...made, close: async () => {} }))
        return engine
      },
    }
  }
  const plugins = app.plugins.map((plugin): Plugin => ({
    ...plugin,
    engines: Object.fromEntries(Object.entries(plugin.engines).map(([name, type]) => [name, share(type)])),
  }))
  return { ...app, plugins }
}
