import { spawn, spawnSync } from 'node:child_process'
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventSchema, type LevadaEvent } from '@levada/core/run'
import { openRunStore } from '../src/index.ts'

let appDir: string
beforeEach(() => {
  appDir = mkdtempSync(join(tmpdir(), 'levada-runs-'))
})
afterEach(() => rmSync(appDir, { recursive: true, force: true }))

const file = (): string => join(appDir, '.levada/runs.db')
const logOf = (id: string): string => join(appDir, '.levada/runs', id, 'log.jsonl')
const lineOf = (event: LevadaEvent): string => `${JSON.stringify(eventSchema.parse(event))}\n`
const write = (...events: readonly LevadaEvent[]): void => {
  for (const event of events) {
    mkdirSync(join(logOf(event.run_id), '..'), { recursive: true })
    appendFileSync(logOf(event.run_id), lineOf(event))
  }
}

const base = (run_id: string) => ({ schema: 1, time: '2026-01-01T00:00:00.000Z', run_id }) as const
const step = (run_id: string, node: string) =>
  ({ ...base(run_id), step_id: `t/${node}`, pipeline: 't', node }) as const

const started = (id: string, more: object = {}): LevadaEvent => ({
  ...base(id),
  type: 'run_started',
  app: 'shop',
  env: 'dev',
  selection: '',
  steps: ['t/a'],
  pid: process.pid,
  host: hostname(),
  ...more,
})
const stepStarted = (id: string, node: string): LevadaEvent => ({
  ...step(id, node),
  type: 'step_started',
  partition: { day: '2026-01-01' },
  reason: 'code changed',
  reason_kinds: ['code'],
})
const stepFinished = (id: string, node: string, state: 'succeeded' | 'failed'): LevadaEvent => ({
  ...step(id, node),
  type: 'step_finished',
  state,
  duration_ms: 12.5,
  ...(state === 'failed' && { errors: [{ code: 'SQL_FAILED', message: 'No.', hint: 'Do.' }] }),
})
const unchanged = (id: string, node: string): LevadaEvent => ({
  ...step(id, node),
  type: 'step_finished',
  state: 'skipped',
  skip_reason: 'unchanged',
  duration_ms: 0,
})
const checked = (id: string, node: string): LevadaEvent => ({
  ...step(id, node),
  type: 'check_finished',
  result: {
    asset: 't.a',
    check: 'notNull(n)',
    severity: 'error',
    outcome: 'passed',
    scope: 'increment',
    rows: 3,
    failed_rows: 0,
  },
})
const made = (id: string, node: string): LevadaEvent => ({
  ...step(id, node),
  type: 'asset_materialized',
  asset: 't.a',
  version: `${id}-x`,
  number: 7,
  rows: 3,
  rows_written: 2,
  bytes_written: 100,
  partitions_written: 1,
  partitions_dropped: [],
  inputs: { 't.raw': 'v1' },
  address: '/data/a',
})
const finished = (id: string, state: 'succeeded' | 'failed' | 'nothing'): LevadaEvent => ({
  ...base(id),
  type: 'run_finished',
  state,
  duration_ms: 34.5,
  cpu_ms: 1,
})
const whole = (id: string): void =>
  write(
    started(id),
    unchanged(id, 'b'),
    stepStarted(id, 'a'),
    checked(id, 'a'),
    made(id, 'a'),
    stepFinished(id, 'a', 'succeeded'),
    finished(id, 'succeeded'),
  )

const ids = (options: object = {}): readonly string[] => {
  using store = openRunStore(appDir, options)
  return store.runs().map(({ id }) => id)
}

test('a run is there with its steps, checks and materializations', () => {
  whole('1')
  using store = openRunStore(appDir)
  const run = {
    id: '1',
    app: 'shop',
    env: 'dev',
    selection: '',
    state: 'succeeded',
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 34.5,
    counts: { succeeded: 1, unchanged: 1 },
  }
  expect(store.runs()).toEqual([run])
  expect(store.run('1')).toEqual({
    ...run,
    steps: [
      expect.objectContaining({ id: 't/b', state: 'skipped', skipReason: 'unchanged', errors: [] }),
      {
        id: 't/a',
        pipeline: 't',
        node: 'a',
        partitions: 'day=2026-01-01',
        state: 'succeeded',
        reason: 'code changed',
        skipReason: undefined,
        becauseOf: undefined,
        startedAt: '2026-01-01T00:00:00.000Z',
        durationMs: 12.5,
        errors: [],
      },
    ],
    checks: [expect.objectContaining({ step: 't/a', check: 'notNull(n)', outcome: 'passed', rows: 3 })],
    materializations: [
      {
        step: 't/a',
        asset: 't.a',
        version: '1-x',
        number: 7,
        rows: 3,
        rowsWritten: 2,
        bytesWritten: 100,
        partitionsWritten: 1,
        inputs: { 't.raw': 'v1' },
        address: '/data/a',
        at: '2026-01-01T00:00:00.000Z',
      },
    ],
  })
})

