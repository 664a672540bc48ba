import { totalmem } from 'node:os'
import { expect, test } from 'vitest'
import { memoryBytes, memorySchema } from './memory-size.ts'

test.each([
  ['64MB', 64e6],
  ['1.5 gb', 1.5e9],
  ['512KiB', 512 * 1024],
  ['2TiB', 2 * 1024 ** 4],
])('%s is %d bytes', (text, bytes) => {
  expect(memorySchema().safeParse(text).success).toBe(true)
  expect(memoryBytes(text)).toBe(bytes)
})

test('a share is one of the memory that the process may have', () => {
  expect(memoryBytes('50%')).toBe(Math.min(totalmem(), process.constrainedMemory() || Infinity) / 2)
})

test.each(['lots', '1', '1 XB', '0MB', '-1GB', '101%'])('%s is no size', (text) =>
  expect(memorySchema().safeParse(text).success).toBe(false),
)
