import { setTimeout as sleep } from 'node:timers/promises'
import { expectTypeOf, test } from 'vitest'
import { node } from '../src/index.ts'

test('the signal of a node is what fetch and timers take', () => {
  node('wait', {
    inputs: {},
    async run(_, { signal }) {
      expectTypeOf(signal).toExtend<AbortSignal>()
      await fetch('https://example.com/', { signal })
      await sleep(1, undefined, { signal })
    },
  })
})
