import { expect, test } from 'vitest'
import { race } from '../src/race.ts'

test(
  'two processes whose clocks differ and that are paused at random lose nothing, and show no reader half a version',
  { timeout: 300_000 },
  async () => {
    const { told, seen, wrong } = await race(30)
    expect(wrong).toEqual([])
    expect(seen).toBeGreaterThan(0)
    const { LEASED: waited = 0, kept = 0, ...failed } = told
    expect(kept).toBeGreaterThan(0)
    expect(waited).toBeGreaterThan(0)
    expect(kept + Object.values(failed).reduce((sum, times) => sum + times, 0)).toBe(60)
    expect(Object.keys(failed).filter((code) => !['SUPERSEDED', 'CONFLICT'].includes(code))).toEqual([])
  },
)
