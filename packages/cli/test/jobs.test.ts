import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { project, shopWith, type Project } from './project.ts'

/** A job whose nodes write nothing, so that no asset is held: `attempts.txt` has a letter for each time that one acts. */
const jobs = (yml: Readonly<Record<string, string>>): Project =>
  project(
    shopWith({
      'levada.config.ts': `
import { defineApp, definePipeline, node, source } from '@levada/core'
import { LevadaError } from '@levada/core/spi'
import { files } from '@levada/io-files'
import { duckdb } from '@levada/resource-duckdb'
import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'

const raw = source('shop.raw_customers', { schema: z.object({ name: z.string() }) })
const act = node('act', {
  inputs: { raw }, outputs: {},
  async run(_, { signal }) {
    appendFileSync('attempts.txt', 'x')
    if (existsSync('lost')) throw new LevadaError('CONNECTION_LOST', 'The server went away.', { retryable: true })
    if (!existsSync('wait')) return
    writeFileSync('running', '')
    while (!existsSync('go') && !signal.aborted) await sleep(10)
    signal.throwIfAborted()
  },
})
const other = node('other', { inputs: { raw }, outputs: {}, run() {} })
export default defineApp({
  name: 'shop', plugins: [duckdb(), files()], pipelines: [definePipeline('acts', { nodes: [act, other] })],
  jobs: { nightly: { select: 'pipeline:acts' }, hourly: { select: 'pipeline:acts' } },
})
`,
      'conf/base/catalog.yml': 'shop.raw_customers: { type: csv, path: landing/customers.csv }\n',
      ...yml,
    }),
  )
const attempts = (app: Project): string =>
  existsSync(join(app.dir, 'attempts.txt')) ? readFileSync(join(app.dir, 'attempts.txt'), 'utf8') : ''
const delays = (out: string): readonly number[] =>
  out
    .split('\n')
    .filter((line) => line.includes('"step_retrying"'))
    .map((line) => (JSON.parse(line) as { delay_ms: number }).delay_ms)

test('what jobs.yml says of a job holds for its runs, by environment; the command line wins', async () => {
  using app = jobs({
    'conf/base/jobs.yml': 'nightly: { retries: { count: 3, delay: 20ms, backoff: 1, jitter: 0 } }\n',
    'conf/prod/jobs.yml': 'nightly: { retries: 1 }\n',
    lost: '',
  })
  const tries = async (...words: string[]): Promise<readonly [number, readonly number[]]> => {
    const { code, out } = await app.levada('run', '--json', ...words)
    return [code, delays(out)]
  }
  expect(await tries('job:nightly')).toEqual([1, [20, 20, 20]])
  expect(await tries('--job', 'nightly', '--exclude', 'acts/other')).toEqual([1, [20, 20, 20]])
  expect(await tries('job:nightly', '--retries', '1')).toEqual([1, [20]])
  expect(await tries('job:nightly', '--retries', '0')).toEqual([1, []])
  expect(await tries('job:nightly', '--retry-delay', '10ms')).toEqual([1, [10, 10, 10]])
  const [code, once] = await tries('job:nightly', '--env', 'prod', '--retry-delay', '10ms')
  expect([code, once.length]).toEqual([1, 1])
  // Of another job nothing is said, and of what is no job alone nothing holds.
  expect(await tries('job:hourly')).toEqual([1, []])
  const both = await app.levada('run', 'job:nightly', 'job:hourly')
  expect([both.code, both.out]).toEqual([
    1,
    expect.stringContaining("! What jobs.yml says of the job 'nightly' does not hold for this run"),
  ])
  expect(both.out).not.toContain('again in')
})

