import { asset, between, col, daily, source } from '@levada/core'
import { z } from 'zod'

/** The file as the shop delivers it. */
export const rawOrders = source('shop.raw_orders', {
  description: 'Orders as delivered: one row per order, some of them twice.',
  schema: z.object({
    id: z.int(),
    ordered_at: col.timestamp(),
    customer: z.string(),
    country: z.string(),
    amount: col.decimal(12, 2),
    status: z.enum(['paid', 'cancelled']),
  }),
})

export const orders = asset('shop.orders', {
  description: 'One row per order that was paid.',
  owner: 'shop-team',
  tags: ['daily'],
  schema: z.object({
    id: z.int(),
    ordered_on: col.date(),
    customer: z.string(),
    country: z.string().describe('Two letters, ISO 3166.'),
    amount: col.decimal(12, 2).describe('In euro.'),
  }),
  key: ['id', 'ordered_on'],
  partitions: [daily('ordered_on')],
  checks: [between('amount', 0, 100_000)],
})

export const dailyRevenue = asset('shop.daily_revenue', {
  description: 'What was sold, by day and country.',
  owner: 'shop-team',
  tags: ['report'],
  schema: z.object({
    ordered_on: col.date(),
    country: z.string(),
    orders: z.int(),
    revenue: col.decimal(18, 2),
  }),
  key: ['ordered_on', 'country'],
})
