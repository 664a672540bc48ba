import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { DbtEvent } from './events.ts'
import type { DbtResult } from './result.ts'
import { createRun, type Emit } from './run.ts'

const result = { success: true } as DbtResult
const event = (n: number): DbtEvent => ({ kind: 'text', text: String(n) })
const counting = (count: number, told: { sent: number }) => async (emit: Emit) => {
  for (let n = 0; n < count; n++) {
    await emit(event(n))
    told.sent = n + 1
  }
  return result
}

describe('a run', () => {
  test('gives all events in their order, then its result', async () => {
    const run = createRun(counting(1000, { sent: 0 }))
    const seen: DbtEvent[] = []
    for await (const told of run) seen.push(told)
    expect(seen).toEqual(Array.from({ length: 1000 }, (_, n) => event(n)))
    expect(await run).toBe(result)
  })

  test('goes on without a loop', async () => {
    const told = { sent: 0 }
    expect(await createRun(counting(1000, told))).toBe(result)
    expect(told.sent).toBe(1000)
  })

  test('goes no faster than the loop', async () => {
    const told = { sent: 0 }
    const loop = createRun(counting(10_000, told))[Symbol.asyncIterator]()
    await loop.next()
    await sleep(10)
    expect(told.sent).toBeLessThan(1000)
    await loop.return?.()
  })

  test('goes on when the loop is left', async () => {
    const told = { sent: 0 }
    const run = createRun(counting(10_000, told))
    // oxlint-disable-next-line no-unreachable-loop
    for await (const _ of run) break
    await run
    expect(told.sent).toBe(10_000)
  })

  test('two writers that wait are both woken', async () => {
    const run = createRun(async (emit) => {
      const write = async (): Promise<void> => {
        for (let n = 0; n < 2000; n++) await emit(event(n))
      }
      await Promise.all([write(), write()])
      return result
    })
    let seen = 0
    for await (const _ of run) seen++
    expect(seen).toBe(4000)
  })

  test('throws what kept it from running to the loop, after the last event, and to whoever awaits', async () => {
    const run = createRun(async (emit) => {
      await emit(event(1))
      throw new RangeError('died')
    })
    const seen: DbtEvent[] = []
    const loop = async (): Promise<void> => {
      for await (const told of run) {
        await sleep(5)
        seen.push(told)
      }
    }
    await expect(loop()).rejects.toThrow('died')
    expect(seen).toEqual([event(1)])
    await expect(run).rejects.toThrow('died')
  })

  test('is iterated once', async () => {
    const run = createRun(counting(1, { sent: 0 }))
    for await (const _ of run);
    await expect(run[Symbol.asyncIterator]().next()).rejects.toThrow(TypeError)
  })
})
