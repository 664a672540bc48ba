import { describe, expect, test } from 'vitest'
import { project, type Project } from './project.ts'

/** Two nodes beside each other: one does what a param says, while its engine is at work for it, the other takes its time. */
const app = (): Project =>
  project({
    'levada.config.ts': `import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { exit } from 'node:process'
import { asset, defineApp, definePipeline, node, resource, sql, sqlNode } from '@levada/core'
import { defineResource } from '@levada/core/spi'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { z } from 'zod'
const schema = z.object({ id: z.int() })
const [numbers, wild, tame] = ['numbers', 'wild', 'tame'].map((name) => asset('t.' + name, { schema }))
const count = sqlNode('count', { inputs: {}, output: numbers, sql: sql\`select range::bigint as id from range(30000)\` })
const kept = process.exit
// As an engine does that is loaded: not a word is heard meanwhile.
const slow = defineResource('slow', { config: z.object({}), setup: () => {
  if (process.argv.includes('t/load')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000)
  return {}
} })
const load = node('load', { inputs: { numbers }, resources: { slow: resource('test#Slow') }, async run() {} })
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const act = node('act', { inputs: { numbers }, outputs: { wild }, params: { act: z.string() }, async run({ numbers }, { outputs, params: { act }, log }) {
  let n = 0
  if (act === 'spin at once') { log.info('begins', { pid: process.pid }); for (;;) {} }
  for await (const row of numbers.rows()) {
    void outputs.wild.write(row)
    if (++n < 20000) continue
    log.info('begins')
    if (act === 'spin') try { for (;;) {} } finally { for (;;) {} }
    if (act === 'print') { console.log(JSON.stringify({ materializations: [], state: 'succeeded', errors: [] })); await pause(11000); break }
    if (act === 'print parts') { console.log('a whole line'); process.stdout.write('half a line'); log.info('told'); process.stdout.write('.'); break }
    if (act === 'print dots') { (function dots() { process.stdout.write('.'); setImmediate(dots) })(); break }
    if (act === 'start what prints dots') { (function dots() { execFileSync('printf', ['.'], { stdio: 'inherit' }); setImmediate(dots) })(); break }
    if (act === 'separate') throw new Error('a\\u2028b\\rc')
    if (act === 'leave') { spawn('sleep', ['60'], { stdio: 'inherit', detached: true }).unref(); break }
    if (act === 'die') process.kill(process.pid, 'SIGKILL')
    if (act === 'exit') process.exit(0)
    if (act === 'exit, imported') exit(0)
    if (act === 'exit, kept') kept(0)
    if (act === 'exit, when interrupted') process.on('SIGINT', () => process.exit(7))
    if (act === 'exit, caught') try { process.exit() } catch { break }
    if (act === 'exit later') setTimeout(() => process.exit(0), 10)
    if (act === 'open') { setInterval(() => {}, 1000); break }
    if (act === 'reject') { void Promise.reject(new RangeError('too late')); break }
    if (act === 'write on') { void (async () => { for (;;) await outputs.wild.write({ id: 1 }) })(); break }
    if (act === 'write once published') {
      setInterval(() => { if (existsSync('data/t/wild/manifests')) void outputs.wild.write({ id: 1 }) }, 5)
      break
    }
    // Who reads waits for rows when the node returns.
    if (act === 'read on') { void (async () => { for await (const { id } of numbers.rows()) await outputs.wild.write({ id }) })(); break }
    if (act === 'catch') {
      const part = async (k) => { if (k === 3) throw new Error('not there'); for (;;) { await pause(0); await outputs.wild.write({ id: k }) } }
      try { await Promise.all([0, 1, 2, 3].map(part)) } catch { break }
    }
    if (act === 'race') { await Promise.race([pause(20), (async () => { for (;;) { await pause(1); await outputs.wild.write({ id: 1 }) } })()]); break }
    if (act === 'count on') { void (async () => { for (;;) await numbers.count() })(); break }
    if (act === 'throw once published') {
      setInterval(() => { if (existsSync('data/t/wild/manifests')) setTimeout(() => { throw new RangeError('too late') }, 50) }, 5)
      break
    }
    if (act === 'throw later') setTimeout(() => { throw new RangeError('too late') }, 10)
    await pause(act === 'long' ? 12_000 : 2000)
    break
  }
} })
const wait = node('wait', { inputs: { numbers }, outputs: { tame }, async run(_, { outputs }) { await pause(500); await outputs.tame.write({ id: 1 }) } })
export default defineApp({ name: 'app', plugins: [duckdb(), parquet()], resources: { slow }, pipelines: [definePipeline('t', { nodes: [count, act, wait, load] })] })
`,
    'conf/base/catalog.yml': "'{domain}.{table}': { type: parquet, path: 'data/{domain}/{table}' }\n",
  })

