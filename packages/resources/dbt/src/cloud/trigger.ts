import { randomUUID } from 'node:crypto'
import { isLevadaError, type LevadaError } from '@levada/core/spi'
import { z } from 'zod'
import { mayBeDone, reader, withDetails, type CloudHttp } from './http.ts'
import { listPages } from './list.ts'
import { checked, checkId, type CloudId } from './options.ts'
import { runSchema, type CloudRun } from './run.ts'

/** What a run does otherwise than its job says; dbt Cloud has these under the same names in snake case. */
export interface TriggerOptions {
  /** Why it runs, as its page tells; an id is added by which the run is found again. 255 characters at most, with that id. @default 'Levada' */
  readonly cause?: string
  readonly gitSha?: string
  readonly gitBranch?: string
  readonly schemaOverride?: string
  readonly dbtVersionOverride?: string
  readonly threadsOverride?: number
  readonly targetNameOverride?: string
  readonly generateDocsOverride?: boolean
  readonly timeoutSecondsOverride?: number
  /** `['dbt seed', 'dbt build --select marts']` */
  readonly stepsOverride?: readonly string[]
  readonly signal?: AbortSignal
}

const word = z.string().min(1).optional()
const optionsSchema = z.strictObject({
  cause: z.string().default('Levada'),
  gitSha: word,
  gitBranch: word,
  schemaOverride: word,
  dbtVersionOverride: word,
  threadsOverride: z.int().positive().optional(),
  targetNameOverride: word,
  generateDocsOverride: z.boolean().optional(),
  timeoutSecondsOverride: z.int().positive().optional(),
  stepsOverride: z.array(z.string().min(1)).min(1).optional(),
})

/** dbt Cloud takes no more characters. */
const longestCause = 255

/** How often a run is looked for before the job is triggered again: it may be made after the connection is gone. */
const looks = 3

/** A cause that no other run has. The mark survives when the text is too long. */
const causeWith = (text: string, mark: string): string =>
  `${text.slice(0, longestCause - mark.length - 1).toWellFormed()} ${mark}`

const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/**
 * Makes one run of a job. Triggering twice makes two runs, so where the answer is lost the run is looked for by its cause before the job is
 * triggered again.
 * @throws RESOURCE_FAILED, CONNECTION_LOST, CONFIG_INVALID, CANCELLED; `details.cause` when it is not known whether there is a run
 */
export async function triggerRun(
  http: CloudHttp,
  job: CloudId,
  { signal, ...given }: TriggerOptions,
): Promise<CloudRun> {
  const jobId = checkId('jobId', job)
  const { cause: text, ...overrides } = checked(optionsSchema, given, 'triggerJob')
  const mark = `[${randomUUID()}]`
  const cause = causeWith(text, mark)
  const request = { what: `trigger job ${jobId}`, signal }
  const body = Object.fromEntries(Object.entries(overrides).map(([name, value]) => [snakeCase(name), value]))
  const read = reader(z.object({ data: runSchema(http.origin, http.accountId) }))
  for (let attempt = 1; ; attempt++)
    try {
      const { data } = await http.ask({
        ...request,
        method: 'POST',
        path: `jobs/${jobId}/run/`,
        body: { cause, ...body },
        read,
        isRepeatable: false,
      })
      return data
    } catch (error) {
      if (!mayBeDone(error)) throw error
      const found = await lookFor(http, jobId, mark, signal).catch((failed: unknown) => {
        throw undecided(error, jobId, cause, failed)
      })
      if (found) return found
      if (!error.retryable || attempt > http.retries)
        throw withDetails(
          error,
          { jobId, cause },
          { message: `${error.message} No run with its cause was found.` },
        )
    }
}

/** The run whose cause has the mark; undefined where there is none, though it was looked for several times. */
async function lookFor(
  http: CloudHttp,
  jobId: number,
  mark: string,
  signal: AbortSignal | undefined,
): Promise<CloudRun | undefined> {
  const what = `look for the run of job ${jobId}`
  for (let look = 1; look <= looks; look++) {
    await http.backOff(look, { what, signal })
    for await (const run of listPages(http, { jobId, signal, limit: 100 }, what))
      if (run.cause?.includes(mark)) return run
  }
  return undefined
}

/** Nobody knows whether the run was made: whoever just tried again might have two. */
function undecided(error: LevadaError, jobId: number, cause: string, failed: unknown): LevadaError {
  const why = isLevadaError(failed) && failed.code !== 'CANCELLED' ? ` ${failed.message}` : ''
  return withDetails(
    error,
    { jobId, cause },
    {
      message: `${error.message} Whether there is a run now is not known.${why}`,
      hint: `Look for a run of job ${jobId} with the cause '${cause}' before it is triggered again.`,
      retryable: false,
    },
  )
}
