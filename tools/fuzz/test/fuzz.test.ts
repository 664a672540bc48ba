import { expect, test } from 'vitest'
import { openBench } from '../src/bench.ts'
import { caseOf, fuzz } from '../src/fuzz.ts'

test('500 seeded cases pass: faults are told with code and place, and what breaks nothing changes nothing', async () => {
  using bench = await openBench()
  const cases = Array.from({ length: 500 }, (_, number) => caseOf(7, number))
  const { failures, rows } = await fuzz(bench, cases)
  expect(
    failures.map(
      ({ failed: { number, mutator, mutated }, why }) => `${number} ${mutator}: ${mutated.done}: ${why}`,
    ),
  ).toEqual([])
  expect(rows.size).toBeGreaterThan(140)
  // A product that refuses everything would fail a good part of them.
  expect(cases.filter(({ mutated }) => mutated.expect.kind !== 'error').length).toBeGreaterThan(100)
})

test('a case is the same whenever it is made', async () => {
  using _ = await openBench()
  for (const number of [0, 40, 170, 333]) {
    const { mutated } = caseOf(3, number)
    expect(caseOf(3, number).mutated).toEqual(mutated)
    expect(caseOf(4, number + 200).mutated).not.toEqual(mutated)
  }
})
