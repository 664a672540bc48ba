import { inspect } from 'node:util'
import { isLevadaError, type LevadaError } from '@levada/core/spi'
import { expect, test } from 'vitest'
import { DbtCloudClient, type CloudRun, type DbtCloudOptions } from '../src/cloud/index.ts'
import { startCloud, type CloudServer, type Fault } from './cloud-server.ts'

const token = 'dbtc_s3cr3t'
const fast = { retryDelayMs: 4, retries: 3 }

const clientOf = (cloud: CloudServer, options: Partial<DbtCloudOptions> = {}): DbtCloudClient =>
  new DbtCloudClient({ host: cloud.host, accountId: 1, token, ...fast, ...options })

async function taken<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

async function failure(promise: Promise<unknown>): Promise<LevadaError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!isLevadaError(error)) throw new Error(`no error of Levada: ${inspect(error)}`)
  // Whatever went wrong, who reads of it cannot use the token.
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(token)
  expect(error.hint).not.toBe('')
  return error
}

test('triggerJob and waitForJob: a job runs, its progress is told, its artifacts are read', async () => {
  await using cloud = await startCloud()
  const client = clientOf(cloud)
  const triggered = await client.triggerJob(42, {
    cause: 'orders have arrived',
    gitBranch: 'main',
    schemaOverride: 'ci',
    threadsOverride: 4,
    stepsOverride: ['dbt seed', 'dbt build'],
  })
  expect(triggered).toMatchObject({ id: 7001, jobId: 42, status: 'queued', isFinished: false })
  expect(cloud.seen[0]!.body).toEqual({
    cause: triggered.cause,
    git_branch: 'main',
    schema_override: 'ci',
    threads_override: 4,
    steps_override: ['dbt seed', 'dbt build'],
  })
  expect(triggered.cause).toMatch(/^orders have arrived \[[-0-9a-f]{36}\]$/)

  const progress: string[] = []
  const run = await client.waitForJob(triggered.id, {
    pollMs: 10,
    onProgress: ({ status, steps }) => progress.push(`${status} ${steps.length}`),
  })
  expect(progress).toEqual(['queued 0', 'starting 0', 'running 2', 'success 2'])
  expect(run).toMatchObject({
    status: 'success',
    success: true,
    createdAt: '2026-11-30T05:59:58.123Z',
    startedAt: '2026-11-30T06:00:00.000Z',
    finishedAt: '2026-11-30T06:05:00.500Z',
    url: 'https://cloud.getdbt.com/deploy/1/projects/5/runs/7001/',
  })
  expect(run.steps[1]).toMatchObject({ index: 2, name: 'Invoke dbt with `dbt build`', status: 'success' })

  expect(await client.artifacts(run.id)).toContain('run_results.json')
  expect(await client.artifact(run.id, 'run_results.json')).toBe('{"results":[]}')
  expect(await client.artifact(run.id, 'compiled/a b/x.sql', { step: 2 })).toBe('select 2')
})

test('waitForJob: a run that fails is a result, and can be retried', async () => {
  await using cloud = await startCloud()
  const client = clientOf(cloud)
  const { id } = await client.triggerJob('13')
  const run = await client.waitForJob(id, { pollMs: 10 })
  expect(run).toMatchObject({ status: 'error', success: false, message: 'Database Error in model orders' })
  expect(await client.retry(id)).toMatchObject({ id: id + 1, jobId: 13, status: 'queued' })
})

test('waitForJob: statuses that nobody knows are waited through', async () => {
  await using cloud = await startCloud()
  const client = clientOf(cloud)
  const { id } = await client.triggerJob(7)
  const statuses: string[] = []
  const run = await client.waitForJob(id, { pollMs: 10, onProgress: ({ status }) => statuses.push(status) })
  expect(statuses).toContain('unknown')
  expect(run.status).toBe('success')
})

test.each<Fault>(['done and dropped', 'done and cut', 'done and truncated', 'done and silent'])(
  'triggerJob: one run, when the server makes it and the answer is lost: %s',
  async (fault) => {
    await using cloud = await startCloud()
    cloud.fail('POST jobs/42/run/', fault)
    const client = clientOf(cloud, { requestTimeoutMs: 300 })
    const run = await client.triggerJob(42)
    expect(run).toMatchObject({ id: 7001, jobId: 42 })
    expect(cloud.runs).toHaveLength(1)
    expect(cloud.lines().filter((line) => line.startsWith('POST'))).toHaveLength(1)
  },
)

