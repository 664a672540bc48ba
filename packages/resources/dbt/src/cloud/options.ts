import { LevadaError } from '@levada/core/spi'
import { z } from 'zod'

/** What a client of dbt Cloud needs to know. */
export interface DbtCloudOptions {
  /** The access URL of the account without a path: `cloud.getdbt.com`, `ab123.us1.dbt.com`. */
  readonly host: string
  readonly accountId: CloudId
  /** A service token, or a personal one, that may see and run the jobs. It is in no error, no log and no inspected value. */
  readonly token: string
  /** How often a request is made again that failed of something that may pass. @default 6 */
  readonly retries?: number
  /** Before the first time, in milliseconds; each delay is twice the one before, up to 30 s, and up to half of it shorter by chance. @default 1000 */
  readonly retryDelayMs?: number
  /** How long a request may take until all of its answer is there, in milliseconds. @default 60 000 */
  readonly requestTimeoutMs?: number
}

/** The number of an account, job or run, or its digits, as environment variables have them. */
export type CloudId = number | string

/** Timers of JavaScript count no further, in milliseconds. */
export const longestTimerMs: number = 2 ** 31 - 1

const digits = { error: 'the digits of an id are needed' }
const idSchema = z.union(
  [
    z.int().positive(),
    z
      .string()
      .trim()
      .regex(/^\d{1,15}$/, digits),
  ],
  digits,
)

/** Unencrypted only to this machine: the token would be readable on the way. */
const originOf = (host: string): string | undefined => {
  const address = /^https?:\/\//.test(host) ? host : `https://${host}`
  const url = URL.canParse(address) ? new URL(address) : undefined
  const isSafe = url?.protocol === 'https:' || /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url?.hostname ?? '')
  return isSafe && url?.pathname === '/' && url.username === '' ? url.origin : undefined
}

const optionsSchema = z.strictObject({
  host: z
    .string({ error: 'a host such as cloud.getdbt.com is needed' })
    .refine((host) => originOf(host) !== undefined, {
      error: 'a host such as cloud.getdbt.com is needed, without a path, and by https',
    }),
  accountId: idSchema,
  // What cannot stand in a header would be quoted by the error of the one who refuses it.
  token: z
    .string({ error: 'a token is needed' })
    .trim()
    .regex(/^[\x21-\x7e]+$/, { error: 'a token is needed, without blanks' }),
  retries: z.int().min(0).max(100).default(6),
  retryDelayMs: z.number().min(1).max(longestTimerMs).default(1000),
  requestTimeoutMs: z.number().min(1).max(longestTimerMs).default(60_000),
})

export interface CheckedOptions {
  /** `https://cloud.getdbt.com` */
  readonly origin: string
  readonly accountId: number
  readonly token: string
  readonly retries: number
  readonly retryDelayMs: number
  readonly requestTimeoutMs: number
}

/** @throws CONFIG_INVALID */
export function checkOptions(options: DbtCloudOptions): CheckedOptions {
  const { host, accountId, ...rest } = checked(optionsSchema, options, 'DbtCloudClient')
  return { origin: originOf(host)!, accountId: Number(accountId), ...rest }
}

/** @throws CONFIG_INVALID */
export const checkId = (name: 'jobId' | 'runId', value: CloudId): number =>
  Number(checked(z.object({ [name]: idSchema }), { [name]: value }, 'dbt Cloud')[name])

/**
 * A value as its schema has it. No value is quoted: it may be a secret.
 * @throws CONFIG_INVALID
 */
export function checked<T>(schema: z.ZodType<T>, value: unknown, title: string): T {
  const { data, error } = schema.safeParse(value)
  if (!error) return data as T
  const faults = error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  )
  throw new LevadaError('CONFIG_INVALID', `${title}: ${faults.join('; ')}.`)
}
