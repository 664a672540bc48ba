import { expect, test } from 'vitest'
import { project } from './project.ts'
import { partitions, sensors } from './sensors.ts'

test('an asset whose partitions are declared in another way is written wholly, not half in each', async () => {
  using app = project(sensors)
  await app.levada('run')
  app.write(
    'sensors.ts',
    sensors['sensors.ts']!.replace("[weekly('seen')]", "[monthly('seen')]").replace(
      "date_trunc('week'",
      "date_trunc('month'",
    ),
  )
  const one = await app.levada('run', 's.weeks', '--partition', '2021-11')
  expect(one.out + one.err).toContain('STALE_SCHEMA')
  expect(one.out + one.err).toContain("'s.weeks' is stored weekly by seen, and declared monthly by seen")
  const { code } = await app.levada('run', 's.weeks')
  expect(code).toBe(0)
  expect(await partitions(app, 's.weeks')).toEqual({ '2021-10': 1, '2021-11': 1 })
})
