import { z } from 'zod'
import { reader, type CloudHttp } from './http.ts'
import { checked, checkId, type CloudId } from './options.ts'
import { runSchema, statusCode, type CloudRun, type CloudStatus } from './run.ts'

/** Which runs are listed: all of the account, when nothing is said. */
export interface ListRunsOptions {
  readonly jobId?: CloudId
  readonly status?: Exclude<CloudStatus, 'unknown'>
  /** How many at most, from the newest on. @default all */
  readonly limit?: number
  readonly signal?: AbortSignal | undefined
}

/** dbt Cloud gives no more at a time. */
const pageSize = 100

const optionsSchema = z.strictObject({
  status: z.enum(['queued', 'starting', 'running', 'success', 'error', 'cancelled']).optional(),
  limit: z.int().min(1).optional(),
})

/** Runs, the newest first, page by page as they are taken. */
export async function* listPages(
  http: CloudHttp,
  { signal, jobId: job, ...options }: ListRunsOptions,
  what = 'list runs',
): AsyncGenerator<CloudRun> {
  const { status, limit = Infinity } = checked(optionsSchema, options, 'listRuns')
  const jobId = job === undefined ? undefined : checkId('jobId', job)
  const read = reader(
    z.object({
      data: z.array(runSchema(http.origin, http.accountId)),
      extra: z
        .object({ pagination: z.object({ total_count: z.number() }) })
        .optional()
        .catch(undefined),
    }),
  )
  let left = limit
  let oldest = Infinity
  for (let offset = 0; left > 0;) {
    const size = Math.min(pageSize, left)
    const { data, extra } = await http.ask({
      what,
      path: 'runs/',
      query: {
        job_definition_id: jobId,
        status: status && statusCode(status),
        order_by: '-id',
        include_related: 'trigger',
        limit: size,
        offset,
      },
      read,
      signal,
    })
    for (const run of data) {
      // Runs that were made meanwhile push others to the next page, where they come once more.
      if (run.id >= oldest) continue
      oldest = run.id
      left--
      yield run
      if (left === 0) return
    }
    offset += data.length
    const total = extra?.pagination.total_count
    if (data.length === 0 || (total === undefined ? data.length < size : offset >= total)) return
  }
}
