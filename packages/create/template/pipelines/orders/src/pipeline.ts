import { definePipeline, sqlNode } from '@levada/core'
import { dailyRevenue, orders, rawOrders } from './assets.ts'
import type { OrdersPipeline } from './ports.ts'

const stageOrders = sqlNode('stage-orders', {
  inputs: { raw: rawOrders },
  output: orders,
  sql: new URL('./stage-orders.sql', import.meta.url),
})

const sumUp = sqlNode('sum-up', {
  inputs: { orders },
  output: dailyRevenue,
  sql: new URL('./daily-revenue.sql', import.meta.url),
})

export const pipeline: OrdersPipeline = definePipeline('orders', { nodes: [stageOrders, sumUp] })
export default pipeline
