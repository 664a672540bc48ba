import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { project } from './project.ts'
import { partitions, sensors } from './sensors.ts'

describe('partitions of every kind', () => {
  test('a run makes them as the clock on the wall shows, and the hour that comes again is one of its own', async () => {
    using app = project(sensors)
    const { out, code } = await app.levada('run')
    expect(out).toContain('succeeded')
    expect(code).toBe(0)
    expect(await partitions(app, 's.events')).toEqual({
      '2021-10-30T23': 1,
      '2021-10-31T00': 1,
      '2021-10-31T01': 1,
      '2021-10-31T01+00:00': 1,
      '2021-10-31T23': 1,
      '2021-11-01T00': 1,
    })
    expect(await partitions(app, 's.days')).toEqual({
      '2021-10-30 a': 1,
      '2021-10-31 a': 1,
      '2021-10-31 b': 1,
      '2021-11-01 a': 1,
    })
    expect(await partitions(app, 's.weeks')).toEqual({ '2021-10-25': 1, '2021-11-01': 1 })
    expect(await partitions(app, 's.months')).toEqual({ '2021-10': 1, '2021-11': 1 })
    // Nobody takes the folder's name for the value of the column.
    const [version] = readdirSync(join(app.dir, 'data/events/data'))
    expect(readdirSync(join(app.dir, 'data/events/data', version!))[0]).toMatch(/^seen_hour=2021-10-30T23$/)
  })

  test('a day of 25 hours is bound to all of them, and writes what its bounds say', async () => {
    using app = project(sensors)
    await app.levada('run', 's.events')
    const plan = await app.levada('plan', 's.days', '--partition', '2021-10-31', '--json')
    const { steps } = JSON.parse(plan.out) as {
      steps: { inputs: { partitions: { seen: string }[] }[]; partitions: unknown[] }[]
    }
    const hours = steps[0]!.inputs[0]!.partitions.map(({ seen }) => seen)
    expect(hours).toHaveLength(25)
    expect(hours.slice(0, 4)).toEqual([
      '2021-10-31T00',
      '2021-10-31T01',
      '2021-10-31T01+00:00',
      '2021-10-31T02',
    ])
    expect(steps[0]!.partitions).toHaveLength(2)
    const text = await app.levada('plan', 's.days', '--partition', '2021-10-31,sensor=b', '--sql')
    expect(text.out).toContain('25 partitions seen=2021-10-31T00..2021-10-31T23, 21 of them not there')
    expect(text.out).toContain('-- $partition_start = "2021-10-30T23:00:00Z"')
    expect(text.out).toContain('-- $partition_end = "2021-11-01T00:00:00Z"')
    expect(text.out).toContain('writes s.days partition seen=2021-10-31,sensor=b')
  })

  test('a partition is written again by itself, and the others stay', async () => {
    using app = project(sensors)
    await app.levada('run')
    app.write(
      'landing/raw.csv',
      `${sensors['landing/raw.csv']!}2021-10-31T01:40:00Z,b,7\n2021-10-31T00:40:00Z,b,8\n`,
    )
    expect((await app.levada('run', 's.events', '--partition', '2021-10-31T01+00:00')).code).toBe(0)
    expect(await partitions(app, 's.events')).toMatchObject({ '2021-10-31T01': 1, '2021-10-31T01+00:00': 2 })
    // A day stands for the week and for the month that it lies in.
    const plan = await app.levada('plan', 's.weeks s.months', '--partition', '2021-11-03', '--force')
    expect(plan.out).toContain('writes s.weeks partition seen=2021-11-01')
    expect(plan.out).toContain('writes s.months partition seen=2021-11')
    const days = await app.levada('plan', 's.days', '--partition', '2021-10', '--force')
    expect(days.out).toContain('writes s.days 62 partitions seen=2021-10-01..2021-10-31,sensor=a,sensor=b')
  })

  test('one value of a static dimension is written by itself, by the list that the node is given', async () => {
    using app = project(sensors)
    await app.levada('run')
    const only = ['s.days', '--partition', '2021-10-31,sensor=b', '--force'] as const
    expect((await app.levada('plan', ...only, '--sql')).out).toContain('-- $partition_values_sensor = ["b"]')
    const { out, code } = await app.levada('run', ...only)
    expect(out).toContain('s.days: 1 row in 1 partition')
    expect(code).toBe(0)
    const unknown = await app.levada('plan', 's.days', '--partition', 'seen=2021-10-31,sensor=c')
    expect(unknown.err).toContain("'c' is not a value of 's.days'.sensor: there are a, b.")
  })

  test('--partition given twice adds up dimensions, and is refused for one of time', async () => {
    using app = project(sensors)
    const both = await app.levada(
      'plan',
      '+s.days',
      '--partition',
      'seen=2021-10-31',
      '--partition',
      'sensor=a',
    )
    expect(both.out).toContain('partition seen=2021-10-31,sensor=a')
    const two = await app.levada('plan', '+s.days', '--partition', '2021-10-31', '--partition', '2021-11-01')
    expect(two.code).toBe(2)
    expect(two.err).toContain("'2021-10-31,2021-11-01' is no partition: there are two for 'seen'.")
  })

  test('a window reads the days before, and a day that is not there is told', async () => {
    using app = project(sensors)
    await app.levada('run', '--exclude', 's.average')
    const plan = await app.levada('plan', 's.average', '--partition', '2021-11-02')
    expect(plan.out).toContain('seen=2021-11-01..2021-11-02')
    const { out } = await app.levada('run', 's.average', '--partition', '2021-10-31')
    expect(out).toContain('succeeded')
    const rows = JSON.parse(
      (await app.levada('show', 's.average', '--partition', '2021-10-31', '--json')).out,
    ) as { rows: { n: number }[] }
    expect(rows.rows.map(({ n }) => n)).toEqual([5])
  })

  test.each([
    ['2021-03-28T01', 'the calendar has no such hour'],
    ['2021-10-31T25', 'the calendar has no such hour'],
    ['2021-09-30T23', "lies outside the bounds of 's.events'.seen: they start with 2021-10-01"],
    ['2021-10-02..', 'levada backfill takes 2021-10-02.. and ends with the last that is over'],
    ['2999-01-01T00', 'lies in the future; the last that has begun is'],
    ['2021-10-02..2021-10-01', 'is reversed'],
    ['sensor=a', "'s.events' has no partition dimension 'sensor'; it has seen."],
  ])('--partition %s of hours is refused', async (partition, says) => {
    using app = project(sensors)
    const { code, err } = await app.levada('plan', 's.events', '--partition', partition)
    expect(code).toBe(2)
    expect(err).toContain('PARTITION_UNKNOWN')
    expect(err).toContain(says)
  })
})
