import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Plan, Step } from '../plan/index.ts'
import type { StepState } from '../state/index.ts'
import { runSteps } from './runner.ts'

const step = (id: string, needs: readonly string[]): Step => ({ id, needs }) as Step
const planOf = (steps: readonly Step[]): Plan => ({
  env: 'dev',
  selection: '',
  mode: 'changed',
  steps,
  skipped: [],
  asked: {},
  later: [],
  notices: [],
  guarantees: [],
})

interface Trace {
  readonly states: ReadonlyMap<string, StepState>
  readonly started: readonly string[]
  readonly blamed: ReadonlyMap<string, string | undefined>
  readonly most: number
}

async function trace(
  steps: readonly Step[],
  failing: ReadonlySet<string>,
  concurrency: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<Trace> {
  const started: string[] = []
  const done = new Set<string>()
  const blamed = new Map<string, string | undefined>()
  let running = 0
  let most = 0
  const states = await runSteps(planOf(steps), {
    concurrency,
    signal,
    async execute({ id, needs }) {
      for (const need of needs) expect(done.has(need)).toBe(true)
      started.push(id)
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, id.length % 3))
      running--
      if (failing.has(id)) return 'failed'
      done.add(id)
      return 'succeeded'
    },
    skip: ({ id }, _, becauseOf) => blamed.set(id, becauseOf),
  })
  return { states, started, blamed, most }
}

test('a step waits for one that writes other partitions, and runs whether that fails or not', async () => {
  const [one, two, reader] = [
    step('one', []),
    { ...step('two', []), after: ['one'] },
    step('reader', ['two']),
  ]
  const { states, started } = await trace([one, two, reader], new Set(['one']), 4)
  expect(started).toEqual(['one', 'two', 'reader'])
  expect(Object.fromEntries(states)).toEqual({ one: 'failed', two: 'succeeded', reader: 'succeeded' })
})

/** Steps that need only earlier ones. */
const graphs = fc
  .array(fc.array(fc.nat(), { maxLength: 3 }), { maxLength: 12 })
  .map((needs) =>
    needs.map((list, i) =>
      step(`s${'x'.repeat(i)}`, i === 0 ? [] : [...new Set(list.map((n) => `s${'x'.repeat(n % i)}`))]),
    ),
  )

describe('runSteps', () => {
  test('J14: what does not depend on a failure runs, what does is skipped with the failure that began it; one runner or many', async () => {
    await fc.assert(
      fc.asyncProperty(
        graphs,
        fc.array(fc.nat(), { maxLength: 3 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, failures, concurrency) => {
          const failing = new Set(steps.length === 0 ? [] : failures.map((n) => steps[n % steps.length]!.id))
          const { states, started, blamed, most } = await trace(steps, failing, concurrency)
          const blocked = new Set<string>()
          for (const { id, needs } of steps) {
            const isBlocked = needs.some((need) => blocked.has(need) || failing.has(need))
            if (isBlocked) blocked.add(id)
            expect(states.get(id)).toBe(isBlocked ? 'skipped' : failing.has(id) ? 'failed' : 'succeeded')
            if (isBlocked) expect(failing.has(blamed.get(id)!)).toBe(true)
          }
          expect(started).toHaveLength(steps.length - blocked.size)
          expect(most).toBeLessThanOrEqual(concurrency)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('J11: steps that wait for each other end the run with an error', async () => {
    const circle = [step('a', ['b']), step('b', ['a']), step('c', [])]
    await expect(trace(circle, new Set(), 2)).rejects.toThrow(
      'Steps wait for each other, so that none can start: a, b.',
    )
  })

  test('after an abort nothing starts any more', async () => {
    const controller = new AbortController()
    controller.abort()
    const { states, started } = await trace(
      [step('a', []), step('b', ['a'])],
      new Set(),
      2,
      controller.signal,
    )
    expect(started).toEqual([])
    expect([...states.values()]).toEqual(['skipped', 'skipped'])
  })
})
