import { project, shopWith, type Project } from './project.ts'

/** Orders, their totals, and a report of them by a service that may be down; an asset can kill the process once it is published. */
export const pipelines: string = `
import { existsSync } from 'node:fs'
import { asset, between, col, daily, definePipeline, node, source, sqlNode } from '@levada/core'
import { z } from 'zod'
const order = { id: z.int(), day: col.date(), customer: z.string(), amount: z.number() }
const raw = source('shop.raw_orders', { schema: z.object(order), checks: [between('amount', 0, 10000)] })
const staged = asset('shop.orders', { schema: z.object(order), partitions: [daily('day')] })
const totals = asset('shop.totals', { schema: z.object({ day: col.date(), orders: z.int(), amount: z.number() }), key: ['day'] })
const report = asset('shop.report', { schema: z.object({ day: col.date(), amount: z.number() }) })
const stage = sqlNode('stage', { inputs: { raw }, output: staged, sql: new URL('./stage.sql', import.meta.url) })
const total = sqlNode('total', { inputs: { orders: staged }, output: totals, params: { factor: z.number().default(1) }, sql: new URL('./total.sql', import.meta.url) })
const send = node('send', {
  inputs: { totals }, outputs: { report },
  async run({ totals }, { outputs, log }) {
    while (existsSync('slow')) { log.info('waiting'); await new Promise((resolve) => setTimeout(resolve, 50)) }
    if (existsSync('down')) throw new Error('the service is down')
    for await (const { day, amount } of totals.rows()) await outputs.report.write({ day, amount })
  },
})
export const orders = definePipeline('orders', { nodes: [stage, total, send] })
`
/** Storage that kills the process once an asset is published, when a file says so. */
export const config = (plugin: string, from: string, more = ''): string => `
import { existsSync, rmSync } from 'node:fs'
import { defineApp } from '@levada/core'
import { datasetType, definePlugin, LevadaError } from '@levada/core/spi'
import { files } from '@levada/io-files'
import { ${plugin} as storage } from '${from}'
import { duckdb } from '@levada/resource-duckdb'
${more && `import { ${more} } from '@levada/resource-${more}'`}
import { orders } from './pipelines.ts'
const [[type, { config, create }]] = Object.entries(storage().datasets)
const mortal = definePlugin('mortal', { datasets: { [type]: datasetType({
  config,
  create(entry, context) {
    const dataset = create(entry, context)
    return { ...dataset, async stage(request) {
      const staging = await dataset.stage(request)
      return { ...staging, async publish(publishing) {
        if (existsSync('kill before ' + context.asset)) process.kill(process.pid, 'SIGKILL')
        if (existsSync('lose ' + context.asset)) throw new LevadaError('CONNECTION_LOST', 'The connection is lost.', { retryable: true })
        if (existsSync('lose once ' + context.asset)) {
          rmSync('lose once ' + context.asset)
          throw new LevadaError('CONNECTION_LOST', 'The connection is lost.', { retryable: true })
        }
        if (existsSync('fail ' + context.asset)) throw new Error('no space left')
        const version = await staging.publish(publishing)
        if (existsSync('kill ' + context.asset)) process.kill(process.pid, 'SIGKILL')
        return version
      } }
    } }
  },
}) } })
export default defineApp({ name: 'shop', plugins: [duckdb(), mortal, files()${more && `, ${more}()`}], pipelines: [orders] })
`
export const mortalShop = (more: Readonly<Record<string, string>> = {}): Project =>
  project(
    shopWith({
      'levada.config.ts': config('parquet', '@levada/io-parquet'),
      'pipelines.ts': pipelines,
      ...more,
    }),
  )

/** One step that writes two assets; it says how often it was computed. */
export const two: string = pipelines
  .replace(
    'const send = node',
    `const [early, late] = ['shop.early', 'shop.late'].map((name) => asset(name, { schema: z.object({ day: col.date(), nr: z.int() }) }))
const split = node('split', {
  inputs: { totals }, outputs: { early, late },
  async run({ totals }, { outputs }) {
    appendFileSync('computed', 'x')
    const nr = statSync('computed').size
    for await (const { day } of totals.rows()) { await outputs.early.write({ day, nr }); await outputs.late.write({ day, nr }) }
  },
})
const send = node`,
  )
  .replace('import { existsSync }', 'import { appendFileSync, existsSync, statSync }')
  .replace('nodes: [stage, total, send]', 'nodes: [stage, total, split, send]')
