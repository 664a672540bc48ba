import type { Contract } from './model.ts'

type Partition = Contract['provides'][string]['partitions'][number]

/** How rows are cut, without what bounds them. An offset of 0 is none. */
export const partitionCut = ({ kind, column, timeZone, offset = 0 }: Partition): object => ({
  kind,
  column,
  timeZone,
  offset,
})

/** Which partitions may exist; the order of values says nothing. */
export const boundsOf = ({ start, end, values }: Partition): object => ({
  start,
  end,
  values: values?.toSorted(),
})

/** Whether some partition could exist that can no more. */
export const isNarrower = (old: Partition, now: Partition): boolean =>
  (now.start !== undefined && (old.start === undefined || now.start > old.start)) ||
  (now.end !== undefined && (old.end === undefined || now.end < old.end)) ||
  (old.values ?? []).some((value) => !now.values?.includes(value))

/** `daily flight_date, time zone Europe/Lisbon, offset 4`. */
export function cutText({ kind, column, timeZone, offset = 0 }: Partition): string {
  const zone = timeZone === undefined ? [] : [`time zone ${timeZone}`]
  return [`${kind} ${column}`, ...zone, ...(offset === 0 ? [] : [`offset ${offset}`])].join(', ')
}

const shownValues = 20

/** The same with its bounds: `daily flight_date, start 2001-01-01`, `static origin, 'ATL' 'JFK'`. */
export function partitioningText(partition: Partition): string {
  const { start, end, values = [] } = partition
  const shown = values.slice(0, shownValues).map((value) => `'${value}'`)
  const more = values.length > shownValues ? [`and ${values.length - shownValues} more`] : []
  return [
    cutText(partition),
    ...(start === undefined ? [] : [`start ${start}`]),
    ...(end === undefined ? [] : [`end ${end}`]),
    ...(shown.length === 0 ? [] : [[...shown, ...more].join(' ')]),
  ].join(', ')
}
