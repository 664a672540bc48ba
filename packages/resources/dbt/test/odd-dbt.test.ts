// What dbt does on a bad day only, done by a script in its place.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LevadaError } from '@levada/core/spi'
import { createDbt, type Dbt, type DbtOptions } from '../src/index.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'levada-odd-dbt-'))
  writeFileSync(join(dir, 'dbt_project.yml'), 'name: shop\nprofile: shop\n')
  writeFileSync(join(dir, 'profiles.yml'), 'shop: { outputs: { dev: {} } }\n')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** A dbt that does what the script says. */
function odd(script: string, options: Partial<DbtOptions> = {}): Dbt {
  const executable = join(dir, 'dbt')
  const version = 'if [ "$1" = --version ]; then echo "dbt 1.11.16"; exit; fi'
  writeFileSync(executable, `#!/bin/sh\n${version}\n${script}\n`)
  chmodSync(executable, 0o755)
  return createDbt({ projectDir: dir, executable, ...options })
}

const event = (name: string, data: object): string =>
  JSON.stringify({ data, info: { level: 'debug', msg: '', name, pid: 1, thread: 'MainThread' } })
const finished = (id: string, status: string): string =>
  event('NodeFinished', { node_info: { unique_id: id }, run_result: { status } })
const completed = (success: boolean): string => event('CommandCompleted', { success })
const say = (...lines: string[]): string => `cat <<'END'\n${lines.join('\n')}\nEND`
const results = (status: string): string =>
  `echo '${JSON.stringify({ results: [{ unique_id: 'model.shop.a', status }] })}' > $DBT_TARGET_PATH/run_results.json`

describe('success is what exit code, events and artifacts agree on', () => {
  test.each([
    ['all of them', true, `${say(completed(true))}\n${results('success')}`],
    ['not the exit code', false, `${say(completed(true))}\n${results('success')}\nexit 1`],
    ['not the events', false, `${say(completed(false))}\n${results('success')}`],
    ['not the artifact', false, `${say(completed(true))}\n${results('fail')}`],
  ])('%s', async (_, success, script) => {
    expect(await odd(script).build()).toMatchObject({ success, counts: expect.anything() as object })
  })
})

test('without run_results.json the events tell of the nodes', async () => {
  const script = `${say(finished('model.shop.a', 'success'), finished('model.shop.b', 'error'), completed(false))}\nexit 1`
  const { success, nodes } = await odd(script).run()
  expect(success).toBe(false)
  expect(nodes.map(({ name, status }) => [name, status])).toEqual([
    ['a', 'success'],
    ['b', 'error'],
  ])
})

test('what 2.x writes of all nodes after --fail-fast does not count against its events', async () => {
  const written = ['a', 'b', 'c'].map((name) => ({
    unique_id: `model.shop.${name}`,
    status: 'error',
    message: 'Compilation Error',
  }))
  const script = `${say(finished('model.shop.a', 'success'), finished('model.shop.b', 'error'), completed(false))}
echo '${JSON.stringify({ results: written })}' > $DBT_TARGET_PATH/run_results.json
exit 1`
  const { success, nodes } = await odd(script).build({ failFast: true })
  expect(success).toBe(false)
  expect(nodes.map(({ name, status }) => [name, status])).toEqual([
    ['a', 'success'],
    ['b', 'error'],
    ['c', 'skipped'],
  ])
})

test('2.x counts a test that could not be asked as failed; its event says error, as the result does', async () => {
  const id = 'test.shop.crashes'
  const why = 'Conversion Error. Treating as failing test.'
  const script = `${say(
    JSON.stringify({
      data: { node_info: { unique_id: id } },
      info: { level: 'error', msg: why, name: 'Generic' },
    }),
    event('NodeFinished', { node_info: { unique_id: id }, run_result: { status: 'fail', num_failures: 1 } }),
    completed(false),
  )}
echo '${JSON.stringify({ results: [{ unique_id: id, status: 'fail', failures: 1 }] })}' > $DBT_TARGET_PATH/run_results.json
exit 1`
  const run = odd(script).test()
  const ended = []
  for await (const told of run) if (told.kind === 'node_finished') ended.push(told)
  expect(ended).toMatchObject([{ node: { id }, status: 'error' }])
  expect(ended[0]).not.toHaveProperty('failures')
  expect((await run).nodes).toMatchObject([{ id, status: 'error', message: why }])
})

