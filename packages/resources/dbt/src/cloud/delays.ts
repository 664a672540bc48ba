/** No delay of our own is longer. */
const longestMs = 30_000

/**
 * How long to wait before a request is made again, in milliseconds: twice as long as the time before, and up to half of it less by
 * chance, so that not all come back at once.
 * @param attempt how many have failed, from 1
 * @param chance from 0 to 1
 */
export const backoffMs = (firstMs: number, attempt: number, chance: number): number =>
  Math.min(firstMs * 2 ** (attempt - 1), Math.max(firstMs, longestMs)) * (1 - chance / 2)

/**
 * What a `Retry-After` asks for, in milliseconds: seconds, or a date, which is read by the clock of the server that wrote it.
 * Undefined when there is none that can be read.
 */
export function retryAfterMs(headers: Headers): number | undefined {
  const wanted = headers.get('retry-after')?.trim()
  if (wanted === undefined || wanted === '') return undefined
  if (/^\d+(\.\d+)?$/.test(wanted)) return Number(wanted) * 1000
  const at = Date.parse(wanted)
  if (Number.isNaN(at)) return undefined
  const now = Date.parse(headers.get('date') ?? '')
  return Math.max(0, at - (Number.isNaN(now) ? Date.now() : now))
}
