import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { project, shopWith, type Project } from './project.ts'

/** A node that writes the number of its attempt; `attempts.txt` has a letter for each. */
const acting = (body: string): Project =>
  project(
    shopWith({
      'levada.config.ts': `
import { asset, defineApp, definePipeline, node } from '@levada/core'
import { LevadaError } from '@levada/core/spi'
import { files } from '@levada/io-files'
import { parquet } from '@levada/io-parquet'
import { duckdb } from '@levada/resource-duckdb'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

const lost = () => new LevadaError('CONNECTION_LOST', 'The server went away.', { retryable: true })
const acted = asset('shop.acted', { schema: z.object({ attempt: z.int() }) })
const act = node('act', {
  inputs: {}, outputs: { acted },
  async run(_, { outputs, signal }) {
    appendFileSync('attempts.txt', 'x')
    const attempt = readFileSync('attempts.txt', 'utf8').length
    await outputs.acted.write({ attempt })
${body}
  },
})
export default defineApp({ name: 'shop', plugins: [duckdb(), parquet(), files()], pipelines: [definePipeline('acts', { nodes: [act] })] })
`,
    }),
  )
const events = (out: string): readonly string[] =>
  out
    .split('\n')
    .filter((line) => /"type":"(run|step)_/.test(line))
    .map(
      (line) =>
        JSON.parse(line) as { type: string; state?: string; attempt?: number; errors?: { code: string }[] },
    )
    .map(({ type, state, attempt, errors }) =>
      [type, state, attempt, errors?.[0]?.code].filter((part) => part !== undefined).join(' '),
    )

test('a service that does not answer a node may pass, what else it throws stays wrong', async () => {
  const attempts = async (body: string): Promise<readonly string[]> => {
    using app = acting(body)
    const { out } = await app.levada('run', '--retries', '1', '--retry-delay', '20ms', '--json')
    return events(out).filter((text) => text.startsWith('step_finished'))
  }
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  expect(await attempts(`    if (attempt === 1) await fetch('http://127.0.0.1:${port}')`)).toEqual([
    'step_finished failed NODE_FAILED',
    'step_finished succeeded',
  ])
  expect(await attempts(`    if (attempt === 1) throw new TypeError('fetch failed')`)).toEqual([
    'step_finished failed NODE_FAILED',
  ])
})

describe.for(['sequential', 'threads', 'process'])('%s', (runner) => {
  test('what may pass is tried again, and all attempts are told', async () => {
    using app = acting('    if (attempt < 3) throw lost()')
    const { code, out } = await app.levada(
      'run',
      '--runner',
      runner,
      '--retries',
      '2',
      '--retry-delay',
      '20ms',
      '--json',
    )
    expect([code, events(out)]).toEqual([
      0,
      [
        'run_started',
        'step_started 1',
        'step_finished failed CONNECTION_LOST',
        'step_retrying 2',
        'step_started 2',
        'step_finished failed CONNECTION_LOST',
        'step_retrying 3',
        'step_started 3',
        'step_finished succeeded',
        'run_finished succeeded',
      ],
    ])
    expect((await app.levada('runs')).out).toContain('1 succeeded')
    expect((await app.levada('query', 'select * from shop.acted', '--json')).out).toContain('"attempt": "3"')
  })

  test('what stays is not, and a step that takes too long is stopped', async () => {
    using stays = acting(`    throw new Error('no')`)
    const failed = await stays.levada(
      'run',
      '--runner',
      runner,
      '--retries',
      '2',
      '--retry-delay',
      '20ms',
      '--json',
    )
    expect([failed.code, events(failed.out).slice(1, -1)]).toEqual([
      1,
      ['step_started 1', 'step_finished failed NODE_FAILED'],
    ])
    using slow = acting(
      `    if (attempt === 1) await new Promise((resolve) => signal.addEventListener('abort', resolve))`,
    )
    const words = ['--step-timeout', '3s', '--retries', '1', '--retry-delay', '20ms', '--json']
    const late = await slow.levada('run', '--runner', runner, ...words)
    expect([late.code, events(late.out).slice(1, -1)]).toEqual([
      0,
      [
        'step_started 1',
        'step_finished failed STEP_TIMEOUT',
        'step_retrying 2',
        'step_started 2',
        'step_finished succeeded',
      ],
    ])
    const told = late.out.split('\n').find((line) => line.includes('"STEP_TIMEOUT"'))!
    expect((JSON.parse(told) as { duration_ms: number }).duration_ms).toBeGreaterThan(0)
    // The log has what was told, and no more.
    const [run] = readdirSync(join(slow.dir, '.levada/runs'))
    const log = readFileSync(join(slow.dir, '.levada/runs', run!, 'log.jsonl'), 'utf8')
    expect(events(log)).toEqual(events(late.out))
  })
})

test('a run that takes longer than it may is stopped and has failed; what is said wrongly is told', async () => {
  using app = acting(`    await new Promise((resolve) => signal.addEventListener('abort', resolve))`)
  const { code, out } = await app.levada('run', '--timeout', '700ms', '--json')
  expect([code, events(out).at(-1)]).toEqual([1, 'run_finished failed RUN_TIMEOUT'])
  expect(out).toContain('"reason":"timeout","running":["acts/act"]')
  for (const words of [
    ['--retries', 'many'],
    ['--retries', '0', '--retry-delay', '30s'],
    ['--retries', '2', '--retry-delay', '30'],
    ['--step-timeout', '0s'],
    ['--timeout', '99999h'],
  ]) {
    const { code: usage, err } = await app.levada('run', ...words)
    expect([usage, err]).toEqual([2, expect.stringMatching(/^error USAGE .*\n +→ Write /)])
  }
})

test.each(['threads', 'process'])(
  'with runner %s a node that holds its thread is told as what it is',
  async (runner) => {
    using app = acting(`    for (const end = Date.now() + 2500; Date.now() < end; );`)
    const { code, out } = await app.levada('run', '--runner', runner)
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(
        /acts\/act: The node held its thread for \d\.\d s: it could not be stopped meanwhile\./,
      ),
    ])
  },
)