interface Event {
  readonly type: string
  readonly node: string
  readonly state: string
  readonly errors?: readonly { readonly code: string; readonly message: string }[]
}
const eventsOf = (out: string): readonly Event[] =>
  out.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Event] : []))

/** How each step ended, and the code of what the one failed of. */
const ends = (out: string): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    eventsOf(out).flatMap(({ type, node, state, errors }) =>
      type === 'step_finished' ? [[node, errors?.[0]?.code ?? state]] : [],
    ),
  )

const words = (runner: string, act: string): string[] => [
  'run',
  '--runner',
  runner,
  '--json',
  '--param',
  `t.act=${act}`,
  '--exclude',
  't/load',
]

for (const runner of ['threads', 'process']) {
  test(`runner '${runner}' ends a node that computes without a pause when its time is over, and no other one`, async () => {
    using shop = app()
    const { code, out } = await shop.levada(...words(runner, 'spin'), '--step-timeout', '4s')
    expect([code, ends(out)]).toEqual([1, { count: 'succeeded', wait: 'succeeded', act: 'STEP_TIMEOUT' }])
    // It may be tried again: nothing goes on of it.
    const timeout = eventsOf(out).find(({ errors }) => errors)!.errors![0]
    expect(timeout).toMatchObject({ retryable: true })
  })

  test(`runner '${runner}' ends it when the run is interrupted once, or its time is over`, async () => {
    using shop = app()
    const run = shop.start(words(runner, 'spin'))
    run.stdout!.on('data', (chunk: Buffer) => {
      if (String(chunk).includes('begins')) run.kill('SIGINT')
    })
    const { exitCode, stdout } = await run
    expect([exitCode, ends(stdout)]).toMatchObject([130, { act: 'cancelled' }])
    const { code, out } = await shop.levada(...words(runner, 'spin'), '--force', '--timeout', '5s')
    expect([code, ends(out)]).toMatchObject([1, { act: 'cancelled' }])
  })

  test(`with runner '${runner}' a second interrupt ends all at once, also what computes`, async () => {
    using shop = app()
    const run = shop.start(words(runner, 'spin'))
    let pid = 0
    run.stdout!.on('data', (chunk: Buffer) => {
      if (!String(chunk).includes('begins')) return
      pid = run.pid!
      run.kill('SIGINT')
      setTimeout(() => run.kill('SIGINT'), 700)
    })
    const { exitCode, signal } = await run
    expect(exitCode ?? signal).toBe(runner === 'threads' ? 'SIGINT' : 130)
    expect(pid).toBeGreaterThan(0)
  })
}

describe.each(['sequential', 'concurrent', 'threads', 'process'])("runner '%s'", (runner) => {
  test.each(['throw later', 'reject'])(
    'what a node does not wait for fails its step, and no other: %s',
    async (act) => {
      using shop = app()
      const { code, out } = await shop.levada(...words(runner, act))
      expect([code, ends(out)]).toEqual([1, { count: 'succeeded', wait: 'succeeded', act: 'NODE_FAILED' }])
      expect(out).toContain("What step 't/act' has begun and does not wait for threw RangeError: too late")
    },
  )

  test('what a node prints hides no event, and is passed on', async () => {
    using shop = app()
    const { code, out, err } = await shop.levada(...words(runner, 'print parts'))
    expect([code, ends(out)]).toEqual([0, { count: 'succeeded', wait: 'succeeded', act: 'succeeded' }])
    const ofAct = eventsOf(out).flatMap(({ type, node }) => (node === 'act' ? [type] : []))
    expect(ofAct.filter((type) => type !== 'check_finished')).toEqual([
      'step_started',
      'log',
      'log',
      'asset_materialized',
      'step_finished',
    ])
    const printed = `${out}\n${err}`.split('\n')
    for (const line of ['a whole line', 'half a line', '.'])
      expect(printed.filter((each) => each === line)).toHaveLength(1)
  })

  test.each([
    ['write on', "'t.wild' was given rows when its node had ended; they are not in it"],
    ['read on', 'rows when its node had ended'],
    ['catch', "'t.wild' was given rows when its node had ended; they are not in it"],
    ['race', "'t.wild' was given rows when its node had ended; they are not in it"],
    ['count on', "'numbers' was asked for rows when its node had ended"],
  ])('who goes on when a node has ended fails its step, also when it catches that: %s', async (act, says) => {
    using shop = app()
    const { code, out } = await shop.levada(...words(runner, act))
    expect([code, ends(out)]).toEqual([1, { count: 'succeeded', wait: 'succeeded', act: 'NODE_FAILED' }])
    expect(out).toContain(says)
  })

  test.each(['open', 'throw once published', 'write once published'])(
    'what a node leaves behind ends no run, and keeps none from its end: %s',
    async (act) => {
      using shop = app()
      const { code, out } = await shop.levada(...words(runner, act))
      expect([code, ends(out)]).toEqual([0, { count: 'succeeded', wait: 'succeeded', act: 'succeeded' }])
    },
  )
})