test('triggerJob: the run is found among others of the job, and when it comes late', async () => {
  await using cloud = await startCloud()
  const client = clientOf(cloud)
  await client.triggerJob(42)
  cloud.fail('POST jobs/42/run/', 'done and dropped')
  // At the first look the run is not there yet.
  let late: CloudServer['runs'] = []
  let looks = 0
  cloud.before = ({ line }) => {
    if (line !== 'GET runs/') return
    looks++
    if (looks === 1) late = cloud.runs.splice(1)
    else cloud.runs.push(...late.splice(0))
  }
  expect(await client.triggerJob(42)).toMatchObject({ id: 7002 })
  expect(looks).toBe(2)
  expect(cloud.runs).toHaveLength(2)
})

test.each<Fault>(['drop', 'page', { status: 503 }, { status: 500, said: 'Oops' }])(
  'triggerJob: triggers again, with the same cause, when there is no run: %j',
  async (fault) => {
    await using cloud = await startCloud()
    cloud.fail('POST jobs/42/run/', fault)
    expect(await clientOf(cloud).triggerJob(42)).toMatchObject({ id: 7001 })
    const posts = cloud.seen.filter(({ line }) => line.startsWith('POST'))
    expect(posts).toHaveLength(2)
    expect(posts[1]!.body['cause']).toBe(posts[0]!.body['cause'])
    // Looked for several times before.
    expect(cloud.lines().filter((line) => line === 'GET runs/')).toHaveLength(3)
  },
)

test('triggerJob: a limit that was met is no reason to look', async () => {
  await using cloud = await startCloud()
  cloud.fail('POST jobs/42/run/', { status: 429 })
  await clientOf(cloud).triggerJob(42)
  expect(cloud.lines()).toEqual(['POST jobs/42/run/', 'POST jobs/42/run/'])
})

test('triggerJob: says that it does not know, when the run cannot be looked for either', async () => {
  await using cloud = await startCloud()
  cloud.fail('POST jobs/42/run/', 'done and dropped')
  cloud.before = ({ line }) => {
    if (line === 'GET runs/') cloud.token = 'another'
  }
  const error = await failure(clientOf(cloud).triggerJob(42, { cause: 'nightly' }))
  expect(error).toMatchObject({
    code: 'CONNECTION_LOST',
    retryable: false,
    details: { jobId: 42, mayBeDone: true },
  })
  expect(error.message).toContain('Whether there is a run now is not known.')
  expect(error.message).toContain('refuses the token')
  expect(error.hint).toContain(cloud.runs[0]!.cause)
})

test('triggerJob: gives up when no run is ever made', async () => {
  await using cloud = await startCloud()
  cloud.fail('POST jobs/42/run/', ...Array.from({ length: 10 }, () => ({ status: 502 })))
  const error = await failure(clientOf(cloud).triggerJob(42))
  expect(error).toMatchObject({ code: 'RESOURCE_FAILED', retryable: true, details: { status: 502 } })
  expect(error.message).toContain('No run with its cause was found.')
  expect(cloud.lines().filter((line) => line.startsWith('POST'))).toHaveLength(1 + fast.retries)
})

test('triggerJob: a long cause is cut, and its id is not', async () => {
  await using cloud = await startCloud()
  cloud.fail('POST jobs/42/run/', 'done and dropped')
  const { cause } = await clientOf(cloud).triggerJob(42, { cause: '🚰'.repeat(300) })
  expect(cause!.length).toBeLessThanOrEqual(255)
  expect(cause).toMatch(/\[[-0-9a-f]{36}\]$/)
  expect(cloud.runs).toHaveLength(1)
})

test('triggerJob: interrupted while it waits for the answer, it tells that there may be a run', async () => {
  await using cloud = await startCloud()
  cloud.fail('POST jobs/42/run/', 'done and silent')
  const stop = new AbortController()
  cloud.before = () => void setTimeout(() => stop.abort(), 20)
  const error = await failure(clientOf(cloud).triggerJob(42, { signal: stop.signal }))
  expect(error).toMatchObject({
    code: 'CANCELLED',
    details: { mayBeDone: true, cause: cloud.runs[0]!.cause },
  })
  expect(cloud.lines()).toEqual(['POST jobs/42/run/'])
})

test.each<[string, readonly Fault[]]>([
  ['dropped connections', ['drop', 'done and cut']],
  ['web pages', ['page']],
  ['half of the JSON', ['done and truncated']],
  ['faults of the server', [{ status: 500 }, { status: 502 }, { status: 503 }]],
  ['limits', [{ status: 429, headers: { 'retry-after': '0' } }]],
  ['silence', ['done and silent']],
])('waitForJob waits on through %s', async (_, faults) => {
  await using cloud = await startCloud()
  const client = clientOf(cloud, { requestTimeoutMs: 200 })
  const { id } = await client.triggerJob(42)
  cloud.fail(`GET runs/${id}/`, ...faults)
  expect(await client.waitForJob(id, { pollMs: 10 })).toMatchObject({ status: 'success' })
})

