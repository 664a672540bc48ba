// A server of our own that speaks the part of dbt Cloud's API v2 that the client uses, with the faults that a network and a service have.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What happens to a request in place of its answer. */
export type Fault =
  /** The connection ends before anything is done. */
  | 'drop'
  /** What was asked for is done, and the connection ends before the answer. */
  | 'done and dropped'
  /** It is done, and the connection ends within the answer. */
  | 'done and cut'
  /** It is done, and the answer is half of the JSON. */
  | 'done and truncated'
  /** It is done, and no answer comes. */
  | 'done and silent'
  /** A web page with status 200. */
  | 'page'
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly said?: string }
  /** A text in place of the answer. */
  | { readonly text: string }

export interface Seen {
  /** `POST jobs/42/run/` */
  readonly line: string
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
  readonly atMs: number
}

export interface ServerRun {
  readonly id: number
  readonly job: number
  readonly cause: string
  status: number
  /** The statuses that are left: it moves on to the next each time it is read. */
  readonly ahead: number[]
  readonly retries?: number
}

export interface CloudServer extends AsyncDisposable {
  readonly host: string
  /** The one that is valid; a test changes it to let a client's expire. */
  token: string
  readonly seen: Seen[]
  readonly runs: ServerRun[]
  /** Is called before a request is answered. */
  before: (seen: Seen) => void
  /** The next requests that begin so fail like this, one after the other. */
  fail(line: string, ...faults: readonly Fault[]): void
  /** The lines of all requests so far. */
  lines(): readonly string[]
}

const accountId = 1
/** What runs of each job go through. */
const jobs: Readonly<Record<number, readonly number[]>> = {
  42: [1, 2, 3, 3, 10],
  13: [1, 3, 20],
  /** The one of the README. */
  67890: [1, 10],
  /** Never ends. */
  99: [1, ...Array.from({ length: 100_000 }, () => 3)],
  /** Has statuses that nobody knows yet. */
  7: [1, 4, 11, 10],
}
const names: Readonly<Record<number, string>> = {
  1: 'Queued',
  2: 'Starting',
  3: 'Running',
  10: 'Success',
  20: 'Error',
  30: 'Cancelled',
}
const ends = [10, 20, 30]

