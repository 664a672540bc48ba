import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { col } from '../schema/index.ts'
import {
  allPartitions,
  mapPartitions,
  readersOf,
  resolveMapping,
  sameAs,
  window,
  type PartitionMapping,
} from './mapping.ts'
import {
  daily,
  dimensionsOf,
  hourly,
  monthly,
  staticValues,
  weekly,
  type Dimension,
  type PartitionBy,
  type PartitionKey,
} from './partition.ts'
import { asset } from './asset.ts'
import { nextPartition } from './calendar.ts'

const timeZone = 'Europe/Lisbon'
const schema = z.object({
  at: col.instant(),
  day: col.date(),
  due: col.date(),
  abc: z.string(),
  xyz: z.string(),
  n: z.int(),
})
const dimensions = (...partitions: readonly PartitionBy<never, never, never>[]): readonly Dimension[] =>
  dimensionsOf(asset('t.t', { schema, partitions }))
const by = (...partitions: readonly unknown[]): readonly Dimension[] => dimensions(...(partitions as never[]))

const letters = staticValues('abc', ['a', 'b', 'c'])
const numbers = staticValues('n', ['1', '2', '3'])
const hours = by(hourly('at', { timeZone: 'UTC' }))
const days = by(daily('at', { timeZone: 'UTC' }))
const months = by(monthly('day'))
const dates = by(daily('day'))

const resolve = (input: readonly Dimension[], output: readonly Dimension[], given: PartitionMapping = {}) =>
  resolveMapping(input, output, given, { node: 'p/n', asset: 't.t' })
const read = (
  input: readonly Dimension[],
  output: readonly Dimension[],
  keys: readonly PartitionKey[],
  given: PartitionMapping = {},
): readonly PartitionKey[] | undefined => mapPartitions(resolve(input, output, given), keys)
const refused =
  (input: readonly Dimension[], output: readonly Dimension[], given: PartitionMapping = {}) =>
  () =>
    resolve(input, output, given)

const list = (name: string, ...values: readonly string[]): readonly PartitionKey[] =>
  values.map((value) => ({ [name]: value }))
const values = (keys: readonly PartitionKey[] | undefined): readonly string[] =>
  keys!.map((key) => Object.values(key).join(' '))

