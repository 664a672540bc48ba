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

test('eachRow answers a call that comes while others wait behind them', async () => {
  const rows = eachRow(async function* () {
    yield ['a']
    yield ['b', 'c', 'd']
  })
  const first = [rows.next(), rows.next(), rows.next()]
  await first[0]
  const found = await Promise.all([...first, rows.next()])
  expect(found.map(({ value }) => value as string)).toEqual(['a', 'b', 'c', 'd'])
})

test('eachRow that is closed before its first item opens nothing', async () => {
  let opened = false
  const rows = eachRow<number>(() => {
    opened = true
    return parts({ done: false })
  })
  await rows.return!()
  expect(await rows.next()).toEqual({ done: true, value: undefined })
  expect(opened).toBe(false)
})

test('eachRow that is closed while it waits gives nothing more', async () => {
  const rows = eachRow(() => parts({ done: false }))
  const waiting = rows.next()
  await rows.return!()
  await waiting
  expect((await rows.next()).done).toBe(true)
})

test('eachRow passes an error on', async () => {
  const rows = eachRow<number>(async function* () {
    yield [1]
    throw new RangeError('broken')
  })
  expect((await rows.next()).value).toBe(1)
  await expect(rows.next()).rejects.toThrow('broken')
})