export async function startCloud(): Promise<CloudServer> {
  const faults: { readonly line: string; readonly fault: Fault }[] = []
  const runs: ServerRun[] = []
  const seen: Seen[] = []

  function runOf(job: number, cause: string, retries?: number): ServerRun {
    const [status, ...ahead] = jobs[job]!
    const run = { id: 7001 + runs.length, job, cause, status: status!, ahead, ...(retries && { retries }) }
    runs.push(run)
    return run
  }

  const shown = ({ id, job, cause, status, retries }: ServerRun, related: string | null): object => ({
    id,
    account_id: accountId,
    project_id: 5,
    job_definition_id: job,
    status,
    status_humanized: names[status] ?? 'New',
    status_message: status === 20 ? 'Database Error in model orders' : null,
    in_progress: !ends.includes(status),
    is_complete: ends.includes(status),
    is_success: status === 10,
    created_at: '2026-11-30 05:59:58.123456+00:00',
    started_at: status === 1 ? null : '2026-11-30 07:00:00.000000+01:00',
    finished_at: ends.includes(status) ? '2026-11-30 06:05:00.500000' : null,
    href: `https://cloud.getdbt.com/deploy/${accountId}/projects/5/runs/${id}/`,
    trigger: related?.includes('trigger') ? { id: 1, cause } : null,
    run_steps: related?.includes('run_steps') ? stepsOf(status) : [],
    retrying_run_id: retries ?? null,
    a_field_that_came_later: { deep: [1] },
  })
  const stepsOf = (status: number): readonly unknown[] =>
    status < 3
      ? []
      : [
          { index: 1, name: 'Clone Git Repository', status: 10, status_humanized: 'Success', logs: 'cloned' },
          {
            index: 2,
            name: 'Invoke dbt with `dbt build`',
            status,
            status_humanized: names[status],
            logs: null,
          },
          null,
        ]

  type Result = {
    readonly data: unknown
    readonly status?: number
    readonly said?: string
    readonly extra?: object
  }
  const none: Result = { data: null, status: 404, said: 'The requested resource was not found.' }

  function list(query: URLSearchParams): Result {
    const [job, status] = [query.get('job_definition_id'), query.get('status')]
    const all = runs
      .filter(
        (run) =>
          (job === null || run.job === Number(job)) && (status === null || run.status === Number(status)),
      )
      .toSorted((a, b) => b.id - a.id)
    const offset = Number(query.get('offset') ?? 0)
    const limit = Math.min(100, Number(query.get('limit') ?? 100))
    const data = all.slice(offset, offset + limit)
    return {
      data: data.map((run) => shown(run, query.get('include_related'))),
      extra: { filters: { limit, offset }, pagination: { count: data.length, total_count: all.length } },
    }
  }

  function answer({ line, query, body }: Seen): Result {
    const job = /^POST jobs\/(\d+)\/run\/$/.exec(line)?.[1]
    if (job !== undefined) {
      if (!jobs[Number(job)]) return none
      const { cause } = body
      if (typeof cause !== 'string' || cause.length > 255)
        return { data: null, status: 400, said: 'cause: bad' }
      return { data: shown(runOf(Number(job), cause), 'trigger') }
    }
    if (line === 'GET runs/') return list(query)
    const [, method, id, rest] = /^(GET|POST) runs\/(\d+)\/(.*)$/.exec(line) ?? []
    const run = runs.find((each) => each.id === Number(id))
    if (!run) return none
    switch (`${method} ${rest}`) {
      case 'GET ': {
        const data = shown(run, query.get('include_related'))
        run.status = run.ahead.shift() ?? run.status
        return { data }
      }
      case 'POST cancel/':
        if (!ends.includes(run.status)) {
          run.status = 30
          run.ahead.length = 0
        }
        return { data: shown(run, null) }
      case 'POST retry/':
        if (run.status !== 20) return { data: null, status: 400, said: 'Only failed runs can be retried.' }
        return { data: shown(runOf(run.job, 'retry', run.id), null) }
      case 'GET artifacts/':
        return ends.includes(run.status)
          ? { data: ['manifest.json', 'run_results.json', 'compiled/a b/x.sql'] }
          : none
      default:
        return none
    }
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, 'http://localhost')
    const prefix = `/api/v2/accounts/${accountId}/`
    let text = ''
    for await (const piece of request) text += String(piece)
    const line = `${request.method} ${decodeURI(url.pathname.replace(prefix, ''))}`
    const entry: Seen = {
      line,
      query: url.searchParams,
      body: text === '' ? {} : (JSON.parse(text) as Seen['body']),
      atMs: performance.now(),
    }
    seen.push(entry)
    server.before(entry)
    const at = faults.findIndex((each) => line.startsWith(each.line))
    const fault = at < 0 ? undefined : faults.splice(at, 1)[0]!.fault

    const send = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
    }
    const envelope = ({ data, status = 200, said = 'Success!', extra }: Result): string =>
      JSON.stringify({
        status: { code: status, is_success: status === 200, user_message: said, developer_message: '' },
        data,
        ...(extra && { extra }),
      })

    if (fault === 'drop') return void request.socket.destroy()
    if (fault === 'page')
      return send(200, '<!doctype html><title>Maintenance</title>', {
        'content-type': 'text/html; charset=utf-8',
      })
    if (typeof fault === 'object' && 'text' in fault) return send(200, fault.text)
    if (typeof fault === 'object')
      return send(
        fault.status,
        envelope({ data: null, status: fault.status, said: fault.said ?? '' }),
        fault.headers,
      )
    if (!url.pathname.startsWith(prefix)) return send(404, envelope(none))
    // Tokens that are refused come back in some messages.
    const given = request.headers.authorization ?? ''
    if (given !== `Token ${server.token}`)
      return send(401, envelope({ data: null, status: 401, said: `Invalid token: ${given}` }))
    const artifact = /^GET runs\/\d+\/artifacts\/(.+)$/.exec(line)?.[1]
    if (artifact === 'run_results.json') return send(200, '{"results":[]}')
    if (artifact === 'compiled/a b/x.sql')
      return send(200, `select ${url.searchParams.get('step') ?? 'last'}`, { 'content-type': 'text/plain' })

    const result = answer(entry)
    const body = envelope(result)
    if (fault === 'done and silent') return
    if (fault === 'done and dropped') return void request.socket.destroy()
    if (fault === 'done and cut') {
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      })
      response.write(body.slice(0, 20), () => request.socket.destroy())
      return
    }
    send(result.status ?? 200, fault === 'done and truncated' ? body.slice(0, body.length >> 1) : body)
  }

  const http = createServer((request, response) => void respond(request, response))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const server: CloudServer = {
    host: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    token: 'dbtc_s3cr3t',
    seen,
    runs,
    before: () => undefined,
    fail: (line, ...next) => void faults.push(...next.map((fault) => ({ line, fault }))),
    lines: () => seen.map(({ line }) => line),
    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
  return server
}
