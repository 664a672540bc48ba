import { z } from 'zod'

/** `unknown` is a status that came later than this package. */
export type CloudStatus = 'queued' | 'starting' | 'running' | 'success' | 'error' | 'cancelled' | 'unknown'

/** One command of a run; the first ones clone, connect and install. */
export interface CloudStep {
  /** From 1. */
  readonly index: number | undefined
  /** ``Invoke dbt with `dbt build` `` */
  readonly name: string
  readonly status: CloudStatus
  readonly startedAt: string | undefined
  readonly finishedAt: string | undefined
  /** What it printed, its last 1,000 lines; empty while nothing is known of it. */
  readonly logs: string
}

/** A run of a job. Times are ISO 8601 in UTC, such as `2026-11-30T06:00:00.000Z`; undefined before there is one. */
export interface CloudRun {
  readonly id: number
  readonly jobId: number | undefined
  readonly status: CloudStatus
  /** Whether it has come to its end, whatever that is. */
  readonly isFinished: boolean
  /** Whether it has come to its end without a failure. */
  readonly success: boolean
  /** What dbt Cloud says of its status, as when it failed. */
  readonly message: string | undefined
  /** Why it was triggered, where that was asked for. */
  readonly cause: string | undefined
  /** Empty where they were not asked for, as in lists. */
  readonly steps: readonly CloudStep[]
  readonly createdAt: string | undefined
  readonly startedAt: string | undefined
  readonly finishedAt: string | undefined
  /** Its page in dbt Cloud. */
  readonly url: string
}

const statuses = new Map<number, CloudStatus>([
  [1, 'queued'],
  [2, 'starting'],
  [3, 'running'],
  [10, 'success'],
  [20, 'error'],
  [30, 'cancelled'],
])
const ends: readonly CloudStatus[] = ['success', 'error', 'cancelled']

export const statusCode = (status: CloudStatus): number | undefined =>
  statuses.entries().find(([, name]) => name === status)?.[0]

// Fields come and go with versions of dbt Cloud: but for the id each may be missing, or be something else.
const text = z.string().optional().catch(undefined)
const number = z.number().optional().catch(undefined)
const flag = z.boolean().optional().catch(undefined)
const status = z
  .number()
  .catch(0)
  .transform((code): CloudStatus => statuses.get(code) ?? 'unknown')

/** `2026-11-30 06:00:00.123456+00:00`; without a zone it is UTC. */
const time = text.transform((given): string | undefined => {
  if (given === undefined) return undefined
  const iso = given.trim().replace(' ', 'T')
  const date = new Date(/(z|[+-]\d\d:?\d\d)$/i.test(iso) ? iso : `${iso}Z`)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
})

const stepSchema = z
  .object({
    index: number,
    name: z.string().catch(''),
    status,
    started_at: time,
    finished_at: time,
    logs: z.string().catch(''),
  })
  .transform(({ index, name, status, started_at: startedAt, finished_at: finishedAt, logs }): CloudStep => ({
    index,
    name,
    status,
    startedAt,
    finishedAt,
    logs,
  }))

const rawRun = z.object({
  id: z.int().positive(),
  job_definition_id: number,
  project_id: number,
  status,
  is_complete: flag,
  is_success: flag,
  status_message: text,
  trigger: z.object({ cause: text }).optional().catch(undefined),
  run_steps: z.array(stepSchema.optional().catch(undefined)).catch([]),
  created_at: time,
  started_at: time,
  finished_at: time,
  href: text,
})

/** A run as it stands in answers; `origin` and `accountId` make the address of those that have none. */
export const runSchema = (origin: string, accountId: number): z.ZodType<CloudRun> =>
  rawRun.transform((raw): CloudRun => {
    const { status, project_id: projectId, href } = raw
    const page =
      projectId === undefined
        ? `/api/v2/accounts/${accountId}/runs/${raw.id}/`
        : `/deploy/${accountId}/projects/${projectId}/runs/${raw.id}/`
    const isUnknown = status === 'unknown'
    return {
      id: raw.id,
      jobId: raw.job_definition_id,
      status,
      isFinished: isUnknown ? raw.is_complete === true : ends.includes(status),
      success: isUnknown ? raw.is_complete === true && raw.is_success === true : status === 'success',
      message: raw.status_message,
      cause: raw.trigger?.cause,
      steps: raw.run_steps.filter((step) => step !== undefined),
      createdAt: raw.created_at,
      startedAt: raw.started_at,
      finishedAt: raw.finished_at,
      url: URL.parse(href ?? page, origin)?.href ?? new URL(page, origin).href,
    }
  })
