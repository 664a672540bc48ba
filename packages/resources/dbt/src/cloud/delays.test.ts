import { expect, test } from 'vitest'
import { backoffMs, retryAfterMs } from './delays.ts'

test('backoffMs doubles up to 30 s, and is up to half shorter by chance', () => {
  expect([1, 2, 3].map((attempt) => backoffMs(1000, attempt, 0))).toEqual([1000, 2000, 4000])
  expect(backoffMs(1000, 3, 1)).toBe(2000)
  expect(backoffMs(1000, 60, 0)).toBe(30_000)
  expect(backoffMs(90_000, 1, 0)).toBe(90_000)
})

test.each<[string, Record<string, string>, number | undefined]>([
  ['seconds', { 'retry-after': '7' }, 7000],
  ['no seconds', { 'retry-after': '0' }, 0],
  [
    'a date, by the clock of the server',
    { 'retry-after': 'Mon, 30 Nov 2026 06:00:20 GMT', date: 'Mon, 30 Nov 2026 06:00:00 GMT' },
    20_000,
  ],
  [
    'a date that is over',
    { 'retry-after': 'Mon, 30 Nov 2026 05:00:00 GMT', date: 'Mon, 30 Nov 2026 06:00:00 GMT' },
    0,
  ],
  ['what cannot be read', { 'retry-after': 'soon' }, undefined],
  ['nothing', {}, undefined],
])('retryAfterMs reads %s', (_, headers, expected) => {
  expect(retryAfterMs(new Headers(headers))).toBe(expected)
})

test('retryAfterMs reads a date by this clock where the server does not tell its own', () => {
  const ms = retryAfterMs(new Headers({ 'retry-after': new Date(Date.now() + 60_000).toUTCString() }))
  expect(ms).toBeGreaterThan(30_000)
  expect(ms).toBeLessThanOrEqual(60_000)
})
