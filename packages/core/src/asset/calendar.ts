/** How time is cut into partitions. */
export interface Grain {
  readonly kind: 'hourly' | 'daily' | 'weekly' | 'monthly'
  /** Of moments; without one, times are those of a wall clock. */
  readonly timeZone?: string
  /** How much later than by the calendar each begins: minutes of an hour, hours of a day, days of a week or month. */
  readonly offset?: number
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const units = { hourly: minute, daily: hour, weekly: day, monthly: day } as const

const formats = new Map<string, Intl.DateTimeFormat>()

/** @throws RangeError for a zone that is not known */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(timeZone, made)
  return made
}

/** A moment as the clock on the wall shows it, as if that were UTC. */
export function wallOf({ timeZone }: Pick<Grain, 'timeZone'>, at: number): number {
  if (timeZone === undefined || timeZone === 'UTC') return at
  const parts: Record<string, number> = {}
  for (const { type, value } of formatOf(timeZone).formatToParts(at)) parts[type] = Number(value)
  const { year, month, day: date, hour: hours, minute: minutes, second } = parts as Record<string, number>
  return Date.UTC(year!, month! - 1, date, hours, minutes, second) + (((at % 1000) + 1000) % 1000)
}

/** The first moment at which the clock on the wall shows this or, where it skips it, more. */
export function momentOf(grain: Pick<Grain, 'timeZone'>, wall: number): number {
  if (grain.timeZone === undefined || grain.timeZone === 'UTC') return wall
  const offsets = [wall - day, wall + day].map((at) => wallOf(grain, at) - at)
  const found = offsets
    .map((offset) => wall - offset)
    .filter((at) => wallOf(grain, at) === wall)
    .toSorted((a, b) => a - b)[0]
  if (found !== undefined) return found
  let [before, after] = [wall - Math.max(...offsets), wall - Math.min(...offsets)]
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (wallOf(grain, middle) < wall) before = middle
    else after = middle
  }
  return after
}

const iso = (at: number): string => new Date(at).toISOString()
const shiftOf = ({ kind, offset = 0 }: Grain): number => offset * units[kind]

/** What the clock on the wall shows, with the offset taken off: of hours as time that passes, of the others by the calendar. */
const shifted = (grain: Grain, at: number): number =>
  grain.kind === 'hourly' ? wallOf(grain, at - shiftOf(grain)) : wallOf(grain, at) - shiftOf(grain)

/** `+01:00`: how far the clock on the wall is ahead of UTC. */
function zoneText(grain: Grain, at: number): string {
  const minutes = Math.round((wallOf(grain, at) - at) / minute)
  const two = (n: number): string => String(Math.floor(n)).padStart(2, '0')
  return `${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`
}

/**
 * The value of the partition that a moment (or a time of a wall clock, as if in UTC) belongs to: `2021-05-07T05`, `2021-05-07`,
 * the first day of a week, `2021-05`. Where the clock goes back, the hour that comes again has its distance from UTC:
 * `2021-10-31T02+01:00`.
 */
export function partitionAt(grain: Grain, at: number): string {
  const wall = shifted(grain, at)
  switch (grain.kind) {
    case 'hourly': {
      const text = iso(wall).slice(0, 13)
      const again =
        grain.timeZone !== undefined &&
        grain.timeZone !== 'UTC' &&
        iso(shifted(grain, at - hour)).slice(0, 13) === text
      return again ? text + zoneText(grain, at - shiftOf(grain)) : text
    }
    case 'daily':
      return iso(wall).slice(0, 10)
    case 'weekly': {
      const monday = wall - ((new Date(wall).getUTCDay() + 6) % 7) * day
      return iso(monday + shiftOf(grain)).slice(0, 10)
    }
    case 'monthly':
      return iso(wall).slice(0, 7)
  }
}

