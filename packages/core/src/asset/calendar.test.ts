import { describe, expect, test } from 'vitest'
import {
  countPartitions,
  isPartition,
  nextPartition,
  partitionAt,
  partitionEnd,
  partitionStart,
  type Grain,
} from './calendar.ts'

const hour = 3_600_000
const hours = (grain: Grain, value: string): number =>
  (partitionEnd(grain, value) - partitionStart(grain, value)) / hour
const moment = (text: string): number => Date.parse(text)

function list(grain: Grain, first: string, last: string): readonly string[] {
  const values: string[] = []
  for (let value = first; value <= last; value = nextPartition(grain, value)) values.push(value)
  return values
}

/** The days of a year by whose end a clock goes otherwise, as Node tells it. */
function changesOf(timeZone: string, year: number): readonly number[] {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset', year: 'numeric' })
  const distance = (at: number): string =>
    format.formatToParts(at).find(({ type }) => type === 'timeZoneName')!.value
  const days = Array.from({ length: 365 }, (_, i) => Date.UTC(year, 0, 1 + i))
  return days.filter((day) => distance(day) !== distance(day + 24 * hour))
}

describe('a grain of time', () => {
  test.each<[Grain, string, string]>([
    [{ kind: 'hourly' }, '2021-05-07T05:59:59Z', '2021-05-07T05'],
    [{ kind: 'hourly', offset: 30 }, '2021-05-07T05:29:00Z', '2021-05-07T04'],
    [{ kind: 'daily' }, '2021-05-07T23:59:59Z', '2021-05-07'],
    [{ kind: 'daily', offset: 4 }, '2021-05-07T03:59:59Z', '2021-05-06'],
    [{ kind: 'daily', timeZone: 'America/New_York' }, '2021-05-07T03:59:59Z', '2021-05-06'],
    [{ kind: 'daily', timeZone: 'Asia/Kolkata' }, '2021-05-06T18:30:00Z', '2021-05-07'],
    [{ kind: 'weekly' }, '2022-01-02T12:00:00Z', '2021-12-27'],
    [{ kind: 'weekly' }, '2022-01-03T00:00:00Z', '2022-01-03'],
    [{ kind: 'weekly', offset: 6 }, '2022-01-02T12:00:00Z', '2022-01-02'],
    [{ kind: 'monthly' }, '2021-05-31T23:00:00Z', '2021-05'],
    [{ kind: 'monthly', offset: 14 }, '2021-05-14T23:00:00Z', '2021-04'],
    [{ kind: 'monthly', offset: 14 }, '2021-05-15T00:00:00Z', '2021-05'],
  ])('%o has %s in %s', (grain, at, value) => {
    expect(partitionAt(grain, moment(at))).toBe(value)
    expect(partitionStart(grain, value)).toBeLessThanOrEqual(moment(at))
    expect(partitionEnd(grain, value)).toBeGreaterThan(moment(at))
  })

  test('Q10: January 2022 has 744 hours, 31 days and 4 weeks that begin on a Sunday, the year 12 months', () => {
    const sunday: Grain = { kind: 'weekly', offset: 6 }
    expect(list({ kind: 'hourly' }, '2022-01-01T00', '2022-01-31T23')).toHaveLength(744)
    expect(countPartitions({ kind: 'hourly' }, '2022-01-01T00', '2022-01-31T23')).toBe(744)
    expect(list({ kind: 'daily' }, '2022-01-01', '2022-01-31')).toHaveLength(31)
    expect(list(sunday, '2022-01-02', '2022-01-23')).toEqual([
      '2022-01-02',
      '2022-01-09',
      '2022-01-16',
      '2022-01-23',
    ])
    expect(isPartition(sunday, '2022-01-03')).toBe(false)
    expect(list({ kind: 'weekly' }, '2022-01-03', '2022-01-24')).toHaveLength(4)
    expect(list({ kind: 'monthly' }, '2022-01', '2022-12')).toHaveLength(12)
    expect(countPartitions({ kind: 'monthly' }, '2022-01', '2022-12')).toBe(12)
  })

  test('days on which clocks change have 23 and 25 hours', () => {
    const [day, hourly] = [
      { kind: 'daily', timeZone: 'Europe/Lisbon' },
      { kind: 'hourly', timeZone: 'Europe/Lisbon' },
    ] as const
    expect(['2021-03-27', '2021-03-28', '2021-10-31'].map((value) => hours(day, value))).toEqual([24, 23, 25])
    const spring = list(hourly, '2021-03-28T00', '2021-03-28T23')
    expect(spring).toHaveLength(23)
    expect(spring).not.toContain('2021-03-28T01')
    expect(isPartition(hourly, '2021-03-28T01')).toBe(false)
    const autumn = list(hourly, '2021-10-31T00', '2021-10-31T23')
    expect(autumn).toHaveLength(25)
    expect(autumn.slice(1, 4)).toEqual(['2021-10-31T01', '2021-10-31T01+00:00', '2021-10-31T02'])
    expect(autumn.toSorted()).toEqual(autumn)
    expect(isPartition(hourly, '2021-10-31T02+00:00')).toBe(false)
    expect(countPartitions(hourly, '2021-10-31T00', '2021-10-31T23')).toBe(25)
  })

  test.each([
    // At midnight there is no clock time: it goes from 23:59 to 01:00.
    ['America/Sao_Paulo', '2017-10-15', '2017-10-15T03:00:00Z', 23],
    ['America/Havana', '2019-11-03', '2019-11-03T04:00:00Z', 25],
    ['Australia/Lord_Howe', '2021-04-04', '2021-04-03T13:00:00Z', 24.5],
  ])('%s: the day %s begins at %s and has %d hours', (timeZone, value, start, length) => {
    const grain: Grain = { kind: 'daily', timeZone }
    expect(partitionStart(grain, value)).toBe(moment(start))
    expect(hours(grain, value)).toBe(length)
  })

  test.each([
    ['Europe/Lisbon', 2],
    ['America/Sao_Paulo', 2],
    ['Australia/Lord_Howe', 2],
    ['Africa/Casablanca', 4],
    ['UTC', 0],
  ])('hours of %s follow one another without a gap, and their texts are in order', (timeZone, count) => {
    const changes = changesOf(timeZone, 2016)
    expect(changes).toHaveLength(count)
    for (const at of [moment('2016-12-31T00:00:00Z'), ...changes])
      for (const offset of [0, 20]) {
        const grain: Grain = { kind: 'hourly', timeZone, offset }
        let value = partitionAt(grain, at - 72 * hour)
        for (let i = 0; i < 144; i++) {
          const next = nextPartition(grain, value)
          const [start, end] = [partitionStart(grain, value), partitionStart(grain, next)]
          if (
            next <= value ||
            end <= start ||
            partitionAt(grain, start) !== value ||
            partitionAt(grain, end - 1) !== value
          )
            expect.fail(`${timeZone} +${offset}: ${value} is not before ${next}`)
          value = next
        }
        expect(isPartition(grain, value)).toBe(true)
      }
  })

  test.each<[Grain['kind'], string]>([
    ['daily', '2021-02-29'],
    ['daily', '2021-13-01'],
    ['daily', '2021-1-1'],
    ['weekly', '2021-05-04'],
    ['monthly', '2021-00'],
    ['monthly', '2021-05-01'],
    ['hourly', '2021-05-07T24'],
    ['hourly', '2021-05-07T05:00'],
    ['hourly', '2021-05-07T05+00:00'],
  ])('%s has no %s', (kind, value) => {
    expect(isPartition({ kind }, value)).toBe(false)
  })
})
