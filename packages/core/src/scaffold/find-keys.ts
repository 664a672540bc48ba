import type { Relation } from '../engine/index.ts'
import type { Column } from '../schema/index.ts'
import type { Row } from '../run/rows.ts'
import { asking, counted, firstRows, sampleRows, type Ask } from './ask.ts'
import type { From } from './read-from.ts'

const keyKinds = new Set(['bigint', 'int', 'string', 'uuid', 'date', 'timestamp', 'instant'])

/** Sets that are proven on all rows; each costs a pass over them. */
const mostProven = 10

/** Columns that tell rows apart, else pairs of them; guessed from the first rows, proven on all. */
export async function findKeys(
  from: From,
  typed: Relation,
  columns: readonly Column[],
  rows: number,
): Promise<readonly (readonly string[])[]> {
  if (rows < 2) return []
  const { identifier } = from.engine.dialect
  const distinct = (set: readonly string[]): string => {
    const list = set.map(identifier).join(', ')
    return `count(distinct ${set.length === 1 ? list : `(${list})`})`
  }
  const count = (ask: Ask, sets: readonly (readonly string[])[]): Promise<Row> =>
    ask(
      ['count(*) as n', ...sets.map((set, i) => `${distinct(set)} as d${i}`)],
      [counted('n'), ...sets.map((_, i) => counted(`d${i}`))],
    )
  const unique = async (sets: readonly (readonly string[])[]): Promise<readonly (readonly string[])[]> => {
    if (sets.length === 0) return []
    const first = await count(asking(from, firstRows(typed)), sets)
    const perhaps = sets.filter((_, i) => first[`d${i}`] === first['n']).slice(0, mostProven)
    if (perhaps.length === 0 || rows <= sampleRows) return perhaps
    const all = await count(asking(from, typed), perhaps)
    return perhaps.filter((_, i) => all[`d${i}`] === all['n'])
  }
  const names = columns
    .filter(({ type, nullable }) => !nullable && keyKinds.has(type.kind))
    .toSorted((a, b) => rank(a) - rank(b))
    .map(({ name }) => name)
  const single = await unique(names.map((name) => [name]))
  if (single.length > 0) return single
  return await unique(names.flatMap((a, i) => names.slice(i + 1).map((b) => [a, b])))
}

/** Names of identifiers first, moments last. */
function rank({ name, type }: Column): number {
  if (isIdentifier(name)) return 0
  return ['date', 'timestamp', 'instant'].includes(type.kind) ? 2 : 1
}

/** `id`, `order_id`, `customerId`, `iata_code`. */
export const isIdentifier = (name: string): boolean =>
  /(^|[_ -])(id|key|code|uuid)$/i.test(name) || /[a-z](Id|Key|Code)$/.test(name)
