import type { Relation } from '../engine/index.ts'
import type { Column } from '../schema/index.ts'
import { rowsTable } from '../run/check-sql.ts'
import { collectRows, type Row } from '../run/rows.ts'
import { asking, counted, firstRows, overRows, type Ask } from './ask.ts'
import type { From } from './read-from.ts'

/** More values, or longer ones, are no enum. */
const most = { values: 10, length: 40 }
/** In fewer rows, and of rarer values, nobody knows whether there are more. */
const least = { rows: 100, rowsPerValue: 20 }

/** The values of texts that have only a few, each many times. */
export async function fewValues(
  from: From,
  typed: Relation,
  columns: readonly Column[],
  rows: number,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { identifier } = from.engine.dialect
  const found = new Map<string, readonly string[]>()
  const texts = columns.filter(({ type }) => type.kind === 'string')
  if (rows < least.rows || texts.length === 0) return found
  const count = (ask: Ask, some: readonly Column[]): Promise<Row> =>
    ask(
      some.flatMap(({ name }, i) => [
        `count(distinct ${identifier(name)}) as d${i}`,
        `min(length(${identifier(name)})) as s${i}`,
        `max(length(${identifier(name)})) as l${i}`,
      ]),
      some.flatMap((_, i) => ['d', 's', 'l'].map((kind) => counted(`${kind}${i}`))),
    )
  const isFew = (row: Row, i: number, fewest: number): boolean => {
    const [distinct, shortest, longest] = ['d', 's', 'l'].map((kind) => Number(row[`${kind}${i}`])) as [
      number,
      number,
      number,
    ]
    return (
      distinct >= fewest &&
      distinct <= Math.min(most.values, rows / least.rowsPerValue) &&
      shortest > 0 &&
      longest <= most.length
    )
  }
  // Of two values the first rows may have one.
  const first = await count(asking(from, firstRows(typed)), texts)
  const perhaps = texts.filter((_, i) => isFew(first, i, 1))
  if (perhaps.length === 0) return found
  const all = await count(asking(from, typed), perhaps)
  for (const { name } of perhaps.filter((_, i) => isFew(all, i, 2))) {
    const column = identifier(name)
    const query = overRows(
      `select ${column} as v, count(*) as n from ${rowsTable} where ${column} is not null group by ${column}`,
      typed,
    )
    const value: Column = { name: 'v', type: { kind: 'string' }, nullable: false }
    const listed = await collectRows(await from.session.read(query, [value, counted('n')]))
    if (listed.some(({ n }) => Number(n) < least.rowsPerValue)) continue
    found.set(
      name,
      listed.map(({ v }) => v as string).toSorted((a, b) => (a < b ? -1 : 1)),
    )
  }
  return found
}
