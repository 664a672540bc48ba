import { z } from 'zod'
import { didYouMean, LevadaError, throwAll, toLevadaErrors } from '../errors/index.ts'
import type { Config } from './config.ts'
import { timeSpanMs, timeSpanSchema } from './time-span.ts'

/** What jobs.yml says of a job, in one environment. */
export interface JobSettings {
  readonly retries?: {
    readonly count?: number
    readonly delayMs?: number
    readonly backoff?: number
    readonly jitter?: number
  }
  readonly timeoutMs?: number
  readonly stepTimeoutMs?: number
  /** How many runs of it there may be at a time. */
  readonly maxActiveRuns?: number
}

interface RetriesWords {
  readonly count?: number | undefined
  readonly delay?: string | undefined
  readonly backoff?: number | undefined
  readonly jitter?: number | undefined
}

export interface JobWords {
  readonly retries?: number | RetriesWords | undefined
  readonly timeout?: string | undefined
  readonly step_timeout?: string | undefined
  readonly max_active_runs?: number | undefined
}

/** What jobs.yml may say of a job. Made when it is asked for: most commands read no such file. */
export function jobSchema(): z.ZodType<JobWords> {
  const time = timeSpanSchema()
  const count = z.int().min(0).max(999)
  return z.strictObject({
    /** How often a step is tried again that fails of what may pass, or more of that; `{}` is twice, after 30 s and 60 s. */
    retries: z
      .union([
        count,
        z.strictObject({
          count: count.optional(),
          /** Before the first time. */
          delay: time.optional(),
          /** By how much each delay is longer than the one before. */
          backoff: z.number().min(1).max(100).optional(),
          /** Up to which part of it a delay is longer or shorter, by chance. */
          jitter: z.number().min(0).max(1).optional(),
        }),
      ])
      .optional(),
    timeout: time.optional(),
    step_timeout: time.optional(),
    max_active_runs: z.int().min(1).max(1000).optional(),
  })
}

/**
 * What jobs.yml says in an environment, by job. Keys that begin with `_` are values for others.
 * @param jobs of the app
 * @throws CONFIG_INVALID, CONFIG_INTERPOLATION: all at once, with their places
 */
export function jobsOf(config: Config, jobs: readonly string[]): ReadonlyMap<string, JobSettings> {
  const { entries } = config.section('jobs')
  const found = new Map<string, JobSettings>()
  if (entries.size === 0) return found
  const schema = jobSchema()
  const errors: LevadaError[] = []
  for (const [name, { key, value }] of entries) {
    if (name.startsWith('_')) continue
    if (!jobs.includes(name)) {
      errors.push(
        new LevadaError(
          'CONFIG_INVALID',
          `jobs.yml: the app has no job '${name}'.${didYouMean(name, jobs)}`,
          {
            place: key,
            hint:
              jobs.length === 0
                ? `Say in levada.config.ts what it selects: jobs: { ${name}: { select: … } }.`
                : `Jobs of levada.config.ts: ${jobs.join(', ')}.`,
          },
        ),
      )
      continue
    }
    try {
      found.set(name, settingsOf(config.read(value, schema)))
    } catch (error) {
      errors.push(...toLevadaErrors(error))
    }
  }
  throwAll(errors)
  return found
}

function settingsOf({
  retries,
  timeout,
  step_timeout,
  max_active_runs: maxActiveRuns,
}: JobWords): JobSettings {
  const words = typeof retries === 'number' ? { count: retries } : retries
  return {
    ...(words && { retries: retriesOf(words) }),
    ...(timeout !== undefined && { timeoutMs: timeSpanMs(timeout)! }),
    ...(step_timeout !== undefined && { stepTimeoutMs: timeSpanMs(step_timeout)! }),
    ...(maxActiveRuns !== undefined && { maxActiveRuns }),
  }
}

const retriesOf = ({ count, delay, backoff, jitter }: RetriesWords): NonNullable<JobSettings['retries']> => ({
  ...(count !== undefined && { count }),
  ...(delay !== undefined && { delayMs: timeSpanMs(delay)! }),
  ...(backoff !== undefined && { backoff }),
  ...(jitter !== undefined && { jitter }),
})