describe('partitions of an input', () => {
  test('Q1: of the same grain they are the same', () => {
    expect(read(dates, dates, list('day', '2021-05-07', '2021-05-08'))).toEqual(
      list('day', '2021-05-07', '2021-05-08'),
    )
  })

  test('Q2: an hour reads the day that it lies in', () => {
    expect(read(days, hours, list('at', '2021-05-07T05'))).toEqual(list('at', '2021-05-07'))
  })

  test('Q4: a day reads its 24 hours', () => {
    const found = values(read(hours, days, list('at', '2021-05-07')))
    expect(found).toHaveLength(24)
    expect([found[0], found.at(-1)]).toEqual(['2021-05-07T00', '2021-05-07T23'])
  })

  test('Q5: months read all of their days', () => {
    const found = values(read(dates, months, list('day', '2021-05', '2021-06', '2021-07')))
    expect(found).toHaveLength(92)
    expect([found[0], found.at(-1)]).toEqual(['2021-05-01', '2021-07-31'])
  })

  test('Q7: a window before reads the day before, none before the first, and within the bounds of a range', () => {
    const before = { day: window(-1, -1) }
    expect(read(dates, dates, list('day', '2021-05-07'), before)).toEqual(list('day', '2021-05-06'))
    const bounded = by(daily('day', { start: '2021-05-05' }))
    expect(read(bounded, dates, list('day', '2021-05-05'), before)).toEqual([])
    expect(read(bounded, dates, list('day', '2021-05-05', '2021-05-06', '2021-05-07'), before)).toEqual(
      list('day', '2021-05-05', '2021-05-06'),
    )
  })

  test('a window of seven days reads each of them once', () => {
    expect(
      values(read(dates, dates, list('day', '2021-05-07', '2021-05-08'), { day: window(-6, 0) })),
    ).toEqual([
      '2021-05-01',
      '2021-05-02',
      '2021-05-03',
      '2021-05-04',
      '2021-05-05',
      '2021-05-06',
      '2021-05-07',
      '2021-05-08',
    ])
  })

  test('Q13: a dimension that the output lacks is read wholly, and the other follows', () => {
    const both = by(letters, numbers)
    expect(values(read(both, by(letters), list('abc', 'a')))).toEqual(['a 1', 'a 2', 'a 3'])
    expect(
      values(
        read(by(letters), both, [
          { abc: 'a', n: '1' },
          { abc: 'a', n: '2' },
        ]),
      ),
    ).toEqual(['a'])
    expect(readersOf(resolve(both, by(letters)), by(letters), [{ abc: 'a', n: '2' }])).toEqual(
      list('abc', 'a'),
    )
    expect(values(readersOf(resolve(by(letters), both), both, list('abc', 'a')))).toEqual([
      'a 1',
      'a 2',
      'a 3',
    ])
  })

  test('Q14: what could be meant in two ways is refused, with what to write', () => {
    const other = by(staticValues('xyz', ['a', 'b', 'c']))
    expect(refused(by(letters), other)).toThrow('is not clear')
    expect(refused(by(letters), other)).toThrow(
      expect.objectContaining({
        code: 'PARTITION_MAPPING',
        hint: "Write as the input mapped(…, { abc: sameAs('xyz') }) or mapped(…, { abc: allPartitions() }).",
      }),
    )
    expect(refused(dates, by(daily('due')))).toThrow('partitioned daily by day, and writes partitions of due')
    expect(read(dates, by(daily('due')), list('due', '2021-05-07'), { day: sameAs('due') })).toEqual(
      list('day', '2021-05-07'),
    )
    expect(read(dates, by(daily('due')), list('due', '2021-05-07'), { day: allPartitions() })).toBeUndefined()
    expect(read(by(letters), by(staticValues('xyz', ['d'])), list('xyz', 'd'))).toBeUndefined()
  })

  test('Q16: an input without partitions is read wholly', () => {
    expect(read([], dates, list('day', '2021-05-07'))).toBeUndefined()
    expect(read(dates, [], [{}])).toBeUndefined()
    expect(read(dates, dates, undefined as never)).toBeUndefined()
  })

  test('Q18: each dimension has its own, the same value and coarser time', () => {
    const input = by(letters, daily('at', { timeZone: 'UTC' }))
    const output = by(letters, hourly('at', { timeZone: 'UTC' }))
    expect(read(input, output, [{ abc: 'a', at: '2026-03-10T09' }])).toEqual([{ abc: 'a', at: '2026-03-10' }])
  })

  test('Q20: a day has 24 hours that read it', () => {
    const found = values(readersOf(resolve(days, hours), hours, list('at', '2026-03-10')))
    expect(found).toHaveLength(24)
    expect([found[0], found.at(-1)]).toEqual(['2026-03-10T00', '2026-03-10T23'])
  })

  test('Q21: a value that is none of the input reads nothing', () => {
    const input = by(staticValues('abc', ['a', 'b']))
    expect(read(input, by(letters), list('abc', 'c'))).toEqual([])
  })

  test('Q22: two mappings one after the other read what both say', () => {
    const [hour, day] = [by(hourly('at', { timeZone: 'UTC' })), by(daily('at', { timeZone: 'UTC' }))]
    const month = by(monthly('at', { timeZone: 'UTC' }))
    const through = read(hour, day, read(day, month, list('at', '2021-02'))!)
    expect(through).toEqual(read(hour, month, list('at', '2021-02')))
    expect(through).toHaveLength(28 * 24)
  })

  test('a day on which clocks change reads 23 or 25 hours', () => {
    const [hour, day] = [by(hourly('at', { timeZone })), by(daily('at', { timeZone }))]
    expect(read(hour, day, list('at', '2021-03-28'))).toHaveLength(23)
    expect(read(hour, day, list('at', '2021-10-31'))).toHaveLength(25)
    expect(read(day, hour, list('at', '2021-10-31T01+00:00'))).toEqual(list('at', '2021-10-31'))
  })

  test('days of another zone are those that share time; dates are those of the zone', () => {
    const [lisbon, kolkata] = [by(daily('at', { timeZone })), by(daily('at', { timeZone: 'Asia/Kolkata' }))]
    expect(values(read(kolkata, lisbon, list('at', '2021-01-10')))).toEqual(['2021-01-10', '2021-01-11'])
    expect(read(dates, lisbon, list('at', '2021-10-31'), { day: sameAs('at') })).toEqual(
      list('day', '2021-10-31'),
    )
    expect(read(lisbon, dates, list('day', '2021-10-31'), { at: sameAs('day') })).toEqual(
      list('at', '2021-10-31'),
    )
  })

  test('weeks that begin on other days share two', () => {
    const [monday, sunday] = [by(weekly('day')), by(weekly('day', { offset: 6 }))]
    expect(values(read(monday, sunday, list('day', '2022-01-02')))).toEqual(['2021-12-27', '2022-01-03'])
    expect(values(read(monday, months, list('day', '2022-01')))).toEqual([
      '2021-12-27',
      '2022-01-03',
      '2022-01-10',
      '2022-01-17',
      '2022-01-24',
      '2022-01-31',
    ])
  })

  test('what is read of unbounded time is named by the other dimensions only', () => {
    expect(read(by(daily('day'), letters), by(letters), list('abc', 'a'))).toEqual([{ abc: 'a' }])
  })

  test('readers are those whose reading has the partition in it, for every mapping', () => {
    const cases: readonly (readonly [
      readonly Dimension[],
      readonly Dimension[],
      PartitionMapping,
      string,
      string,
    ])[] = [
      [dates, dates, { day: window(-6, 0) }, '2021-05-07', '2021-06-20'],
      [dates, dates, { day: window(-3, 2) }, '2021-05-07', '2021-06-20'],
      [dates, months, {}, '2021-03', '2021-09'],
      [dates, months, { day: window(-6, 0) }, '2021-03', '2021-09'],
      [months, dates, { day: window(-1, 0) }, '2021-03-07', '2021-06-20'],
      [by(weekly('day', { offset: 2 })), dates, {}, '2021-03-07', '2021-06-20'],
      [
        by(hourly('at', { timeZone })),
        by(daily('at', { timeZone })),
        { at: window(-3, 1) },
        '2021-10-28',
        '2021-11-03',
      ],
    ]
    for (const [input, output, given, first, last] of cases) {
      const mapping = resolve(input, output, given)
      const name = output[0]!.column
      const outputs = mapPartitions(resolve(output, output), list(name, first))!
      let value = first
      const all: PartitionKey[] = []
      for (; value <= last; value = nextOf(output[0]!, value)) all.push({ [name]: value })
      const reads = all.map((key) => [key[name]!, new Set(values(mapPartitions(mapping, [key])))] as const)
      const middle = reads[Math.floor(reads.length / 2)]!
      for (const read_ of middle[1]) {
        const readers = new Set(values(readersOf(mapping, output, list(input[0]!.column, read_))))
        const inside = reads.filter(([, set]) => set.has(read_)).map(([each]) => each)
        expect([...readers].filter((each) => each >= first && each <= last)).toEqual(inside)
      }
      expect(outputs).toHaveLength(1)
    }
  })

  test.each<[string, () => unknown, string]>([
    ['a dimension that the input lacks', refused(dates, dates, { dya: window(0, 0) }), "Did you mean 'day'?"],
    [
      'one that the output lacks',
      refused(dates, by(letters), { day: window(-1, 0) }),
      "from 'day', which is no partition dimension",
    ],
    [
      'a window of values',
      refused(by(letters), by(letters), { abc: window(-1, 0) }),
      'cannot be mapped by a window',
    ],
    ['values from time', refused(by(letters), dates, { abc: sameAs('day') }), 'cannot be mapped from daily'],
  ])('refuses %s', (_, make, says) => {
    expect(make).toThrow(
      expect.objectContaining({ code: 'PARTITION_MAPPING', message: expect.stringContaining(says) }),
    )
  })

  test('a window reversed is refused where it is written', () => {
    expect(() => window(0, -1)).toThrow(RangeError)
  })
})

const nextOf = ({ kind, type, timeZone: zone }: Dimension, value: string): string =>
  nextPartition(
    { kind: kind as 'daily', ...(type.kind === 'instant' && zone !== undefined && { timeZone: zone }) },
    value,
  )
