import { expect, test } from 'vitest'
import { z } from 'zod'
import { asset, daily, partitionText } from '../asset/index.ts'
import { toLevadaErrors } from '../errors/index.ts'
import { col } from '../schema/index.ts'
import { checkRequest, partitionsFor } from './partitions.ts'
import { boundsOf } from './query.ts'

const days = asset('shop.days', { schema: z.object({ day: col.date() }), partitions: [daily('day')] })
const two = asset('shop.two', {
  schema: z.object({ day: col.date(), due: col.date() }),
  partitions: [daily('day', { start: '2026-01-01', end: '2026-02-01' }), daily('due')],
})
const whole = asset('shop.whole', { schema: z.object({ day: col.date() }) })
const list = (...values: string[]) => values.map((day) => ({ day }))

test.each(['2026-01-01', 'day=2026-01-01', ' day = 2026-01-01 '])('%j is a day', (partition) => {
  expect(partitionsFor(partition, [days])).toEqual(list('2026-01-01'))
})

test.each(['2026-02-27..2026-03-02', 'day=2026-02-27..2026-03-02', ' day = 2026-02-27 .. 2026-03-02 '])(
  '%j has both of its ends',
  (partition) => {
    expect(partitionsFor(partition, [days])).toEqual(
      list('2026-02-27', '2026-02-28', '2026-03-01', '2026-03-02'),
    )
  },
)

test('dimensions make a product, and may be given in code', () => {
  const keys = [
    { day: '2026-01-01', due: '2026-02-01' },
    { day: '2026-01-01', due: '2026-02-02' },
    { day: '2026-01-02', due: '2026-02-01' },
    { day: '2026-01-02', due: '2026-02-02' },
  ]
  expect(partitionsFor('day=2026-01-01..2026-01-02,due=2026-02-01..2026-02-02', [two])).toEqual(keys)
  const request = {
    day: { from: '2026-01-01', to: '2026-01-02' },
    due: { from: '2026-02-01', to: '2026-02-02' },
  }
  expect(partitionsFor(request, [two])).toEqual(keys)
  expect(partitionsFor({ day: '2026-01-02', due: '2026-02-02' }, [two])).toEqual(keys.slice(3))
  expect(partitionText(['day', 'due'], keys)).toBe('day=2026-01-01..2026-01-02,due=2026-02-01..2026-02-02')
})

test('what has no partitions is written as a whole', () => {
  expect(partitionsFor('2026-01-01', [whole])).toBeUndefined()
  expect(partitionsFor('2026-01-01', [whole, days])).toEqual(list('2026-01-01'))
})

test('the bounds of a range are those of its first and of its last partition', () => {
  const bounds = boundsOf(days, partitionsFor('2026-01-30..2026-02-02', [days]))
  const values = Object.fromEntries(Object.entries(bounds).map(([name, { value }]) => [name, value]))
  expect(values).toEqual({
    partition_start: '2026-01-30',
    partition_end: '2026-02-03',
    partition_start_day: '2026-01-30',
    partition_end_day: '2026-02-03',
  })
})

test.each([
  ['day=2026-01-01=x', days, 'YYYY-MM-DD'],
  ['day=2026-01-01=', days, 'YYYY-MM-DD'],
  ['day=', days, 'YYYY-MM-DD'],
  ['day', days, 'YYYY-MM-DD'],
  ['=2026-01-01', days, 'names no dimension'],
  ['day==2026-01-01', days, 'YYYY-MM-DD'],
  ['2026-01-01..', days, 'has no last partition'],
  ['..2026-01-01', days, 'has no first partition'],
  ['2026-01-01..2026-01-02..2026-01-03', days, 'a range has a first and a last partition'],
  ['2026-01-02..2026-01-01', days, 'reversed'],
  ['2026-01-01..2026-13-01', days, 'the calendar has no such day'],
  ['1700-01-01..2026-01-01', days, 'a step writes 10000 at most'],
  ['day=2026-01-01,day=2026-01-02', days, "there are 2 values of 'day'"],
  ['2026-01-01,2026-01-02', days, "there are two for 'day'"],
  ['day=2026-01-01', two, "needs a value for 'due'"],
  ['day=2026-01-31..2026-02-01,due=2026-01-01', two, 'outside the bounds'],
  ['month=2026-01-01', days, "no partition dimension 'month'"],
] as const)('%j of %o is none', (partition, asset_, text) => {
  const read = () => {
    checkRequest(partition, [asset_])
    return partitionsFor(partition, [asset_])
  }
  expect(read).toThrow(text)
  try {
    read()
  } catch (error) {
    expect(toLevadaErrors(error)[0]!.code).toBe('PARTITION_UNKNOWN')
  }
})
