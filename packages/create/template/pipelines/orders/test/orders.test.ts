import { expectRows, fake, runPipeline } from '@levada/testing/pipeline'
import { expect, test } from 'vitest'
import orders from '../src/index.ts'

const order = {
  id: 1,
  ordered_at: '2026-03-01T08:00:00',
  customer: 'Ada',
  country: 'DE',
  amount: '10.50',
  status: 'paid' as const,
}

test('orders are paid ones, each once, and revenue is their sum by day', async () => {
  const bela = { ...order, id: 2, ordered_at: '2026-03-01T23:59:59', customer: ' Bela ', amount: '4.25' }
  const run = await runPipeline(orders, {
    inputs: { 'shop.raw_orders': [order, order, bela, { ...order, id: 3, status: 'cancelled' }] },
  })
  expectRows(run.rows('shop.orders'), [
    { id: 1, ordered_on: '2026-03-01', customer: 'Ada', country: 'DE', amount: '10.50' },
    { id: 2, ordered_on: '2026-03-01', customer: 'Bela', country: 'DE', amount: '4.25' },
  ])
  expectRows(run.rows('shop.daily_revenue'), [
    { ordered_on: '2026-03-01', country: 'DE', orders: 2, revenue: '14.75' },
  ])
})

test('a row that breaks a check publishes nothing', async () => {
  // The columns that are not named are made up.
  const run = runPipeline(orders, {
    inputs: { 'shop.raw_orders': fake([{ status: 'paid', amount: '-1.00' }]) },
  })
  await expect(run).rejects.toThrow('Check between(amount, 0, 100000)')
})