test('a process that hears nothing is ended when its time is over', async () => {
  using app = acting(`    for (;;);`)
  const { code, out } = await app.levada('run', '--runner', 'process', '--step-timeout', '1s')
  expect([code, out]).toEqual([
    1,
    expect.stringContaining("STEP_TIMEOUT Step 'acts/act' took longer than 1 s"),
  ])
})

test('a process that goes on although its step took too long ends, and the step is tried again', async () => {
  using app = acting(`    if (attempt === 1) await new Promise((resolve) => setTimeout(resolve, 600_000))`)
  const words = ['--runner', 'process', '--step-timeout', '3s', '--retries', '1', '--retry-delay', '20ms']
  const { code, out } = await app.levada('run', ...words)
  expect([code, out]).toEqual([0, expect.stringContaining('attempt 2 of 2')])
  expect(readFileSync(join(app.dir, 'attempts.txt'), 'utf8')).toBe('xx')
})

test('a node that goes on although it took too long is not tried again beside itself', async () => {
  using app = acting(`    await new Promise((resolve) => setTimeout(resolve, 4000))`)
  const words = ['--step-timeout', '300ms', '--retries', '2', '--retry-delay', '20ms']
  const { code, out } = await app.levada('run', ...words)
  expect([code, out]).toEqual([1, expect.stringContaining('does not look at its `signal` and goes on')])
  expect(readFileSync(join(app.dir, 'attempts.txt'), 'utf8')).toBe('x')
})

describe.for(['concurrent', 'threads'])(
  'a command whose node hears nothing ends with its run, runner %s',
  (runner) => {
    const deaf = `    writeFileSync('begun.txt', ''); await new Promise((resolve) => setTimeout(resolve, 600_000))`

    test('when its step took too long', async () => {
      using app = acting(deaf)
      const { code, out } = await app.levada('run', '--runner', runner, '--step-timeout', '300ms')
      expect([code, out]).toEqual([1, expect.stringContaining('STEP_TIMEOUT')])
      expect(out).toContain('go on: levada run --resume')
    })

    test('when it is stopped', async () => {
      using app = acting(deaf)
      const run = app.start(['run', '--runner', runner])
      while (!existsSync(join(app.dir, 'begun.txt'))) await sleep(50)
      run.kill('SIGINT')
      const { exitCode, stdout } = await run
      expect([exitCode, stdout]).toEqual([130, expect.stringContaining('1 cancelled')])
      expect(stdout).toContain('go on: levada run --resume')
    })
  },
)

test('a terminal is told when a step is tried again', async () => {
  using app = acting('    if (attempt < 2) throw lost()')
  const { out } = await app.levada('run', '--retries', '1', '--retry-delay', '20ms')
  expect(out).toMatch(/acts\/act: again in \S+ s, attempt 2 of 2/)
  expect(out).toContain('steps: 1 succeeded')
})

test('a step that waits for its next attempt does not run', async () => {
  using app = acting('    throw lost()')
  const run = app.start(['run', '--retries', '1', '--retry-delay', '60s'])
  run.stdout!.on('data', (chunk: Buffer) => {
    if (String(chunk).includes('again in')) run.kill('SIGINT')
  })
  const { exitCode, stdout } = await run
  expect([exitCode, stdout]).toEqual([130, expect.not.stringContaining('still runs')])
})

test('a worker whose run is killed ends, too', async () => {
  using app = acting(`    writeFileSync('pid.txt', String(process.pid)); await new Promise(() => {})`)
  const run = app.start(['run', '--runner', 'process'])
  const pid = async (): Promise<number> => {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      if (existsSync(join(app.dir, 'pid.txt'))) return Number(readFileSync(join(app.dir, 'pid.txt'), 'utf8'))
    }
  }
  const worker = await pid()
  run.kill('SIGKILL')
  await run
  const lives = (): boolean => {
    try {
      return process.kill(worker, 0)
    } catch {
      return false
    }
  }
  for (let i = 0; i < 300 && lives(); i++) await new Promise((resolve) => setTimeout(resolve, 50))
  expect(lives()).toBe(false)
})

test('who reads no further, as head, stops no run, and gets no trace of a fault', async () => {
  using app = acting('')
  const run = app.start(['run'])
  run.stdout!.destroy()
  expect(await run).toMatchObject({ exitCode: 0, stderr: '' })
  const shown = app.start(['show', 'shop.acted'])
  shown.stdout!.destroy()
  const { stderr } = await shown
  expect(stderr).toBe('')
})
