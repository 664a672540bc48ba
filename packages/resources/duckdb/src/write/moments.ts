/** Days since 1970-01-01 in the proleptic Gregorian calendar, for any year (Hinnant, "chrono-compatible low-level date algorithms"). */
function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** Days of `2001-03-04`, `-0044-03-15`, `12345-01-01`. */
export function parseDay(text: string): number {
  const dash = text.length - 6
  const year = Number(text.slice(0, dash))
  return daysOf(year, Number(text.slice(dash + 1, dash + 3)), Number(text.slice(dash + 4)))
}

/** Microseconds of `12:30`, `12:30:00` or `12:30:00.000001`; a number is exact here. */
export function parseClock(text: string): number {
  const seconds = Number(text.slice(0, 2)) * 3600 + Number(text.slice(3, 5)) * 60 + Number(text.slice(6, 8))
  return seconds * 1_000_000 + (text.length > 9 ? Number(text.slice(9).padEnd(6, '0')) : 0)
}

const dayMicros = 86_400_000_000n

/** Microseconds of `2001-03-04T12:30:00`, with or without `Z`. */
export function parseMoment(text: string): bigint {
  const t = text.indexOf('T')
  const clock = text.endsWith('Z') ? text.slice(t + 1, -1) : text.slice(t + 1)
  return BigInt(parseDay(text.slice(0, t))) * dayMicros + BigInt(parseClock(clock))
}
