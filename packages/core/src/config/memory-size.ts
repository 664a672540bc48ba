import { totalmem } from 'node:os'
import { z } from 'zod'

/** A size of memory as configuration says it: `4GB`, `512MiB`, or `80%` of what the process may have. */
export const memorySchema = (): z.ZodString =>
  z.string().check(
    z.regex(/^\d+(\.\d+)?\s*([KMGT]i?B|%)$/i, 'a size such as 4GB or 80%'),
    z.refine((text: string) => Number.parseFloat(text) > 0, 'more than nothing is needed'),
    z.refine(
      (text: string) => !text.endsWith('%') || Number.parseFloat(text) <= 100,
      'at most 100% of the memory',
    ),
  )

/** @returns bytes */
export function memoryBytes(text: string): number {
  const number = Number.parseFloat(text)
  if (text.endsWith('%'))
    return (Math.min(totalmem(), process.constrainedMemory() || Infinity) * number) / 100
  const unit = text.replace(/^[\d.\s]+/, '').toUpperCase()
  return number * (unit[1] === 'I' ? 1024 : 1000) ** ('KMGT'.indexOf(unit[0]!) + 1)
}