test.each(['sequential', 'concurrent', 'threads', 'process'])(
  "a node that calls process.exit() fails with runner '%s', and the run goes on",
  async (runner) => {
    using shop = app()
    const { code, out } = await shop.levada(...words(runner, 'exit'))
    expect([code, ends(out)]).toEqual([1, { count: 'succeeded', wait: 'succeeded', act: 'NODE_EXITED' }])
    expect(out).toContain(
      "Node 't/act' called process.exit(0), which would have ended the run and its other steps.",
    )
  },
)

test.each([
  ['concurrent', 'exit, imported'],
  ['threads', 'exit, imported'],
  ['threads', 'exit, kept'],
  ['process', 'exit, kept'],
])("with runner '%s' a node fails of it, too: %s", async (runner, act) => {
  using shop = app()
  const { code, out } = await shop.levada(...words(runner, act))
  expect([code, ends(out)]).toEqual([1, { count: 'succeeded', wait: 'succeeded', act: 'NODE_EXITED' }])
})

test('what a library does when the command is interrupted does not end a run that stops', async () => {
  using shop = app()
  const run = shop.start(words('concurrent', 'exit, when interrupted'))
  run.stdout!.on('data', (chunk: Buffer) => {
    if (String(chunk).includes('begins')) setTimeout(() => run.kill('SIGINT'), 100)
  })
  const { exitCode, stdout, stderr } = await run
  expect([exitCode, ends(stdout)]).toMatchObject([130, { act: 'cancelled' }])
  expect(stderr).not.toContain('process.exit')
})

test('a thread whose node computes before it has awaited anything comes to the end of its step as any other', async () => {
  using shop = app()
  const run = shop.start(words('threads', 'spin at once'))
  run.stdout!.on('data', (chunk: Buffer) => {
    // What is held for less than two seconds is not told.
    if (String(chunk).includes('begins')) setTimeout(() => run.kill('SIGINT'), 1000)
  })
  const { exitCode, stdout } = await run
  expect([exitCode, ends(stdout)]).toMatchObject([130, { act: 'cancelled' }])
  // It is told at the end of a node, to which the step has come by itself.
  expect(stdout).toContain('The node held its thread')
})

test('a thread that is deaf for another reason than its node comes to its end', async () => {
  using shop = app()
  const run = shop.start(words('threads', 'nothing').slice(0, -2))
  run.stdout!.on('data', (chunk: Buffer) => {
    if (/"step_started".*"node":"load"/.test(String(chunk))) run.kill('SIGINT')
  })
  const { exitCode, stdout } = await run
  // It may hear that it is to stop before its node has run.
  const load: unknown = expect.stringMatching(/^(succeeded|cancelled)$/)
  expect([exitCode, ends(stdout)]).toMatchObject([130, { count: 'succeeded', load }])
})

test.each([
  ['sequential', 'exit, caught'],
  ['sequential', 'exit later'],
  ['concurrent', 'exit later'],
])("with runner '%s' the node fails all the same: %s", async (runner, act) => {
  using shop = app()
  const { code, out } = await shop.levada(...words(runner, act))
  expect([code, ends(out)]).toEqual([1, { count: 'succeeded', wait: 'succeeded', act: 'NODE_EXITED' }])
})

test("with runner 'process' a worker that does not end after its step is ended, and the run goes on", async () => {
  using shop = project({
    'levada.config.ts': `import { asset, defineApp, definePipeline, node, resource } from '@levada/core'
import { defineResource } from '@levada/core/spi'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { z } from 'zod'
const out = asset('t.out', { schema: z.object({ id: z.int() }) })
const clinging = defineResource('clinging', { config: z.object({}), setup: () => ({}), teardown: () => new Promise(() => setInterval(() => {}, 1000)) })
const make = node('make', { inputs: {}, outputs: { out }, resources: { clinging: resource('test#Clinging') }, async run(_, { outputs }) {
  console.log('{"id": 1}')
  await outputs.out.write({ id: 1 })
} })
export default defineApp({ name: 'app', plugins: [duckdb(), parquet()], resources: { clinging }, pipelines: [definePipeline('t', { nodes: [make] })] })
`,
    'conf/base/catalog.yml': "'{domain}.{table}': { type: parquet, path: 'data/{domain}/{table}' }\n",
  })
  const { code, out } = await shop.levada('run', '--runner', 'process', '--json')
  expect([code, ends(out)]).toEqual([0, { make: 'succeeded' }])
})

