import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { execa } from 'execa'

/** The real command. */
export const bin: string = join(import.meta.dirname, '../bin/levada.mjs')
const tmp = join(import.meta.dirname, 'tmp')

type Environment = Readonly<Record<string, string>>

const launch = (cwd: string, args: readonly string[], env: Environment = {}) =>
  execa(process.execPath, [bin, ...args], { cwd, reject: false, env: { NO_COLOR: '1', CI: '1', ...env } })

export interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** An app in a folder of its own below this one, so that it finds the packages of the workspace. */
export interface Project extends Disposable {
  readonly dir: string
  write(file: string, text: string): void
  /** Runs the real command in the folder. */
  levada(...args: readonly string[]): Promise<Outcome>
  /** Starts the command and does not wait for it. */
  start(args: readonly string[], env?: Environment): ReturnType<typeof launch>
}

export function project(files: Readonly<Record<string, string>>): Project {
  mkdirSync(tmp, { recursive: true })
  const dir = mkdtempSync(join(tmp, 'app-'))
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    writeFileSync(join(dir, file), text)
  }
  for (const [file, text] of Object.entries(files)) write(file, text)
  return {
    dir,
    write,
    start: (args, env) => launch(dir, args, env),
    async levada(...args) {
      const { exitCode, stdout, stderr } = await launch(dir, args)
      return { code: exitCode ?? -1, out: stdout, err: stderr }
    },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  }
}

/** A shop: CSV orders, staged and summed up by day; a second branch that does not depend on the first. */
export const shop: Readonly<Record<string, string>> = {
  'levada.config.ts': `
import { defineApp } from '@levada/core'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { customers, orders } from './pipelines.ts'

export default defineApp({
  name: 'shop',
  plugins: [duckdb(), parquet(), files()],
  pipelines: [orders, customers],
  jobs: { nightly: { select: 'pipeline:orders' } },
})
`,
  'pipelines.ts': `
import { asset, between, col, daily, definePipeline, source, sqlNode } from '@levada/core'
import { z } from 'zod'

const rawOrders = source('shop.raw_orders', { schema: z.object({ id: z.int(), day: col.date(), customer: z.string(), amount: z.number() }) })
const rawCustomers = source('shop.raw_customers', { schema: z.object({ name: z.string(), city: z.string() }) })
const ordersAsset = asset('shop.orders', {
  tags: ['nightly'],
  schema: z.object({ id: z.int(), day: col.date(), customer: z.string(), amount: z.number() }),
  key: ['id', 'day'],
  partitions: [daily('day')],
  checks: [between('amount', 0, 1000), between('amount', 0, 500, { severity: 'warn' })],
})
const totals = asset('shop.totals', { schema: z.object({ day: col.date(), orders: z.int(), amount: z.number() }), key: ['day'] })
const customersAsset = asset('shop.customers', { schema: z.object({ name: z.string(), city: z.string() }), key: ['name'] })

const stage = sqlNode('stage', { inputs: { raw: rawOrders }, output: ordersAsset, sql: new URL('./stage.sql', import.meta.url) })
const total = sqlNode('total', {
  inputs: { orders: ordersAsset }, output: totals, params: { factor: z.number().default(1) },
  sql: new URL('./total.sql', import.meta.url),
})
const stageCustomers = sqlNode('stage-customers', { inputs: { raw: rawCustomers }, output: customersAsset, sql: new URL('./customers.sql', import.meta.url) })

export const orders = definePipeline('orders', { nodes: [stage, total] })
export const customers = definePipeline('customers', { nodes: [stageCustomers] })
`,
  'stage.sql':
    'select id, day, customer, amount\nfrom raw\nwhere day >= $partition_start and day < $partition_end\n',
  'total.sql': 'select day, count(*) as orders, sum(amount) * $factor as amount\nfrom orders\ngroup by day\n',
  'customers.sql': 'select name, city from raw\n',
  'landing/orders.csv':
    'id,day,customer,amount\n1,2026-01-01,ann,10\n2,2026-01-01,bob,20.5\n3,2026-01-02,ann,600\n',
  'landing/customers.csv': 'name,city\nann,Funchal\nbob,NA\n',
  'conf/base/catalog.yml': `shop.raw_orders: { type: csv, path: landing/orders.csv }
shop.raw_customers: { type: csv, path: landing/customers.csv }
"{domain}.{table}": { type: parquet, path: "data/{domain}/{table}" }
`,
}

/** A copy of the shop with some files changed. */
export const shopWith = (files: Readonly<Record<string, string>>): Readonly<Record<string, string>> => ({
  ...shop,
  ...files,
})
