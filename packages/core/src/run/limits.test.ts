import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Plan, Step } from '../plan/index.ts'
import { limitedQueue } from './limits.ts'
import { runSteps } from './runner.ts'

const labels = ['tag:a', 'tag:b', 'resource:c']
/** Which of them a step has, and which of the two before it needs. */
const steps = fc.array(fc.record({ has: fc.subarray(labels), needs: fc.subarray([1, 2]) }), { maxLength: 30 })

test('no more steps run at once than a limit lets, all of them run, and as many as may', async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.record({ 'tag:a': fc.integer({ min: 1, max: 3 }), 'resource:c': fc.integer({ min: 1, max: 3 }) }),
      fc.integer({ min: 1, max: 6 }),
      fc.infiniteStream(fc.nat(100)),
      async (given, limits, concurrency, chance) => {
        const plan = {
          steps: given.map(({ needs }, i) => ({
            id: String(i),
            needs: needs.map((back) => String(i - back)).filter((id) => Number(id) >= 0),
          })),
        } as unknown as Plan
        const running = new Map<number, () => void>()
        const done = new Set<number>()
        const queue = limitedQueue(limits, (place) => given[place]!.has)
        const count = (label: string): number =>
          [...running.keys()].filter((place) => given[place]!.has.includes(label)).length
        const run = runSteps(plan, {
          concurrency,
          limited: queue,
          signal: new AbortController().signal,
          execute: ({ id }: Step) =>
            new Promise((resolve) => {
              running.set(Number(id), () => resolve('succeeded'))
            }),
          skip: () => {
            throw new Error('nothing fails')
          },
        })
        const settle = () => new Promise((resolve) => setImmediate(resolve))
        while (done.size < given.length) {
          await settle()
          for (const [label, most] of Object.entries(limits)) expect(count(label)).toBeLessThanOrEqual(most)
          expect(running.size).toBeLessThanOrEqual(concurrency)
          // Whatever waits is held back by something.
          const idle = given.flatMap(({ has }, place) => {
            const isReady = plan.steps[place]!.needs.every((id) => done.has(Number(id)))
            return isReady && !done.has(place) && !running.has(place) ? [has] : []
          })
          for (const has of idle)
            expect(
              running.size === concurrency ||
                Object.entries(limits).some(([label, most]) => has.includes(label) && count(label) === most),
            ).toBe(true)
          const places = [...running.keys()]
          const place = places[chance.next().value % places.length]!
          const end = running.get(place)!
          running.delete(place)
          done.add(place)
          end()
        }
        expect((await run).size).toBe(given.length)
      },
    ),
    { numRuns: 200 },
  )
})
