import { expect, inject, test } from 'vitest'
import { openCrashBench } from '../src/bench.ts'
import { openDatabases } from '../src/databases.ts'
import { killAll, placesOf } from '../src/matrix.ts'

test(
  'whatever kills a run or cuts its connection, readers see whole versions, and it can be ended as if nothing had been',
  { timeout: 300_000 },
  async () => {
    await using databases = await openDatabases(inject('postgres'))
    await using bench = await openCrashBench('postgres', { databases })
    console.log(`postgres: 16 of ${placesOf(bench, 7).length} places, ${bench.ops.length} points`)
    expect(bench.ops.filter(({ name }) => name === 'postgres query').length).toBeGreaterThan(300)
    const wrong: string[] = []
    let resumed = 0
    await killAll(bench, placesOf(bench, 7, 16), 7, ({ where }, outcome) => {
      if (outcome.resumed) resumed++
      wrong.push(...outcome.wrong.map((text) => `${JSON.stringify(where)}: ${text}`))
    })
    expect(wrong).toEqual([])
    expect(resumed).toBeGreaterThan(0)
  },
)
