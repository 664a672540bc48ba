import { expect, test } from 'vitest'
import { reasonFor } from '../src/reason.ts'

test.each([
  [-1116, 'left 19 hours before its time'],
  [1688, 'left 28 hours late: probably the wrong day'],
])('reasonFor(%i)', (delay_minutes, reason) => {
  expect(reasonFor({ delay_minutes })).toBe(reason)
})
