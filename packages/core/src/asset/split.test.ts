import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { col } from '../schema/index.ts'
import { asset } from './asset.ts'
import { daily, dimensionsOf, partitionId, staticValues, type PartitionKey } from './partition.ts'
import { splitPartitions } from './split.ts'

const [day, both] = [[daily('day')], [staticValues('region', ['n', 's', 'w']), daily('day')]].map(
  (partitions) =>
    dimensionsOf(
      asset('t.t', {
        schema: z.object({ day: col.date(), region: z.string() }),
        partitions: partitions as never,
      }),
    ),
) as [ReturnType<typeof dimensionsOf>, ReturnType<typeof dimensionsOf>]
const days = (...list: readonly number[]): readonly PartitionKey[] =>
  list.map((n) => ({ day: `2026-01-${String(n).padStart(2, '0')}` }))

test('days without a gap are one piece, and a gap makes two', () => {
  expect(splitPartitions(day, days(1, 2, 3))).toEqual([days(1, 2, 3)])
  expect(splitPartitions(day, days(3, 1, 5, 2))).toEqual([days(1, 2, 3), days(5)])
  expect(splitPartitions(day, days(1, 2, 3, 4, 5), 2)).toEqual([days(1, 2), days(3, 4), days(5)])
})

test('a value that lacks a day does not move where the others are cut', () => {
  const of = (region: string, ...list: readonly number[]): readonly PartitionKey[] =>
    days(...list).map((key) => ({ region, ...key }))
  const pieces = splitPartitions(
    both,
    [...of('n', 1, 2, 3, 4, 5, 6), ...of('s', 2, 3, 4, 5, 6), ...of('w', 4)],
    2,
  )
  const texts = pieces.map((piece) =>
    piece.map((key) => `${key['region']}${Number(key['day']!.slice(8))}`).join(' '),
  )
  expect(texts.toSorted()).toEqual(['n1 n2', 'n3 s3 n4 s4', 'n5 s5 n6 s6', 's2', 'w4'])
})

test('every piece is all combinations of its values, and together they are all partitions, each once', () => {
  const names = both.map(({ column }) => column)
  const key = fc.record({ n: fc.integer({ min: 1, max: 9 }), region: fc.constantFrom('n', 's', 'w') })
  fc.assert(
    fc.property(fc.uniqueArray(key, { selector: ({ n, region }) => n + region, minLength: 1 }), (some) => {
      const keys = some.map(({ n, region }) => ({ ...days(n)[0]!, region }))
      const pieces = splitPartitions(both, keys)
      const id = (each: PartitionKey): string => partitionId(names, each)
      expect(pieces.flat().map(id).toSorted()).toEqual(keys.map(id).toSorted())
      for (const piece of pieces) {
        const [ns, regions] = [
          [...new Set(piece.map((each) => Number(each['day']!.slice(8))))].toSorted((a, b) => a - b),
          new Set(piece.map((each) => each['region'])),
        ]
        expect(piece).toHaveLength(ns.length * regions.size)
        expect(ns.at(-1)! - ns[0]! + 1).toBe(ns.length)
      }
    }),
  )
})
