import type { Team } from './tables.ts'

/** What goes wrong on a night: a feed has a bad row, a node throws, a run is killed. */
export type Failure =
  | { readonly kind: 'bad row'; readonly feed: string; readonly step: string }
  | { readonly kind: 'throws'; readonly table: string }
  | { readonly kind: 'killed'; readonly team: Team; readonly after: number }

const weekly: readonly (readonly [day: number, Failure])[] = [
  [1, { kind: 'bad row', feed: 'sales.raw_orders', step: 'sales/orders' }],
  [3, { kind: 'throws', table: 'fin.report' }],
  [1, { kind: 'killed', team: 'shop', after: 7 }],
  [4, { kind: 'bad row', feed: 'ship.raw_shipments', step: 'ship/shipments' }],
  [2, { kind: 'bad row', feed: 'web.raw_visits', step: 'web/visits' }],
  [4, { kind: 'throws', table: 'ship.backlog' }],
  [2, { kind: 'throws', table: 'web.event_batches' }],
  [4, { kind: 'killed', team: 'logistics', after: 4 }],
  [0, { kind: 'throws', table: 'sales.segments' }],
  [3, { kind: 'killed', team: 'finance', after: 3 }],
]

/** Two in each week. */
export const failuresOf = (night: number): readonly Failure[] => {
  const week = Math.floor(night / 7)
  return [2 * week, 2 * week + 1].flatMap((i) => {
    const [day, failure] = weekly[i % weekly.length]!
    return day === night % 7 ? [failure] : []
  })
}

/** The step that a failure is one of; a killed run has none. */
export const stepOf = (failure: Failure): string | undefined =>
  failure.kind === 'bad row'
    ? failure.step
    : failure.kind === 'throws'
      ? failure.table.replace('.', '/')
      : undefined
