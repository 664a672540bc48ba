const two = (n: number): string => (n < 10 ? `0${n}` : String(n))

/** What cannot be written as ISO text: `infinity`, `-infinity`, years of more than six digits. */
export type Unshowable = undefined

const limit = 366 * 1_000_000

function civil(days: number): string | Unshowable {
  if (days > limit || days < -limit) return undefined
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const m = Math.floor((5 * dayOfYear + 2) / 153)
  const month = m < 10 ? m + 3 : m - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  if (Math.abs(year) > 999_999) return undefined
  const years = String(Math.abs(year)).padStart(4, '0')
  return `${year < 0 ? '-' : ''}${years}-${two(month)}-${two(dayOfYear - Math.floor((153 * m + 2) / 5) + 1)}`
}

const days = new Map<number, string | Unshowable>()

/** `2001-03-04` for days since 1970. */
export function showDay(day: number): string | Unshowable {
  let text = days.get(day)
  if (text === undefined) {
    text = civil(day)
    if (days.size < 65_536) days.set(day, text)
  }
  return text
}

const minutes: string[] = Array.from({ length: 1441 }, (_, i) => `${two(Math.floor(i / 60))}:${two(i % 60)}`)

/** `12:30:00` or `12:30:00.500000` for microseconds of a day. */
export function showClock(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000)
  const rest = micros - seconds * 1_000_000
  const minute = Math.floor(seconds / 60)
  const text = `${minutes[minute]}:${two(seconds - minute * 60)}`
  return rest === 0 ? text : `${text}.${String(rest).padStart(6, '0')}`
}

/**
 * `2001-03-04T12:30:00` for microseconds since 1970, given as the two halves of a 64-bit integer. Within 285 years of 1970
 * a double holds them exactly.
 */
export function showMoment(high: number, low: number): string | Unshowable {
  if (high === 0x7fffffff || high === -0x80000000) return undefined
  let day: number
  let micros: number
  const whole = high * 4_294_967_296 + low
  if (Number.isSafeInteger(whole)) {
    day = Math.floor(whole / 86_400_000_000)
    micros = whole - day * 86_400_000_000
  } else {
    const exact = (BigInt(high) << 32n) | BigInt(low)
    micros = Number(((exact % 86_400_000_000n) + 86_400_000_000n) % 86_400_000_000n)
    day = Number((exact - BigInt(micros)) / 86_400_000_000n)
  }
  const text = showDay(day)
  return text === undefined ? undefined : `${text}T${showClock(micros)}`
}
