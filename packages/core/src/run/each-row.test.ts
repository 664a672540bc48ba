import { expect, test } from 'vitest'
import { eachRow } from './each-row.ts'

async function* parts(closed: { done: boolean }): AsyncGenerator<number[]> {
  try {
    yield []
    yield [1, 2]
    yield []
    yield [3]
  } finally {
    closed.done = true
  }
}

test('eachRow gives every item in order and closes its source', async () => {
  const closed = { done: false }
  const found: number[] = []
  for await (const item of eachRow(() => parts(closed))) found.push(item)
  expect(found).toEqual([1, 2, 3])
  expect(closed.done).toBe(true)
})

test('eachRow closes its source when the reader stops early', async () => {
  const closed = { done: false }
  for await (const item of eachRow(() => parts(closed))) if (item === 1) break
  expect(closed.done).toBe(true)
})

test('eachRow answers calls that do not wait in their order', async () => {
  const rows = eachRow(() => parts({ done: false }))
  const found = await Promise.all([rows.next(), rows.next(), rows.next(), rows.next()])
  expect(found.map(({ value }) => value as number | undefined)).toEqual([1, 2, 3, undefined])
})

test('eachRow passes an error on', async () => {
  const rows = eachRow<number>(async function* () {
    yield [1]
    throw new RangeError('broken')
  })
  expect((await rows.next()).value).toBe(1)
  await expect(rows.next()).rejects.toThrow('broken')
})
