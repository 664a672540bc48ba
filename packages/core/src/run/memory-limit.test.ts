import { afterEach, expect, test, vi } from 'vitest'
import { limitMemory, type Limited } from './memory-limit.ts'

const open: Limited[] = []
afterEach(() => {
  for (const limited of open.splice(0)) limited.end()
})

const limit = (step: string, bytes: number) => {
  const stop = vi.fn()
  const limited = limitMemory(step, { bytes, text: '1kB' }, stop)
  open.push(limited)
  return { stop, message: (goesOn: boolean) => limited.error(goesOn)?.message }
}

test('nodes that run beside each other are told at once, with each other', async () => {
  const [first, second, patient] = [limit('a/first', 1000), limit('a/second', 1000), limit('a/patient', 1e12)]
  await vi.waitFor(() => expect(first.stop).toHaveBeenCalledTimes(1), 10_000)
  expect(second.stop).toHaveBeenCalledTimes(1)
  expect(first.message(false)).toMatch(
    /^Step 'a\/first': TypeScript held \d+ MB, more than memory_limit allows, which is 1kB\. Beside it ran a\/second, a\/patient: which of them held it cannot be told\.$/,
  )
  expect(second.message(true)).toMatch(
    /ran a\/first, a\/patient: .* Its node does not look at its `signal` and goes on\.$/,
  )
  expect([patient.stop.mock.calls, patient.message(false)]).toEqual([[], undefined])
})
