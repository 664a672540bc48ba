import { expect, test } from 'vitest'
import { project, shopWith } from './project.ts'

const days = shopWith({
  'landing/orders.csv':
    'id,day,customer,amount\n1,2026-01-30,ann,10\n2,2026-01-31,bob,20\n3,2026-02-01,ann,60\n4,2026-02-02,ann,70\n',
})
const changed =
  'id,day,customer,amount\n11,2026-01-30,ann,10\n12,2026-01-31,bob,20\n13,2026-02-01,ann,60\n14,2026-02-02,ann,70\n'

test('--partition a..b writes the partitions of a range in one step, and no others', async () => {
  using app = project(days)
  await app.levada('run')
  app.write('landing/orders.csv', changed)
  const range = ['shop.orders', '--partition', '2026-01-31..2026-02-01'] as const
  const plan = await app.levada('plan', ...range, '--sql')
  expect(plan.out).toContain('writes shop.orders 2 partitions day=2026-01-31..2026-02-01')
  expect(plan.out).toContain('-- $partition_start = "2026-01-31"')
  expect(plan.out).toContain('-- $partition_end = "2026-02-02"')
  const { code, out } = await app.levada('run', ...range)
  expect(out).toContain('✓ orders/stage day=2026-01-31..2026-02-01 · shop.orders: 2 rows in 2 partitions')
  expect(code).toBe(0)
  const ids = await app.levada('query', 'select id from shop.orders order by day', '--json')
  expect(JSON.parse(ids.out)).toEqual([{ id: '1' }, { id: '12' }, { id: '13' }, { id: '4' }])
  const shown = await app.levada('show', 'shop.orders', '--partition', '2026-01-31..2026-02-28')
  expect(shown.out).toContain('3 of 3 rows of 29 partitions day=2026-01-31..2026-02-28')
})

test('a partition without rows in the range is dropped, those outside stay', async () => {
  using app = project(days)
  await app.levada('run')
  app.write('landing/orders.csv', 'id,day,customer,amount\n3,2026-02-01,ann,60\n')
  await app.levada('run', 'shop.orders', '--partition', '2026-01-31..2026-02-01')
  const ids = await app.levada('query', 'select id from shop.orders order by day', '--json')
  expect(JSON.parse(ids.out)).toEqual([{ id: '1' }, { id: '3' }, { id: '4' }])
})

test('a range that is reversed or far too long is told before anything runs', async () => {
  using app = project(days)
  const reversed = await app.levada('run', '--partition', '2026-02-01..2026-01-31')
  expect(reversed).toMatchObject({ code: 2 })
  expect(reversed.err).toContain("The range 2026-02-01..2026-01-31 of 'shop.orders'.day is reversed.")
  expect(reversed.err).toContain('Write the earlier one first: 2026-01-31..2026-02-01.')
  const long = await app.levada('run', '--partition', '1000-01-01..2026-01-31')
  expect(long).toMatchObject({ code: 2 })
  expect(long.err).toContain("These are 374770 partitions of 'shop.orders'; a step writes 10000 at most.")
})
