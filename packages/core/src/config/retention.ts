import { z } from 'zod'

/** A time as configuration says it. */
export const durationSchema = (): z.ZodString => z.string(time).regex(/^\d+(s|m|h|d)$/, `expected ${time}`)

const time = 'a time with its unit, such as 30s, 90m, 36h or 7d'
const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

export const durationMs = (text: string): number =>
  Number(text.slice(0, -1)) * unitMs[text.slice(-1) as keyof typeof unitMs]

/** Which versions stay, as a catalog entry and environment.yml say it. */
export interface RetentionWords {
  readonly versions?: number | undefined
  readonly age?: string | undefined
  readonly grace?: string | undefined
}

export const retentionSchema = (): z.ZodType<RetentionWords> =>
  (schema ??= z.strictObject({
    /** The newest so many stay, the current one among them. @default 2 */
    versions: z.int().min(1).optional(),
    /** So does what was current within that time. @default 0d */
    age: durationSchema().optional(),
    /** And so long may a run still read what it began with. @default 24h */
    grace: durationSchema().optional(),
  }))

/** Made when it is first asked for: a schema takes longer than all else that most commands do with configuration. */
let schema: z.ZodType<RetentionWords> | undefined
