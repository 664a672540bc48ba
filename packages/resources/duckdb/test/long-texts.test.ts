import { expect, test } from 'vitest'
import { column, openBench, query, rowsOf } from './harness.ts'

// Texts of more than 12 bytes are read through pointers, many at a time: each shape lays them out in memory differently.
const texts = `select i, case when i % 7 = 3 then null else repeat(chr((97 + i % 26)::int), (i * 37) % 61) || case when i % 5 = 0 then 'ã€😀' else '' end end as t
  from range(20000) r(i)`
const expected = (i: number): string | null =>
  i % 7 === 3 ? null : String.fromCharCode(97 + (i % 26)).repeat((i * 37) % 61) + (i % 5 === 0 ? 'ã€😀' : '')

test.each([
  ['as they are made', texts],
  ['sorted, so that they lie anywhere', `select * from (${texts}) order by hash(i)`],
  ['filtered', `select * from (${texts}) where i % 3 = 1`],
  ['from a join', `select a.i, a.t from (${texts}) a join (${texts}) b on a.i = b.i`],
  [
    'of a few values, repeated',
    `select i, t from (select i, first(t) over (partition by i % 50 order by i) as t, i % 50 as k from (${texts})) `,
  ],
])('long and short texts %s', async (what, sql) => {
  await using bench = await openBench({ threads: 2 })
  const columns = [column('i', 'int'), column('t', 'string')]
  const rows = await rowsOf(await bench.session.read(query(sql), columns))
  expect(rows.length).toBe(what === 'filtered' ? 6667 : 20_000)
  for (const { i, t } of rows) {
    const n = what.startsWith('of a few') ? (i as number) % 50 : (i as number)
    if (t !== expected(n)) expect({ i, t }).toEqual({ i, t: expected(n) })
  }
})

test('texts of megabytes, and lists of texts', async () => {
  await using bench = await openBench()
  const columns = [
    column('big', 'string'),
    column('many', { kind: 'list', item: { type: { kind: 'string' }, nullable: true } }),
  ]
  const sql = `select repeat('x', i * 100000) as big, list_transform(range(i * 10), lambda j: 'item number ' || j) as many from range(1, 25) r(i)`
  const rows = await rowsOf(await bench.session.read(query(sql), columns))
  expect(rows.map(({ big }) => (big as string).length)).toEqual(
    Array.from({ length: 24 }, (_, i) => (i + 1) * 1e5),
  )
  for (const [i, { many }] of rows.entries())
    expect(many).toEqual(Array.from({ length: (i + 1) * 10 }, (_, j) => `item number ${j}`))
})
