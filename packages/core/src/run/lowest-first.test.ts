import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lowestFirst } from './lowest-first.ts'

test('lowestFirst gives the lowest of what is there, whatever was added and taken before', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(50), { nil: undefined })), (actions) => {
      const heap = lowestFirst()
      let there: number[] = []
      for (const number of actions) {
        if (number === undefined) {
          there.sort((a, b) => a - b)
          const [lowest, ...others] = there
          expect(heap.take()).toBe(lowest)
          there = others
        } else {
          heap.add(number)
          there.push(number)
        }
      }
    }),
  )
})
