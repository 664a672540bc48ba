import { describe, expect, test } from 'vitest'
import { retryDelay, waitFor } from './retries.ts'

const lost = { code: 'CONNECTION_LOST', message: 'lost', hint: 'wait', retryable: true } as const
const wrong = { code: 'SQL_BIND', message: 'wrong', hint: 'correct it' } as const

describe('a step that has failed', () => {
  test('is tried again after delays that grow, until its attempts are used up', () => {
    const retries = { count: 3, delayMs: 1000, jitter: 0 }
    expect([1, 2, 3, 4].map((attempt) => retryDelay(retries, attempt, [lost], 0))).toEqual([
      1000,
      2000,
      4000,
      undefined,
    ])
    expect(retryDelay({ count: 50, delayMs: 1000, jitter: 0 }, 40, [lost], 0)).toBe(3_600_000)
  })
  test('is not when anything of what went wrong stays, or nothing is known', () => {
    for (const errors of [[], [wrong], [lost, wrong]])
      expect(retryDelay({ count: 3 }, 1, errors, 0.5)).toBeUndefined()
  })
  test('waits a little longer or shorter by chance', () => {
    expect([0, 0.5, 1].map((chance) => retryDelay({ count: 1 }, 1, [lost], chance))).toEqual([
      27_000, 30_000, 33_000,
    ])
  })
})

test('who waits is told at once that the run is stopped', async () => {
  const controller = new AbortController()
  const waiting = waitFor(60_000, controller.signal)
  controller.abort()
  expect(await waiting).toBe(false)
  expect(await waitFor(60_000, controller.signal)).toBe(false)
  expect(await waitFor(1, new AbortController().signal)).toBe(true)
})