test('an app without runs has none, and nothing is written for it', () => {
  expect(ids()).toEqual([])
  expect(existsSync(join(appDir, '.levada'))).toBe(false)
})

test('the newest come first; one is found by part of its id, or as the latest', () => {
  for (const id of ['20260101-aa', '20260102-bb', '20260102-cc']) whole(id)
  using store = openRunStore(appDir)
  expect(store.runs().map(({ id }) => id)).toEqual(['20260102-cc', '20260102-bb', '20260101-aa'])
  expect(store.runs({ limit: 1 }).map(({ id }) => id)).toEqual(['20260102-cc'])
  expect(['latest', 'aa', '20260102-bb', '20260102', 'zz'].map((id) => store.run(id)?.id)).toEqual([
    '20260102-cc',
    '20260101-aa',
    '20260102-bb',
    undefined,
    undefined,
  ])
})

test('a run that goes on is running, one whose process is gone was interrupted; what follows is added', () => {
  write(started('1'), stepStarted('1', 'a'))
  write(started('2', { pid: 2 ** 30 }), stepStarted('2', 'a'))
  write(started('3', { host: 'another-machine' }))
  const states = (): readonly string[] => {
    using store = openRunStore(appDir)
    return store.runs().map(({ state }) => state)
  }
  expect(states()).toEqual(['running', 'interrupted', 'running'])
  write(stepFinished('1', 'a', 'failed'), finished('1', 'failed'))
  expect(states()).toEqual(['running', 'interrupted', 'failed'])
  using store = openRunStore(appDir)
  expect(store.run('2')).toMatchObject({ counts: { interrupted: 1 }, steps: [{ state: 'interrupted' }] })
  expect(store.run('1')?.steps).toMatchObject([
    { state: 'failed', reason: 'code changed', errors: [{ code: 'SQL_FAILED', message: 'No.' }] },
  ])
})

test('half a line is read when it is whole; a line that a crash cut off is passed over', () => {
  const line = lineOf(stepFinished('1', 'a', 'succeeded'))
  write(started('1'))
  appendFileSync(logOf('1'), line.slice(0, 20))
  expect(ids()).toEqual(['1'])
  appendFileSync(logOf('1'), line.slice(20))
  const steps = (): number => {
    using store = openRunStore(appDir)
    return store.run('1')!.steps.length
  }
  expect(steps()).toBe(1)
  appendFileSync(logOf('1'), '{"type":\n[1]\nnull\n')
  write(finished('1', 'succeeded'))
  expect(steps()).toBe(1)
  using store = openRunStore(appDir)
  expect(store.run('1')?.state).toBe('succeeded')
})

test.each([
  ['is no database', () => writeFileSync(file(), 'x'.repeat(5000))],
  ['is cut off', () => writeFileSync(file(), '')],
  [
    'is of another version',
    () => {
      using database = new DatabaseSync(file())
      database.exec('pragma user_version = 99')
    },
  ],
  [
    'has lost a table',
    () => {
      using database = new DatabaseSync(file())
      database.exec('drop table steps')
    },
  ],
  ['is absent', () => rmSync(file())],
])('a store that %s is made again from the logs', (_, damage) => {
  whole('1')
  expect(ids()).toEqual(['1'])
  for (const ending of ['-wal', '-shm']) rmSync(file() + ending, { force: true })
  damage()
  whole('2')
  expect(ids()).toEqual(['2', '1'])
  using store = openRunStore(appDir)
  expect(store.run('1')?.steps).toHaveLength(2)
})