test('a job that asks for retries and says no more is tried twice again, after 30 s and 60 s', async () => {
  using app = jobs({
    'conf/base/jobs.yml': 'nightly: { retries: {}, step_timeout: 30m, timeout: 4h, max_active_runs: 2 }\n',
  })
  const { out } = await app.levada('list', 'jobs')
  expect(out).toContain('retries 2, after 30s; step_timeout 30m; timeout 4h; max_active_runs 2')
  const { out: json } = await app.levada('list', 'jobs', '--json')
  expect(JSON.parse(json)).toMatchObject([{ job: 'nightly' }, { job: 'hourly', runs_with: '' }])
  expect((await app.levada('explain', 'jobs.nightly.timeout')).out).toContain('conf/base/jobs.yml:1')
})

test('of a setting that is not set, levada explain says so; what is no setting is unknown', async () => {
  using app = jobs({ 'conf/base/jobs.yml': 'nightly: { timeout: 4h }\n' })
  for (const path of [
    'jobs.nightly.step_timeout',
    'jobs.hourly.retries.delay',
    'environment.retention.age',
    'resources.duckdb.memory_limit',
  ]) {
    const { code, out } = await app.levada('explain', path)
    expect([code, out]).toEqual([0, expect.stringContaining(`${path} is not set: its default holds`)])
  }
  expect(JSON.parse((await app.levada('explain', 'jobs.hourly.timeout', '--json')).out)).toEqual({
    path: 'jobs.hourly.timeout',
    set: false,
  })
  for (const path of [
    'jobs.nightly.tiemout',
    'jobs.daily.timeout',
    'resources.duckdb.memory',
    'jobs.nightly',
  ])
    expect([path, (await app.levada('explain', path)).code]).toEqual([path, path === 'jobs.nightly' ? 0 : 2])
})

test.each([
  [
    'step_timeout: 30',
    'expected a time with its unit, such as 500ms, 30s, 10m or 2h, received the number 30.',
  ],
  ['timeout: 30d', "expected a time with its unit, such as 500ms, 30s, 10m or 2h, received the text '30d'."],
  [
    'timeout: 9999h',
    "expected a time of more than nothing and less than 25 days, received the text '9999h'.",
  ],
])('jobs.yml: %s is told as a time that is none', async (words, text) => {
  using app = jobs({ 'conf/base/jobs.yml': `nightly: { ${words} }\n` })
  const { code, err } = await app.levada('run', 'job:nightly')
  expect([code, err.match(/error CONFIG_INVALID/g)]).toEqual([2, ['error CONFIG_INVALID']])
  expect(err).toContain(text)
})

test('time limits of a job stop its steps and its runs', async () => {
  using app = jobs({
    'conf/base/jobs.yml': 'nightly: { step_timeout: 300ms }\nhourly: { timeout: 300ms }\n',
    wait: '',
  })
  const step = await app.levada('run', 'job:nightly')
  expect([step.code, step.out]).toEqual([1, expect.stringContaining('STEP_TIMEOUT')])
  const run = await app.levada('run', 'job:hourly', '--json')
  expect([run.code, run.out]).toEqual([1, expect.stringMatching(/"run_finished","state":"failed"/)])
})