test('Retry-After holds back all requests of a client', async () => {
  await using cloud = await startCloud()
  const client = clientOf(cloud)
  const { id } = await client.triggerJob(42)
  cloud.fail(`GET runs/${id}/`, { status: 429, headers: { 'retry-after': '1' } })
  const first = client.run(id)
  while (cloud.seen.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  await Promise.all([
    first,
    new Promise((resolve) => setTimeout(resolve, 50)).then(() => client.artifacts(id).catch(() => 0)),
  ])
  const [limited, ...later] = cloud.seen.slice(1).map(({ atMs }) => atMs)
  expect(later).toHaveLength(2)
  // The clock of timers is coarser.
  for (const atMs of later) expect(atMs - limited!).toBeGreaterThan(950)
})

test('a Retry-After of an hour is not waited for', async () => {
  await using cloud = await startCloud()
  cloud.fail('GET runs/', { status: 429, headers: { 'retry-after': '3600' }, said: 'Slow down' })
  const error = await failure(clientOf(cloud).run(7001))
  expect(error).toMatchObject({ code: 'RESOURCE_FAILED', retryable: true })
  expect(error.message).toContain('Slow down')
  expect(cloud.seen).toHaveLength(1)
})

test('requests are made again so often as retries says, and no more', async () => {
  await using cloud = await startCloud()
  cloud.fail('GET runs/', ...Array.from({ length: 20 }, (): Fault => 'drop'))
  const error = await failure(clientOf(cloud, { retries: 2 }).run(7001))
  expect(error).toMatchObject({ code: 'CONNECTION_LOST', retryable: true })
  expect(cloud.seen).toHaveLength(3)
})

test('waitForJob: a token that expires in the middle ends the waiting at once, and says that the run goes on', async () => {
  await using cloud = await startCloud()
  const client = clientOf(cloud)
  const { id } = await client.triggerJob(99)
  const seen: CloudRun[] = []
  const error = await failure(
    client.waitForJob(id, {
      pollMs: 10,
      onProgress(run) {
        seen.push(run)
        if (run.status === 'running') cloud.token = 'another'
      },
    }),
  )
  expect(seen.at(-1)!.status).toBe('running')
  expect(error).toMatchObject({
    code: 'RESOURCE_FAILED',
    retryable: false,
    details: { status: 401, runId: id },
  })
  expect(error.message).toContain('may go on')
  expect(error.message).toContain('Invalid token: Token ***')
  expect(cloud.lines().filter((line) => line.startsWith('GET'))).toHaveLength(seen.length + 1)
})

test('waitForJob: cancels the run after the signal', async () => {
  await using cloud = await startCloud()
  const client = clientOf(cloud)
  const { id } = await client.triggerJob(99)
  const stop = new AbortController()
  const waiting = client.waitForJob(id, {
    pollMs: 10,
    signal: stop.signal,
    onProgress: ({ status }) => void (status === 'running' && stop.abort()),
  })
  const error = await failure(waiting)
  expect(error).toMatchObject({ code: 'CANCELLED', details: { runId: id, cancelled: true } })
  expect(cloud.runs[0]!.status).toBe(30)
})

test('waitForJob: cancels the run when the time is over, also within a request', async () => {
  await using cloud = await startCloud()
  const client = clientOf(cloud)
  const { id } = await client.triggerJob(99)
  cloud.fail(`GET runs/${id}/`, 'done and silent')
  const error = await failure(client.waitForJob(id, { pollMs: 10, timeoutMs: 100 }))
  expect(error).toMatchObject({ code: 'RUN_TIMEOUT', details: { runId: id, cancelled: true } })
  expect(cloud.runs[0]!.status).toBe(30)
})

test('waitForJob: leaves the run alone when it is told to', async () => {
  await using cloud = await startCloud()
  const client = clientOf(cloud)
  const { id } = await client.triggerJob(99)
  const error = await failure(client.waitForJob(id, { signal: AbortSignal.abort(), cancel: false }))
  expect(error).toMatchObject({ code: 'CANCELLED', details: { cancelled: false } })
  expect(error.message).toContain('the run goes on')
  expect(cloud.lines()).toEqual(['POST jobs/99/run/'])
})

test('waitForJob: tells when the run could not be cancelled', async () => {
  await using cloud = await startCloud()
  const client = clientOf(cloud)
  const { id } = await client.triggerJob(99)
  cloud.fail(`POST runs/${id}/cancel/`, { status: 403, said: 'You may not.' })
  const error = await failure(client.waitForJob(id, { signal: AbortSignal.abort() }))
  expect(error).toMatchObject({ code: 'CANCELLED', details: { cancelled: false } })
  expect(error.message).toContain('could not be cancelled, so that it may go on')
  expect(error.message).toContain('You may not')
  expect(cloud.runs[0]!.status).toBe(1)
})

test('waitForJob: tells when the run had ended before it was cancelled', async () => {
  await using cloud = await startCloud()
  const client = clientOf(cloud)
  const { id } = await client.triggerJob(42)
  await client.waitForJob(id, { pollMs: 10 })
  const error = await failure(client.waitForJob(id, { signal: AbortSignal.abort() }))
  expect(error).toMatchObject({ code: 'CANCELLED', details: { cancelled: false } })
  expect(error.message).toContain('had ended already (success)')
})

test('cancel goes through faults, and so does no retry that may have been made', async () => {
  await using cloud = await startCloud()
  const client = clientOf(cloud)
  const { id } = await client.triggerJob(99)
  cloud.fail(`POST runs/${id}/cancel/`, 'done and dropped', { status: 503 })
  expect(await client.cancel(id)).toMatchObject({ status: 'cancelled' })

  const failed = await client.triggerJob(13)
  await client.waitForJob(failed.id, { pollMs: 10 })
  cloud.fail(`POST runs/${failed.id}/retry/`, 'done and dropped')
  expect(await failure(client.retry(failed.id))).toMatchObject({
    code: 'CONNECTION_LOST',
    details: { mayBeDone: true },
  })
  expect(cloud.lines().filter((line) => line.includes('retry'))).toHaveLength(1)
  expect((await failure(client.retry(id))).message).toContain('Only failed runs can be retried')
})

test('listRuns goes through all pages, and gives no run twice when others are made meanwhile', async () => {
  await using cloud = await startCloud()
  const client = clientOf(cloud)
  const add = (count: number): void => {
    for (let i = 0; i < count; i++)
      cloud.runs.push({
        id: 7001 + cloud.runs.length,
        job: i % 2 ? 42 : 13,
        cause: '',
        status: 10,
        ahead: [],
      })
  }
  add(250)
  const ids: number[] = []
  for await (const { id } of client.listRuns()) {
    ids.push(id)
    if (ids.length === 150) add(30)
  }
  expect(ids).toEqual(Array.from({ length: 250 }, (_, i) => 7250 - i))

  const some = await taken(client.listRuns({ jobId: 42, limit: 120 }))
  expect(some).toHaveLength(120)
  expect(some.every(({ jobId }) => jobId === 42)).toBe(true)
  expect(cloud.seen.slice(-2).map(({ query }) => query.get('limit'))).toEqual(['100', '20'])
  expect(await taken(client.listRuns({ status: 'error' }))).toEqual([])
  expect(cloud.seen.at(-1)!.query.get('status')).toBe('20')
})

test('listRuns gets along without a total', async () => {
  await using cloud = await startCloud()
  cloud.fail('GET runs/', { text: '{"data":[{"id":2},{"id":1}]}' })
  const runs = await taken(clientOf(cloud).listRuns())
  expect(runs.map(({ id }) => id)).toEqual([2, 1])
})

test.each<[Fault, Partial<LevadaError>, string]>([
  [{ status: 401 }, { code: 'RESOURCE_FAILED', retryable: false }, 'refuses the token (401)'],
  [{ status: 403 }, { code: 'RESOURCE_FAILED', retryable: false }, 'has not the right to (403)'],
  [{ status: 404, said: 'Gone.' }, { code: 'RESOURCE_FAILED', retryable: false }, '(404): Gone.'],
  [{ status: 418, said: 'Tea' }, { code: 'RESOURCE_FAILED', retryable: false }, 'refuses it (418): Tea.'],
  [{ text: '{"data":{"id":null}}' }, { code: 'RESOURCE_FAILED', retryable: false }, 'without data.id'],
  [{ text: '{"data":{"id":"7"}}' }, { code: 'RESOURCE_FAILED', retryable: false }, 'without data.id'],
  [{ text: '[]' }, { code: 'RESOURCE_FAILED', retryable: false }, 'without data'],
])('%j is told as what it is, once', async (fault, expected, text) => {
  await using cloud = await startCloud()
  cloud.fail('GET runs/', fault)
  const error = await failure(clientOf(cloud).run(7001))
  expect(error).toMatchObject(expected)
  expect(error.message).toMatch(/^Cannot read run 7001 in dbt Cloud: /)
  expect(error.message).toContain(text)
  expect(cloud.seen).toHaveLength(1)
})

test('what is sent to another host, which gets no token, or round in circles, is told as such', async () => {
  await using cloud = await startCloud()
  await using other = await startCloud()
  const path = '/api/v2/accounts/1/runs/7001/'
  cloud.fail('GET runs/', { status: 302, headers: { location: `${other.host}${path}` } })
  const error = await failure(clientOf(cloud).run(7001))
  expect(error.message).toContain('sends to another address (302)')
  cloud.fail('GET runs/', ...Array.from({ length: 21 }, () => ({ status: 302, headers: { location: path } })))
  expect(await failure(clientOf(cloud).run(7001))).toMatchObject({
    code: 'RESOURCE_FAILED',
    message: expect.stringContaining('without end') as string,
    retryable: false,
  })
})

test('a POST that is sent to another address is none there', async () => {
  await using cloud = await startCloud()
  cloud.fail('POST', { status: 302, headers: { location: '/login' } })
  const error = await failure(clientOf(cloud).cancel(7001))
  expect(error.message).toContain('sends to another address (302)')
  expect(cloud.seen).toHaveLength(1)
})

test('an artifact that is not there has a remedy of its own', async () => {
  await using cloud = await startCloud()
  const client = clientOf(cloud)
  const { id } = await client.triggerJob(42)
  const error = await failure(client.artifact(id, 'catalog.json'))
  expect(error.message).toContain(`Cannot read artifact 'catalog.json' of run ${id}`)
  expect(error.hint).toContain(`artifacts(${id})`)
})

test('a host that does not answer is told when the retries are over', async () => {
  const cloud = await startCloud()
  await cloud[Symbol.asyncDispose]()
  const error = await failure(clientOf(cloud, { retries: 1 }).triggerJob(42))
  expect(error).toMatchObject({ code: 'RESOURCE_FAILED', retryable: true })
  expect(error.message).toContain('does not answer (ECONNREFUSED)')
})

test.each<[string, Partial<Record<keyof DbtCloudOptions | 'tokn', unknown>>, string]>([
  ['no host', { host: undefined }, 'host: a host such as cloud.getdbt.com is needed'],
  ['a host with a path', { host: 'cloud.getdbt.com/api' }, 'without a path'],
  ['a host that is read by others', { host: 'http://cloud.getdbt.com' }, 'by https'],
  ['no account', { accountId: undefined }, 'accountId: the digits of an id are needed'],
  ['an account by name', { accountId: 'acme' }, 'accountId: the digits of an id are needed'],
  ['no token', { token: undefined }, 'token: a token is needed'],
  ['a token of two lines', { token: `${token}\nx: y` }, 'token: a token is needed, without blanks'],
  ['an option that is none', { tokn: token }, 'tokn'],
  ['half a retry', { retries: 0.5 }, 'retries'],
])('DbtCloudClient refuses %s', async (_, options, text) => {
  const given = { host: 'cloud.getdbt.com', accountId: 1, token, ...options } as DbtCloudOptions
  const error = await failure((async () => new DbtCloudClient(given))())
  expect(error.code).toBe('CONFIG_INVALID')
  expect(error.message).toContain(text)
})

test('ids, paths and options are looked at before anything is asked', async () => {
  await using cloud = await startCloud()
  const client = clientOf(cloud)
  for (const [asked, text] of [
    [client.run(Number.NaN), 'runId'],
    [client.cancel('7/../8'), 'runId'],
    [client.triggerJob(''), 'jobId'],
    [client.triggerJob(42, { couse: 'x' } as never), 'couse'],
    [client.waitForJob(1, { pollMs: 0 }), 'pollMs'],
    [client.artifact(1, '../../2/cancel/'), 'path'],
    [client.artifact(1, '/etc/passwd'), 'path'],
    [client.artifact(1, 'compiled/../../x'), 'path'],
    [client.artifacts(1, { step: 0 }), 'step'],
  ] as const) {
    const error = await failure(asked)
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain(text)
  }
  expect(cloud.seen).toEqual([])
})

test('whoever looks at a client does not see its token', () => {
  const client = new DbtCloudClient({ host: 'cloud.getdbt.com', accountId: '1', token: ` ${token}\n` })
  expect(inspect(client, { depth: 20, showHidden: true, getters: true })).not.toContain(token)
  expect(JSON.stringify(client)).not.toContain(token)
})