test('what is in the store stays when a log is removed, until it is made again', () => {
  whole('1')
  whole('2')
  expect(ids()).toEqual(['2', '1'])
  rmSync(join(logOf('1'), '..'), { recursive: true })
  expect(ids()).toEqual(['2', '1'])
  expect(ids({ rebuild: true })).toEqual(['2'])
})

test.runIf(process.getuid?.() !== 0)('where nothing can be written the logs are read all the same', () => {
  whole('1')
  chmodSync(join(appDir, '.levada'), 0o500)
  expect(ids()).toEqual(['1'])
  chmodSync(join(appDir, '.levada'), 0o700)
  expect(existsSync(file())).toBe(false)
})

test('failedNodes() are those whose latest step of their own failed, in that environment', () => {
  write(
    started('1'),
    stepFinished('1', 'a', 'failed'),
    stepFinished('1', 'b', 'failed'),
    finished('1', 'failed'),
  )
  write(started('2'), stepFinished('2', 'a', 'succeeded'), stepFinished('2', 'c', 'failed'))
  write(started('3', { env: 'prod' }), stepFinished('3', 'd', 'failed'), stepFinished('3', 'b', 'succeeded'))
  write(started('4'), unchanged('4', 'c'))
  using store = openRunStore(appDir)
  expect([...store.failedNodes('dev')].toSorted()).toEqual(['t/b'])
  expect([...store.failedNodes('prod')]).toEqual(['t/d'])
})

test('where the disk is full the logs are read all the same', () => {
  whole('1')
  expect(ids()).toEqual(['1'])
  write(started('2'))
  for (let i = 0; i < 2000; i++) write(stepStarted('2', `n${i}`))
  const reader = `
    import { openRunStore } from ${JSON.stringify(join(import.meta.dirname, '../src/index.ts'))}
    using store = openRunStore(${JSON.stringify(appDir)})
    console.log(store.runs().map(({ id }) => id).join(), store.run('2').steps.length)`
  const node = [
    process.execPath,
    '--conditions=@levada/source',
    '--input-type=module-typescript',
    '-e',
    reader,
  ]
  // No file may become larger than this, as if the disk had no room for it.
  const { stdout, stderr } = spawnSync('sh', ['-c', 'ulimit -f 128 && exec "$0" "$@"', ...node], {
    encoding: 'utf8',
  })
  expect({ stdout, stderr }).toEqual({ stdout: '2,1 2000\n', stderr: '' })
  // What fits again is added.
  expect(ids()).toEqual(['2', '1'])
})

test('a log that cannot be read is told, and the other runs are there', () => {
  whole('1')
  whole('3')
  mkdirSync(logOf('2'), { recursive: true })
  mkdirSync(join(logOf('4'), '..'))
  writeFileSync(join(appDir, '.levada/runs/notes.txt'), '')
  using store = openRunStore(appDir)
  expect(store.runs().map(({ id }) => id)).toEqual(['3', '1'])
  expect(store.unreadable).toMatchObject([{ id: '2', log: logOf('2'), problem: { code: 'EISDIR' } }])
})

test('many readers at once see a run grow and meet no error', async () => {
  const reader = `
    import { openRunStore } from ${JSON.stringify(join(import.meta.dirname, '../src/index.ts'))}
    let steps = 0
    while (true) {
      using store = openRunStore(${JSON.stringify(appDir)})
      const run = store.run('1')
      const now = run?.steps.length ?? 0
      if (now < steps) throw new Error('steps were lost')
      steps = now
      if (run?.state === 'succeeded') break
    }
    console.log(steps)`
  write(started('1'))
  const readers = Array.from({ length: 4 }, () => {
    const child = spawn(process.execPath, [
      '--conditions=@levada/source',
      '--input-type=module-typescript',
      '-e',
      reader,
    ])
    let [out, err] = ['', '']
    child.stdout.on('data', (data: Buffer) => (out += String(data)))
    child.stderr.on('data', (data: Buffer) => (err += String(data)))
    return new Promise<{ out: string; err: string }>((resolve) =>
      child.on('close', () => resolve({ out, err })),
    )
  })
  for (let i = 0; i < 300; i++) {
    write(stepStarted('1', `n${i}`), checked('1', `n${i}`), stepFinished('1', `n${i}`, 'succeeded'))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  write(finished('1', 'succeeded'))
  expect(await Promise.all(readers)).toEqual(readers.map(() => ({ out: '300\n', err: '' })))
})
