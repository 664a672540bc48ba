import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { cloudHttp, reader, type CloudHttp } from './http.ts'
import { listPages, type ListRunsOptions } from './list.ts'
import { checked, checkId, checkOptions, type CloudId, type DbtCloudOptions } from './options.ts'
import { runSchema, type CloudRun } from './run.ts'
import { triggerRun, type TriggerOptions } from './trigger.ts'
import { waitForEnd, type WaitOptions } from './wait.ts'

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined
}

export interface ArtifactOptions extends RequestOptions {
  /** Of which step, from 1. @default the last one */
  readonly step?: number
}

const stepSchema = z.object({ step: z.int().positive().optional() })

/**
 * Runs jobs of dbt Cloud by its Administrative API v2. What may pass (a lost connection, 429, 5xx) is tried again with growing
 * delays, and `Retry-After` is kept to. Methods throw LevadaError: RESOURCE_FAILED, CONNECTION_LOST, CONFIG_INVALID for what
 * was given wrongly, CANCELLED after the signal.
 * @example
 * const client = new DbtCloudClient({ host: 'cloud.getdbt.com', accountId: 1, token: process.env['DBT_CLOUD_TOKEN'] ?? '' })
 * const { id } = await client.triggerJob(42, { cause: 'orders have arrived' })
 * const run = await client.waitForJob(id, { timeoutMs: 3_600_000 })
 * if (!run.success) throw new Error(`${run.message} See ${run.url}`)
 * @see https://docs.getdbt.com/dbt-cloud/api-v2
 */
export class DbtCloudClient {
  // Private to the engine, too: nothing that inspects a client sees its token.
  readonly #http: CloudHttp

  /** @throws CONFIG_INVALID */
  constructor(options: DbtCloudOptions) {
    this.#http = cloudHttp(checkOptions(options))
  }

  /**
   * Makes one run of a job, also where the first answer is lost: the run is found by its cause then.
   * @throws CONNECTION_LOST, RESOURCE_FAILED with `details.cause` when it is not known whether there is a run
   */
  triggerJob(jobId: CloudId, options: TriggerOptions = {}): Promise<CloudRun> {
    return triggerRun(this.#http, jobId, options)
  }

  /**
   * Waits for the end of a run. A run that fails or is cancelled is a result, too: `success` is false.
   * @throws CANCELLED after the signal, RUN_TIMEOUT when the time is over; `details.cancelled` tells whether the run is cancelled
   */
  async waitForJob(runId: CloudId, options: WaitOptions = {}): Promise<CloudRun> {
    const id = checkId('runId', runId)
    return waitForEnd(
      {
        runId: id,
        get: (signal) => this.run(id, { signal }),
        cancel: (signal) => this.cancel(id, { signal }),
        pause: (ms, signal) => sleep(ms, undefined, { signal }),
      },
      options,
    )
  }

  /** A run with its steps and their logs. */
  async run(runId: CloudId, { signal }: RequestOptions = {}): Promise<CloudRun> {
    const id = checkId('runId', runId)
    const query = { include_related: 'trigger,run_steps' }
    const { data } = await this.#http.ask({
      what: `read run ${id}`,
      path: `runs/${id}/`,
      query,
      read: this.#readRun,
      signal,
    })
    return data
  }

  /** Cancels a run. @returns the run, which may need a while to end */
  async cancel(runId: CloudId, { signal }: RequestOptions = {}): Promise<CloudRun> {
    const id = checkId('runId', runId)
    const { data } = await this.#http.ask({
      what: `cancel run ${id}`,
      method: 'POST',
      path: `runs/${id}/cancel/`,
      read: this.#readRun,
      signal,
    })
    return data
  }

  /**
   * Runs again what failed in a run and what was left out for that. @returns the new run
   * @throws CONNECTION_LOST, RESOURCE_FAILED with `details.mayBeDone` when it is not known whether there is one: it is not tried again
   */
  async retry(runId: CloudId, { signal }: RequestOptions = {}): Promise<CloudRun> {
    const id = checkId('runId', runId)
    const { data } = await this.#http.ask({
      what: `retry run ${id}`,
      method: 'POST',
      path: `runs/${id}/retry/`,
      read: this.#readRun,
      signal,
      isRepeatable: false,
    })
    return data
  }

  /**
   * Runs of the account or of one job, the newest first.
   * @example
   * for await (const run of client.listRuns({ jobId: 42, status: 'error', limit: 10 })) console.log(run.url)
   */
  listRuns(options: ListRunsOptions = {}): AsyncGenerator<CloudRun> {
    return listPages(this.#http, options)
  }

  /** The paths of the artifacts that a run has left, such as `run_results.json`. */
  async artifacts(runId: CloudId, { step, signal }: ArtifactOptions = {}): Promise<readonly string[]> {
    const id = checkId('runId', runId)
    const { data } = await this.#http.ask({
      what: `list the artifacts of run ${id}`,
      path: `runs/${id}/artifacts/`,
      query: checked(stepSchema, { step }, 'artifacts'),
      read: reader(z.object({ data: z.array(z.string()) })),
      signal,
    })
    return data
  }

  /**
   * The text of one artifact.
   * @param path one of those that `artifacts` gives
   */
  async artifact(runId: CloudId, path: string, { step, signal }: ArtifactOptions = {}): Promise<string> {
    const id = checkId('runId', runId)
    const names = checked(pathSchema, { path }, 'artifact').path.split('/')
    return this.#http.ask({
      what: `read artifact '${path}' of run ${id}`,
      path: `runs/${id}/artifacts/${names.map(encodeURIComponent).join('/')}`,
      query: checked(stepSchema, { step }, 'artifact'),
      read: (text) => text,
      signal,
      missing: `artifacts(${id}) tells which there are: each step has its own, and they come when it has ended.`,
    })
  }

  readonly #readRun = (text: string): { readonly data: CloudRun } =>
    reader(z.object({ data: runSchema(this.#http.origin, this.#http.accountId) }))(text)
}

/** Neither absolute nor out of the folder: the address would be another. */
const pathSchema = z.object({
  path: z.string().regex(/^(?!\.{0,2}(\/|$))(?!.*\/\.{0,2}(\/|$)).+$/, {
    error: 'the path of an artifact is needed, such as run_results.json',
  }),
})