test('as many runs of a job go on as it says: another one is told who they are, or waits', async () => {
  using app = jobs({
    'conf/base/jobs.yml': 'nightly: { max_active_runs: 1 }\n',
    'conf/prod/globals.yml': '',
    wait: '',
  })
  const first = app.start(['run', 'job:nightly'])
  await expect.poll(() => existsSync(join(app.dir, 'running')), { timeout: 20_000 }).toBe(true)
  const second = await app.levada('run', 'job:nightly')
  expect([second.code, second.err]).toEqual([
    2,
    expect.stringMatching(
      /^error LEASED Another run of the job 'nightly' in dev goes on, as many as jobs\.yml lets \(max_active_runs\): run \S+ of the app 'shop' \(process \d+ on /,
    ),
  ])
  expect(second.err).toContain(
    '→ Wait for it: levada run job:nightly --wait, which takes its place over from',
  )
  expect(attempts(app)).toBe('x')
  const waiting = app.start(['run', 'job:nightly', '--wait'])
  app.write('go', '')
  expect([(await first).exitCode, (await waiting).exitCode, attempts(app)]).toEqual([0, 0, 'xx'])
})

test('a run of a job that was killed is taken over, and jobs and environments do not count together', async () => {
  using app = jobs({
    'conf/base/jobs.yml': 'nightly: { max_active_runs: 2 }\n',
    'conf/prod/globals.yml': '',
    wait: '',
  })
  const begin = (...words: string[]) => {
    const before = attempts(app).length
    const run = app.start(['run', ...words])
    return { run, begun: () => expect.poll(() => attempts(app).length, { timeout: 20_000 }).toBe(before + 1) }
  }
  const first = begin('job:nightly')
  await first.begun()
  const second = begin('job:nightly')
  await second.begun()
  const third = await app.levada('run', 'job:nightly')
  expect([third.code, third.err]).toEqual([2, expect.stringContaining('2 other runs of the job')])
  const elsewhere = begin('job:nightly', '--env', 'prod')
  await elsewhere.begun()
  const hourly = begin('job:hourly')
  await hourly.begun()
  second.run.kill('SIGKILL')
  await second.run
  const next = begin('job:nightly')
  await next.begun()
  app.write('go', '')
  const { exitCode, stderr } = await next.run
  expect([exitCode, stderr]).toEqual([
    0,
    expect.stringContaining("A place of the job 'nightly' is taken over from run "),
  ])
  for (const { run } of [first, elsewhere, hourly]) expect((await run).exitCode).toBe(0)
})

test('what jobs.yml says wrongly is told with its place, by check and by runs of jobs', async () => {
  using app = jobs({
    'conf/base/jobs.yml': `nightli: { retries: 1 }
hourly:
  schedule: '@hourly'
  timeout: 4 days
  retries: { dellay: 5s }
_own: 4h
`,
  })
  const { code, err, out } = await app.levada('check')
  const told = `${out}\n${err}`
  expect(code).not.toBe(0)
  expect(told).toContain("jobs.yml: the app has no job 'nightli'. Did you mean 'nightly'?")
  expect(told).toContain("jobs.hourly has the unknown key 'schedule'.")
  expect(told).toContain('Known keys: max_active_runs, retries, step_timeout, timeout.')
  expect(told).toMatch(/jobs\.hourly\.timeout: .*such as 500ms, 30s, 10m or 2h/)
  expect(told).toContain("jobs.hourly.retries has the unknown key 'dellay'. Did you mean 'delay'?")
  expect(told).toContain('conf/base/jobs.yml:3:3')
  const run = await app.levada('run', 'job:nightly')
  expect([run.code, run.err]).toEqual([2, expect.stringContaining('conf/base/jobs.yml:1:1')])
  expect(attempts(app)).toBe('')
  // Who runs no job need not read it.
  expect((await app.levada('run', 'acts/act')).code).toBe(0)
})

test('limits of environment.yml name tags, resources and engines of the app', async () => {
  using app = jobs({
    'conf/dev/environment.yml': `limits:
  'tag:nightly': 1
  'resource:ducktb': 1
  heavy: 1
`,
    'conf/prod/environment.yml': "limits: { 'resource:duckdb': 0 }\n",
    'conf/base/environment.yml': "limits: { 'resource:duckdb': 2 }\n",
  })
  const { code, err } = await app.levada('run')
  expect([code, err]).toEqual([
    2,
    expect.stringContaining("environment.limits: 'tag:nightly' is no tag, resource or engine of the app."),
  ])
  const { out } = await app.levada('check', '--json')
  expect(out).toContain("environment.limits: 'resource:ducktb' is no tag")
  expect(out).toContain("Did you mean 'resource:duckdb'?")
  expect(out).toContain("environment.limits: 'heavy' is no tag")
  const prod = await app.levada('run', '--env', 'prod')
  expect([prod.code, prod.err]).toEqual([
    2,
    expect.stringMatching(/environment\.limits\.resource:duckdb: .*\n.*at conf\/prod\/environment.yml:1:/),
  ])
})