/** One attempt of the node that does what it is told to, by itself, as an orchestrator runs it. */
async function alone(
  shop: Project,
  act: string,
  words: readonly string[] = [],
): Promise<{
  readonly run: ReturnType<Project['start']>
  readonly id: string
  readonly result: () => Promise<unknown>
}> {
  const { out } = await shop.levada('plan', '--record', '--exclude', 't/load', '--param', `t.act=${act}`)
  const { run_id: id } = JSON.parse(out) as { readonly run_id: string }
  await shop.start(['step', '--run', id, '--step', 't/count'])
  const run = shop.start(['step', '--run', id, '--step', 't/act', '--json', ...words])
  return {
    run,
    id,
    async result() {
      const { exitCode, stdout } = await run
      const { state, errors } = JSON.parse(stdout.split('\n').at(-1)!) as {
        readonly state: string
        readonly errors: readonly { readonly code: string }[]
      }
      return [exitCode, state, errors.map(({ code }) => code), ends(stdout)]
    },
  }
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  'levada step ends what computes without a pause: %s',
  async (signal) => {
    using shop = app()
    const { run, result } = await alone(shop, 'spin')
    run.stdout!.on('data', (chunk: Buffer) => {
      if (String(chunk).includes('begins')) run.kill(signal)
    })
    expect(await result()).toEqual([143, 'cancelled', [], { act: 'cancelled' }])
  },
)

test('levada step ends what computes without a pause when its time is over', async () => {
  using shop = app()
  const { result } = await alone(shop, 'spin', ['--step-timeout', '1s'])
  expect(await result()).toEqual([75, 'failed', ['STEP_TIMEOUT'], { act: 'STEP_TIMEOUT' }])
})

test('levada step tells that its process died, which is worth another attempt', async () => {
  using shop = app()
  const { result } = await alone(shop, 'die')
  expect(await result()).toEqual([75, 'failed', ['WORKER_DIED'], { act: 'WORKER_DIED' }])
})

test('what computes without a pause ends after levada step that was killed', async () => {
  using shop = app()
  const { run } = await alone(shop, 'spin at once')
  let pid = 0
  run.stdout!.on('data', (chunk: Buffer) => {
    const found = /"pid":(\d+)/.exec(String(chunk))
    if (!found) return
    pid = Number(found[1])
    run.kill('SIGKILL')
  })
  await run
  expect(pid).toBeGreaterThan(0)
  while (isThere(pid)) await new Promise((resolve) => setTimeout(resolve, 100))
})

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test.each([
  ['print', 0, 'succeeded', { act: 'succeeded' }],
  ['print dots', 0, 'succeeded', { act: 'succeeded' }],
  ['start what prints dots', 0, 'succeeded', { act: 'succeeded' }],
  // JSON leaves characters in texts at which some end lines.
  ['separate', 65, 'failed', { act: 'NODE_FAILED' }],
  ['throw once published', 0, 'succeeded', { act: 'succeeded' }],
  ['reject', 65, 'failed', { act: 'NODE_FAILED' }],
  // What it has started holds its stdout for a minute.
  ['leave', 0, 'succeeded', { act: 'succeeded' }],
])(
  'levada step tells its own result, whatever its node prints or leaves: %s',
  async (act, code, state, ended) => {
    using shop = app()
    const { result } = await alone(shop, act)
    expect(await result()).toEqual([code, state, code === 0 ? [] : [expect.any(String)], ended])
  },
)

test('of two levada step of one step the second is refused, and tells nothing of the first', async () => {
  using shop = app()
  const { run, id, result } = await alone(shop, 'long')
  await new Promise<void>((resolve) =>
    run.stdout!.on('data', (chunk: Buffer) => String(chunk).includes('begins') && resolve()),
  )
  const second = await shop.start(['step', '--run', id, '--step', 't/act'])
  expect([second.exitCode, second.stdout]).toEqual([75, expect.stringContaining('LEASED')])
  expect(await result()).toEqual([0, 'succeeded', [], { act: 'succeeded' }])
  const { out } = await shop.levada('runs', id)
  expect(out).not.toContain('failed')
})
