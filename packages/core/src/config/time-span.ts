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
    .string()
    .regex(/^\d{1,9}(ms|s|m|h)$/, 'a time, such as 500ms, 30s, 10m or 2h')
    .refine((text) => timeSpanMs(text) !== undefined, 'more than nothing and less than 25 days')
