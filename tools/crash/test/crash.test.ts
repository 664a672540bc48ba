import { expect, test } from 'vitest'
import { openCrashBench } from '../src/bench.ts'
import { killAll, placesOf } from '../src/matrix.ts'
import type { Store } from '../src/scenario.ts'

test.for(['parquet', 'files'] satisfies Store[])(
  '%s: whatever kills a run or fails for it, readers see whole versions, and it can be ended as if nothing had been',
  { timeout: 300_000 },
  async (store) => {
    await using bench = await openCrashBench(store)
    console.log(`${store}: 16 of ${placesOf(bench, 7).length} places, ${bench.ops.length} points`)
    expect(bench.ops.length).toBeGreaterThan(200)
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

test('a run that syncs nothing is found out', { timeout: 300_000 }, async () => {
  await using bench = await openCrashBench('parquet', { syncs: false })
  // Towards the end, where most has been written.
  const places = bench.ops.map((_, point) => ({ where: { point }, power: true })).slice(-8)
  const wrong: string[] = []
  await killAll(bench, places, 1, (_, outcome) => void wrong.push(...outcome.wrong))
  expect(wrong).not.toEqual([])
})
