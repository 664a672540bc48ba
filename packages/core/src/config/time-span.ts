import { z } from 'zod'

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** `500ms`, `30s`, `10m`, `2h` in milliseconds; undefined when it is none of them, or longer than timers reach: 24 days. */
export function timeSpanMs(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? []
  const ms = Number(count) * unitMs[unit ?? '']!
  return ms > 0 && ms < 2 ** 31 ? ms : undefined
}

/** How long something may take, or is waited for. */
export const timeSpanSchema = (): z.ZodString =>
  z
    .string(time)
    .regex(/^\d{1,9}(ms|s|m|h)$/, { error: `expected ${time}`, abort: true })
    .refine(
      (text) => timeSpanMs(text) !== undefined,
      'expected a time of more than nothing and less than 25 days',
    )

const time = 'a time with its unit, such as 500ms, 30s, 10m or 2h'
