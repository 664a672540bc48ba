import { expect, test } from 'vitest'
import { race } from './race.ts'

test(
  'two processes that race for an asset and are paused at random lose nothing, and show no reader half a version',
  { timeout: 120_000 },
  async () => {
    const { told, seen, wrong } = await race(30)
    expect(wrong).toEqual([])
    expect(seen).toBeGreaterThan(0)
    expect(told['kept']).toBeGreaterThan(0)
    expect((told['kept'] ?? 0) + (told['CONFLICT'] ?? 0) + (told['SUPERSEDED'] ?? 0)).toBe(60)
    expect(told['LEASED']).toBeGreaterThan(0)
  },
)
