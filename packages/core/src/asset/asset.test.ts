import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { col } from '../schema/index.ts'
import {
  allChecks,
  asset,
  between,
  checkPartition,
  daily,
  dimensionsOf,
  hourly,
  notNull,
  partitionBounds,
  partitionId,
  relationship,
  rowCount,
  acceptedValues,
} from './index.ts'

const schema = z.object({
  id: z.int(),
  day: col.date(),
  kind: z.enum(['a', 'b']).nullable(),
  n: z.number().nullable(),
})

describe('asset', () => {
  test('implies checks from its schema, before those of the author', () => {
    const made = asset('d.t', { schema, key: ['id', 'day'], checks: [between('n', 0, 1)] })
    expect(allChecks(made).map(({ name, severity, implied }) => [name, severity, implied])).toEqual([
      ['notNull(id)', 'error', true],
      ['notNull(day)', 'error', true],
      ['acceptedValues(kind)', 'error', true],
      ['unique(id, day)', 'error', true],
      ['between(n, 0, 1)', 'error', false],
    ])
  })

  test('copies its options', () => {
    const tags = ['x']
    const made = asset('d.t', { schema, tags })
    tags.push('y')
    expect(made.tags).toEqual(['x'])
  })

  const wrong =
    (options: object, name = 'd.t') =>
    () =>
      asset(name as 'd.t', { schema, ...options } as never)
  test.each([
    ['a name without domain', wrong({}, 'orders'), 'ASSET_NAME', 'orders'],
    ['a name in capitals', wrong({}, 'Shop.orders'), 'ASSET_NAME', 'Shop.orders'],
    ['no columns', wrong({ schema: z.object({}) }), 'COLUMN_TYPE', 'no columns'],
    ['a key that is no column', wrong({ key: ['ids'] }), 'COLUMN_UNKNOWN', "Did you mean 'id'?"],
    [
      'a key that may be NULL',
      wrong({ key: ['id', 'kind'] }),
      'COLUMN_TYPE',
      'd.t.kind is nullable() and part',
    ],
    ['a check of no column', wrong({ checks: [notNull('m')] }), 'COLUMN_UNKNOWN', "Did you mean 'n'?"],
    [
      'a partition of no column',
      wrong({ partitions: [daily('dy')] }),
      'COLUMN_UNKNOWN',
      "Did you mean 'day'?",
    ],
    ['a partition of no date', wrong({ partitions: [daily('id')] }), 'PARTITION_INVALID', 'col.date()'],
    [
      'a bound that is no day',
      wrong({ partitions: [daily('day', { start: '2001-02-30' })] }),
      'PARTITION_INVALID',
      '2001-02-30',
    ],
    [
      'bounds reversed',
      wrong({ partitions: [daily('day', { start: '2001-03-01', end: '2001-02-01' })] }),
      'PARTITION_INVALID',
      'does not lie before',
    ],
    [
      'one dimension twice',
      wrong({ partitions: [daily('day'), daily('day')] }),
      'PARTITION_INVALID',
      'twice',
    ],
    ['mostly above 1', wrong({ checks: [between('n', 0, 1, { mostly: 2 })] }), 'CHECK_INVALID', 'mostly 2'],
    [
      'a bound without end',
      wrong({ checks: [between('n', -Infinity, 0)] }),
      'CHECK_INVALID',
      'compares with -Infinity',
    ],
    ['a check without bounds', wrong({ checks: [rowCount({})] }), 'CHECK_INVALID', 'no bound'],
    ['a check with bounds reversed', wrong({ checks: [between('n', 1, 0)] }), 'CHECK_INVALID', 'reversed'],
    [
      'a check that accepts nothing',
      wrong({ checks: [acceptedValues('n', [])] }),
      'CHECK_INVALID',
      'accepts no value',
    ],
    [
      'a relationship of uneven columns',
      wrong({ checks: [relationship(['id', 'n'], asset('o.t', { schema }), 'id')] }),
      'CHECK_INVALID',
      'different number',
    ],
  ])('refuses %s', (_, make, code, text) => {
    expect(make).toThrow(expect.objectContaining({ code, message: expect.stringContaining(text) }))
  })
})

describe('partitions', () => {
  const both = asset('d.t', {
    schema: z.object({ day: col.date(), booked: col.date() }),
    partitions: [daily('day', { start: '2001-01-01', end: '2001-07-02' }), daily('booked')],
  })
  const dimensions = dimensionsOf(both)

  test('partitionBounds is half-open', () => {
    expect(partitionBounds(dimensions[0]!, '2001-02-28')).toEqual({ start: '2001-02-28', end: '2001-03-01' })
    expect(partitionBounds(dimensions[0]!, '2001-02-28', '2001-03-02').end).toBe('2001-03-03')
    expect(partitionBounds(dimensions[0]!)).toEqual({ start: '2001-01-01', end: '2001-07-02' })
    expect(partitionBounds(dimensions[1]!)).toEqual({ start: undefined, end: undefined })
  })

  test('options stand in one order, and idle ones not at all', () => {
    const schema = z.object({ at: col.instant() })
    const of = (options: Parameters<typeof hourly>[1]): string =>
      JSON.stringify(asset('d.t', { schema, partitions: [hourly('at', options)] }).partitions)
    expect(of({ end: '2002-01-01T00', offset: 0, timeZone: 'UTC', start: '2001-01-01T00' })).toBe(
      of({ start: '2001-01-01T00', end: '2002-01-01T00', timeZone: 'UTC' }),
    )
    expect(of({ timeZone: 'UTC', unknown: 1 } as never)).toBe(
      '[{"kind":"hourly","column":"at","timeZone":"UTC"}]',
    )
  })

  test('partitionId names every dimension in the order of the asset', () => {
    expect(partitionId(['day', 'booked'], { booked: '2001-01-02', day: '2001-01-01' })).toBe(
      'day=2001-01-01/booked=2001-01-02',
    )
  })

  test.each([
    [{ day: '2001-01-01' }, "needs a value for 'booked'"],
    [{ day: '2001-07-02', booked: '2001-01-01' }, 'outside the bounds'],
    [{ day: '2001-1-1', booked: '2001-01-01' }, 'not a day'],
    [{ dya: '2001-01-01', day: '2001-01-01', booked: '2001-01-01' }, "Did you mean 'day'?"],
  ])('checkPartition refuses %j', (key, text) => {
    expect(() => checkPartition(both, key as Record<string, string>)).toThrow(
      expect.objectContaining({ code: 'PARTITION_UNKNOWN', message: expect.stringContaining(text) }),
    )
  })
})