const forms = {
  hourly: /^\d{4}-\d\d-\d\dT\d\d([+-]\d\d:\d\d)?$/,
  daily: /^\d{4}-\d\d-\d\d$/,
  weekly: /^\d{4}-\d\d-\d\d$/,
  monthly: /^\d{4}-\d\d$/,
} as const

/** Whether a text has the form of a value; it may still be none, as `2021-02-30`. */
export const hasForm = ({ kind }: Grain, value: string): boolean => forms[kind].test(value)

function startOf(grain: Grain, value: string): number {
  const rest = { hourly: ':00:00Z', daily: 'T00:00:00Z', weekly: 'T00:00:00Z', monthly: '-01T00:00:00Z' }
  const begin = Date.parse(value.slice(0, 13) + rest[grain.kind])
  if (Number.isNaN(begin)) return begin
  if (grain.kind === 'hourly') return momentOf(grain, begin) + shiftOf(grain) + (value.length > 13 ? hour : 0)
  return momentOf(grain, grain.kind === 'weekly' ? begin : begin + shiftOf(grain))
}

/** Whether it is the value of a partition: not the 30th of February, nor an hour that the clock skips. */
export function isPartition(grain: Grain, value: string): boolean {
  if (!hasForm(grain, value)) return false
  const start = partitionStart(grain, value)
  return !Number.isNaN(start) && partitionAt(grain, start) === value
}

/** What was computed for a grain; plans ask the same of many nodes. */
interface Known {
  readonly next: Map<string, string>
  readonly start: Map<string, number>
}
const known = new Map<string, Known>()

function knownOf({ kind, timeZone, offset }: Grain): Known {
  const id = `${kind} ${timeZone} ${offset}`
  const found = known.get(id)
  if (found && found.next.size + found.start.size < 200_000) return found
  const made: Known = { next: new Map(), start: new Map() }
  known.set(id, made)
  return made
}

/** When a partition begins: a moment, or a time of a wall clock as if in UTC. The value has to be one. */
export function partitionStart(grain: Grain, value: string): number {
  const { start } = knownOf(grain)
  const found = start.get(value) ?? startOf(grain, value)
  start.set(value, found)
  return found
}

/** The value of the partition after one. */
export function nextPartition(grain: Grain, value: string): string {
  const { next } = knownOf(grain)
  const found = next.get(value) ?? nextOf(grain, value)
  next.set(value, found)
  return found
}

function nextOf(grain: Grain, value: string): string {
  if (grain.kind === 'hourly') return partitionAt(grain, partitionStart(grain, value) + hour)
  const at = new Date(`${value.slice(0, 10)}${grain.kind === 'monthly' ? '-01' : ''}T00:00:00Z`)
  if (grain.kind === 'monthly') at.setUTCMonth(at.getUTCMonth() + 1)
  else at.setUTCDate(at.getUTCDate() + (grain.kind === 'weekly' ? 7 : 1))
  return at.toISOString().slice(0, grain.kind === 'monthly' ? 7 : 10)
}

/** When a partition ends, which is when the next one begins. */
export const partitionEnd = (grain: Grain, value: string): number =>
  partitionStart(grain, nextPartition(grain, value))

/** About how many partitions there are from one to another, both included; exact but for odd zones. */
export function countPartitions(grain: Grain, first: string, last: string): number {
  if (grain.kind === 'monthly') {
    const months = (value: string): number => Number(value.slice(0, 4)) * 12 + Number(value.slice(5, 7))
    return months(last) - months(first) + 1
  }
  const [from, to] =
    grain.kind === 'hourly'
      ? [partitionStart(grain, first), partitionStart(grain, last)]
      : [Date.parse(first), Date.parse(last)]
  return Math.round((to - from) / { hourly: hour, daily: day, weekly: 7 * day }[grain.kind]) + 1
}

/** Whether a time zone is known here. */
export function isTimeZone(timeZone: string): boolean {
  try {
    formatOf(timeZone)
    return true
  } catch {
    return false
  }
}
