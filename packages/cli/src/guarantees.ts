import type { GuaranteesRow } from '@levada/core/run'
import { paint, plural } from './style.ts'
import { table } from './table.ts'

/** The table of what holds, by dataset and engine; `where` names the environments, when there are others. */
export function guaranteesText(rows: readonly GuaranteesRow[], where = ''): string {
  const yes = (value: boolean): string => (value ? 'yes' : '-')
  const body = rows.map((row) => [
    row.dataset,
    row.engine,
    row.assets.length === 1 ? row.assets[0]! : plural(row.assets.length, 'asset'),
    row.reads,
    row.writes === 'no' ? '-' : row.writes,
    yes(row.atomic),
    yes(row.partitioned),
    yes(row.versioned),
    yes(row.restorable),
    yes(row.cancellable),
  ])
  const head = [
    'dataset',
    'engine',
    'assets',
    'reads',
    'writes',
    'atomic',
    'partitions',
    'versions',
    'restore',
    'cancel',
  ]
  return `${paint('bold', `guarantees${where && ` in ${where}`}`)}\n${table(head, body, [])}`
}
