import { expect, test } from 'vitest'
import { failure, openBench, query, rowsOf } from './harness.ts'

const column = { name: 'x', type: { kind: 'string' }, nullable: true } as const
const at = (row: number): string =>
  `select case when i = ${row} then error('boom') else i::varchar end as x from range(1000000) t(i)`

test('a statement that fails after a million rows began to flow is an error, not an end', async () => {
  await using bench = await openBench()
  const read = async (): Promise<unknown> => rowsOf(await bench.session.read(query(at(900_000)), [column]))
  const error = await failure(read())
  expect([error.code, error.message]).toEqual(['SQL_FAILED', expect.stringContaining('boom')])
})

test('all rows come when nothing fails, and stopping early is no failure', async () => {
  await using bench = await openBench()
  let rows = 0
  for await (const batch of (await bench.session.read(query(at(-1)), [column])).batches())
    rows += batch.length
  expect(rows).toBe(1_000_000)
  for await (const batch of (await bench.session.read(query(at(900_000)), [column])).rows()) {
    expect(batch.length).toBeGreaterThan(0)
    break
  }
})