test('a run_results.json that is cut off is told', async () => {
  const script = `${say(completed(true))}\necho '{"results": [' > $DBT_TARGET_PATH/run_results.json`
  await expect(odd(script).build()).rejects.toMatchObject({ code: 'DATA_UNREADABLE' })
})

test.each([
  ['ends with nothing said', 'exit 0'],
  ['ends with nothing but a trace', 'exit 139'],
  ['kills itself', 'kill -9 $$'],
])('dbt that %s has died', async (_, script) => {
  await expect(odd(script).build()).rejects.toMatchObject({ code: 'WORKER_DIED', retryable: true })
})

test('a traceback is told', async () => {
  const script =
    'echo "Traceback (most recent call last):" >&2\necho "ImportError: no such thing" >&2\nexit 1'
  await expect(odd(script).build()).rejects.toMatchObject({
    message: expect.stringContaining('ImportError: no such thing') as string,
  })
})

test('events are whole when both streams talk at once', async () => {
  const one = finished('model.shop.a', 'success')
  const script = `i=0; while [ $i -lt 300 ]; do echo '${one}'; echo 'WARNING: {' >&2; i=$((i + 1)); done\n${say(completed(true))}\n${results('success')}`
  const kinds: Record<string, number> = {}
  for await (const { kind } of odd(script).build()) kinds[kind] = (kinds[kind] ?? 0) + 1
  expect(kinds).toEqual({ node_finished: 300, text: 300, completed: 1 })
})

test('a long log takes no memory', { timeout: 120_000 }, async () => {
  const sql = event('SQLQuery', { sql: 'x'.repeat(2000) })
  const script = `yes '${sql}' | head -n 100000\n${say(completed(true))}\n${results('success')}`
  const before = process.memoryUsage().rss
  let most = 0
  let count = 0
  for await (const _ of odd(script).build())
    if (++count % 5000 === 0) most = Math.max(most, process.memoryUsage().rss)
  expect(count).toBe(100_001)
  // 200 MB were written.
  expect(most - before).toBeLessThan(150e6)
})

describe('an end', () => {
  const pidOf = (name: string): number => Number(readFileSync(join(dir, name), 'utf8'))
  const runs = (pid: number): boolean =>
    execFileSync('ps', ['-eo', 'pid=,stat='], { encoding: 'utf8' })
      .split('\n')
      .some((line) => Number.parseInt(line, 10) === pid && !line.includes('Z'))

  test('dbt that does not care for an interrupt is killed after the grace, with what it started', async () => {
    const script = `trap '' INT\nsleep 100 & echo $! > ${dir}/child\necho $$ > ${dir}/dbt-pid\n${say(event('NodeStart', { node_info: { unique_id: 'model.shop.a' } }))}\nwhile :; do sleep 1; done`
    const stop = new AbortController()
    const run = odd(script, { graceMs: 300 }).build({ signal: stop.signal })
    const loop = async (): Promise<void> => {
      for await (const { kind } of run) if (kind === 'node_started') stop.abort()
    }
    await expect(loop()).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect.poll(() => [runs(pidOf('child')), runs(pidOf('dbt-pid'))]).toEqual([false, false])
  })

  test('what dbt leaves behind is ended', async () => {
    const script = `sleep 100 >/dev/null 2>&1 & echo $! > ${dir}/child\n${say(completed(true))}\n${results('success')}`
    expect(await odd(script).build()).toMatchObject({ success: true })
    // A kill takes a moment.
    await expect.poll(() => runs(pidOf('child'))).toBe(false)
  })

  test('dbt is interrupted, not killed, when it minds that', async () => {
    const script = `trap 'echo told > ${dir}/interrupted; exit 1' INT\n${say(event('NodeStart', { node_info: { unique_id: 'model.shop.a' } }))}\nwhile :; do sleep 0.1; done`
    const stop = new AbortController()
    const run = odd(script).build({ signal: stop.signal })
    const loop = async (): Promise<void> => {
      for await (const { kind } of run) if (kind === 'node_started') stop.abort()
    }
    await expect(loop()).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(existsSync(join(dir, 'interrupted'))).toBe(true)
  })

  test.each([new Error('My disk is full.'), new LevadaError('STORAGE', 'My disk is full.')])(
    'runFullPipeline whose onEvent throws $name interrupts dbt, waits for it and throws that',
    async (thrown) => {
      const script = `trap 'sleep 0.3; echo told > ${dir}/interrupted; exit 1' INT\n${say(event('NodeStart', { node_info: { unique_id: 'model.shop.a' } }))}\nwhile :; do sleep 0.1; done`
      const onEvent = (): void => {
        throw thrown
      }
      await expect(odd(script).runFullPipeline({ onEvent, onFailure: 'continue' })).rejects.toBe(thrown)
      expect(existsSync(join(dir, 'interrupted'))).toBe(true)
    },
  )

  test('what was interrupted is not retried with 1.x, whose results lack what it did not come to', async () => {
    const script = `${results('success')}\n${say(event('NodeStart', { node_info: { unique_id: 'model.shop.a' } }))}\nsleep 100`
    const stop = new AbortController()
    const dbt = odd(script)
    const loop = async (): Promise<void> => {
      for await (const { kind } of dbt.build({ signal: stop.signal }))
        if (kind === 'node_started') stop.abort()
    }
    await expect(loop()).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(dbt.retry()).rejects.toMatchObject({
      code: 'DBT_PROJECT',
      hint: 'Run it again instead of retrying it.',
    })
  })
})

