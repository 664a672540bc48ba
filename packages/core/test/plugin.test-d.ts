import type { PartitionKey } from '@levada/core/run'
import { definePlugin, type AroundStep, type Plugin, type StepCall } from '@levada/core/spi'
import { expectTypeOf, test } from 'vitest'

test('a plugin may have nothing but a hook, whose call tells of the attempt', () => {
  const timing = definePlugin('timing', {
    async aroundStep({ step, attempt, signal, log, next }) {
      expectTypeOf(step.id).toBeString()
      expectTypeOf(step.partitions).toEqualTypeOf<readonly PartitionKey[] | undefined>()
      expectTypeOf(step.outputs).toEqualTypeOf<readonly string[]>()
      expectTypeOf(attempt).toBeNumber()
      expectTypeOf(signal.aborted).toBeBoolean()
      log.info('took', { seconds: 1 })
      expectTypeOf(next).toEqualTypeOf<() => Promise<void>>()
      await next()
    },
  })
  expectTypeOf(timing).toEqualTypeOf<Plugin>()
  expectTypeOf<Parameters<AroundStep>>().toEqualTypeOf<[StepCall]>()
})

test('a hook that forgets to wait, or misspells its name, does not compile', () => {
  // @ts-expect-error -- it has to give a promise
  definePlugin('hasty', { aroundStep: ({ next }) => void next() })
  // @ts-expect-error -- there is no such hook
  definePlugin('other', { aroundSteps: async () => {} })
})