test('a retry with words goes on with the last results, unless they name others', async () => {
  const dbt = odd(`${results('error')}\n${say(completed(false))}\nexit 1`)
  const { targetPath } = await dbt.build()
  const retried = await dbt.invoke(['retry', '--fail-fast'])
  expect(retried.command).toBe(`dbt retry --fail-fast --state=${targetPath}`)
  const named = await dbt.invoke(['retry', '--state', '/elsewhere'])
  expect(named.command).toBe('dbt retry --state /elsewhere')
})

test('credentials are in the environment of dbt, and in no file', async () => {
  const script = `echo "$DBT_ENV_SECRET_LEVADA_PASSWORD" > ${dir}/seen\ncp $DBT_PROFILES_DIR/profiles.yml ${dir}/profile\n${say(completed(true))}\n${results('success')}`
  const dbt = odd(script, {
    connection: { type: 'postgres' },
    credentials: { password: 'canary' },
    target: 'prod',
  })
  await dbt.build()
  expect(readFileSync(join(dir, 'seen'), 'utf8').trim()).toBe('canary')
  expect(readFileSync(join(dir, 'profile'), 'utf8')).not.toContain('canary')
})

test('a version that is not known is refused', async () => {
  const dbt = odd('')
  const file = join(dir, 'dbt')
  writeFileSync(file, '#!/bin/sh\necho "dbt 3.0.0"\n')
  await expect(dbt.build()).rejects.toMatchObject({ code: 'DBT_MISSING' })
  writeFileSync(file, '#!/bin/sh\necho "not today" >&2; exit 3\n')
  await expect(dbt.build()).rejects.toMatchObject({
    code: 'DBT_MISSING',
    message: expect.stringContaining('not today') as string,
  })
})

test('what is too long for a command line is told', async () => {
  await expect(odd('', { vars: { long: 'x'.repeat(3_000_000) } }).build()).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('too long') as string,
  })
})

test('an operation that fails tells of no node', async () => {
  const dbt = odd(`${results('error')}\n${say(completed(false))}\nexit 1`)
  expect(await dbt.invoke(['run-operation', 'grant_all'])).toMatchObject({ success: false, nodes: [] })
})

test('a command that says in other words than errors that it failed, as debug of 1.x does, has failed', async () => {
  const dbt = odd(`${say(completed(false))}\nexit 1`)
  expect(await dbt.invoke(['debug'])).toMatchObject({ success: false, exitCode: 1, nodes: [] })
})

test('invoke(clean) may remove the target folder', async () => {
  const dbt = odd(`rm -rf ${dir}/target\n${say(completed(true))}`)
  expect(await dbt.invoke(['clean'])).toMatchObject({ success: true })
  expect(existsSync(join(dir, 'target'))).toBe(false)
})

test('where nothing has failed there is nothing to retry', async () => {
  const dbt = odd(`${results('success')}\n${say(completed(true))}`)
  const { targetPath } = await dbt.build()
  const nothing = { code: 'DBT_PROJECT', message: expect.stringContaining('nothing to retry') as string }
  await expect(dbt.retry()).rejects.toMatchObject(nothing)
  await expect(dbt.retry({ of: targetPath })).rejects.toMatchObject(nothing)
  await expect(dbt.retry({ of: dir })).rejects.toMatchObject({
    message: expect.stringContaining('no run_results.json') as string,
  })
})
