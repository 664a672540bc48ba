import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { config, mortalShop, pipelines } from './mortal-shop.ts'
import type { Project } from './project.ts'

interface Result {
  readonly code: number | undefined
  readonly lines: readonly string[]
  readonly result: Readonly<Record<string, unknown>>
}

const latest = (app: Project): string => readdirSync(join(app.dir, '.levada/runs')).toSorted().at(-1)!
const remove = (app: Project, path: string): void => rmSync(join(app.dir, path), { recursive: true })

const step = async (
  app: Project,
  id: string,
  { words = [], env = {} }: { words?: readonly string[]; env?: Record<string, string> } = {},
): Promise<Result> => {
  const run = env['LEVADA_RUN_ID'] === undefined ? ['--run', latest(app)] : []
  const { exitCode, stdout } = await app.start(['step', ...run, '--step', id, ...words], env)
  const lines = stdout.split('\n')
  return { code: exitCode, lines, result: JSON.parse(lines.at(-1)!) as Result['result'] }
}

/** A run that was killed before anything was published. */
const begun = async (files: Readonly<Record<string, string>> = {}): Promise<Project> => {
  const app = mortalShop({ ...files, 'kill before shop.orders': '' })
  await app.start(['run'])
  remove(app, 'kill before shop.orders')
  return app
}

describe('levada step', () => {
  test('runs each step of a recorded run in a process of its own: 0, then 99', async () => {
    using app = await begun()
    const file = join(app.dir, '.levada/runs', latest(app), 'run.json')
    const { steps } = JSON.parse(readFileSync(file, 'utf8')) as { steps: { id: string }[] }
    const states: unknown[] = []
    for (const { id } of steps) {
      const { code, result } = await step(app, id)
      states.push([id, code, result['state']])
      expect(result).toMatchObject({
        run_id: latest(app),
        step_id: id,
        attempt: 1,
        exit_code: code,
        errors: [],
      })
    }
    expect(states).toEqual([
      // The checks of the source had passed before.
      ['source:shop.raw_orders', 99, 'nothing'],
      ['orders/stage', 0, 'succeeded'],
      ['orders/total', 0, 'succeeded'],
      ['orders/send', 0, 'succeeded'],
    ])
    const again = await step(app, 'orders/total')
    expect([again.code, again.result['state'], again.lines.length]).toEqual([99, 'nothing', 1])
    expect((await app.levada('run', '--resume', 'latest')).out).toContain('Nothing is left of run')
    expect((await app.levada('run')).out).toContain('Nothing to do')
  })

  test('reads LEVADA_RUN_ID and LEVADA_ATTEMPT; its events are lines before the result, and in the log', async () => {
    using app = await begun()
    const id = latest(app)
    const { lines, result } = await step(app, 'orders/stage', {
      words: ['--json'],
      env: { LEVADA_RUN_ID: id, LEVADA_ATTEMPT: '3' },
    })
    const events = lines.slice(0, -1).map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(events.map(({ type }) => type)).toEqual([
      'step_started',
      ...Array.from({ length: 4 }, () => 'check_finished'),
      'asset_materialized',
      'step_finished',
    ])
    expect(events[0]).toMatchObject({ run_id: id, attempt: 3 })
    expect(result).toMatchObject({
      attempt: 3,
      materializations: [{ asset: 'shop.orders', number: 1, rows: 3 }],
    })
    const log = readFileSync(join(app.dir, '.levada/runs', id, 'log.jsonl'), 'utf8')
    expect(log).toContain('"type":"step_finished","step_id":"orders/stage"')
  })

  test('takes a part of the id of the run, and latest', async () => {
    using app = await begun()
    const id = latest(app)
    const first = await step(app, 'orders/stage', { env: { LEVADA_RUN_ID: id.slice(-6) } })
    expect([first.code, first.result]).toMatchObject([0, { run_id: id, state: 'succeeded' }])
    const again = await step(app, 'orders/stage', { env: { LEVADA_RUN_ID: 'latest' } })
    expect([again.code, again.result]).toMatchObject([99, { run_id: id, state: 'nothing' }])
    const unknown = await step(app, 'orders/stag', { env: { LEVADA_RUN_ID: 'latest' } })
    expect([unknown.code, unknown.result]).toMatchObject([65, { run_id: id, errors: [{ code: 'USAGE' }] }])
  })

  test('65: failed for good; 75: worth another attempt', async () => {
    using app = await begun({ 'fail shop.orders': '' })
    const failed = await step(app, 'orders/stage')
    expect([failed.code, failed.result['state']]).toEqual([65, 'failed'])
    expect(failed.lines[0]).toContain('✗ orders/stage')
    remove(app, 'fail shop.orders')
    app.write('lose shop.orders', '')
    const lost = await step(app, 'orders/stage')
    expect([lost.code, lost.result['errors']]).toEqual([
      75,
      [expect.objectContaining({ code: 'CONNECTION_LOST', retryable: true })],
    ])
    const early = await step(app, 'orders/total')
    expect([early.code, early.result['errors']]).toEqual([
      75,
      [expect.objectContaining({ code: 'NOT_RESUMABLE' })],
    ])
    remove(app, 'lose shop.orders')
    expect((await step(app, 'orders/stage')).code).toBe(0)
  })

  test('65, and a result, for what cannot be tried: unknown run and step, changed code, a configuration that is none', async () => {
    using app = await begun()
    const told = async (id: string, env: Record<string, string> = {}): Promise<unknown> => {
      const { code, lines, result } = await step(app, id, { env })
      const [error] = result['errors'] as readonly { code: string; message: string }[]
      return [code, lines.length, error!.code, error!.message]
    }
    expect(await told('orders/stag')).toEqual([
      65,
      1,
      'USAGE',
      expect.stringContaining("has no step 'orders/stag'. Did you mean 'orders/stage'"),
    ])
    expect(await told('orders/stage', { LEVADA_RUN_ID: 'none' })).toEqual([
      65,
      1,
      'RUN_UNKNOWN',
      expect.any(String),
    ])
    expect(await told('orders/stage', { LEVADA_RUN_ID: '' })).toEqual([
      65,
      1,
      'USAGE',
      'Of which run the step is, is not said.',
    ])
    expect(await told('orders/stage', { LEVADA_PARAMS: '[' })).toEqual([65, 1, 'USAGE', expect.any(String)])
    app.write('stage.sql', 'select id, day, customer, amount + 1 as amount from raw')
    expect(await told('orders/stage')).toEqual([65, 1, 'CODE_CHANGED', expect.any(String)])
    app.write('conf/base/catalog.yml', 'shop.raw_orders: [')
    expect(await told('orders/stage')).toEqual([65, 1, 'CONFIG_SYNTAX', expect.any(String)])
  })

  test('143: SIGTERM ends it, also where the node does not listen', async () => {
    using app = await begun()
    await step(app, 'orders/stage')
    await step(app, 'orders/total')
    app.write('slow', '')
    const run = app.start(['step', '--run', latest(app), '--step', 'orders/send', '--json'])
    run.stdout!.on('data', (chunk) => {
      if (String(chunk).includes('waiting')) run.kill('SIGTERM')
    })
    const { exitCode, stdout } = await run
    expect(exitCode).toBe(143)
    expect(JSON.parse(stdout.split('\n').at(-1)!)).toMatchObject({ state: 'cancelled', exit_code: 143 })
    remove(app, 'slow')
    expect((await step(app, 'orders/send')).code).toBe(0)
  })

  test('what is secret of the params of the run comes by LEVADA_PARAMS', async () => {
    const secret = 'hunter2-hunter2'
    using app = mortalShop({
      down: '',
      'pipelines.ts': pipelines
        .replace('z.number().default(1)', 'z.number().default(1), token: secret(z.string())')
        .replace('sqlNode }', 'secret, sqlNode }'),
      'total.sql':
        "select day, count(*) as orders, sum(amount) * $factor as amount from orders where $token <> '' group by day",
    })
    await app.levada('run', '--param', `orders.token=${secret}`)
    remove(app, 'down')
    const missing = await step(app, 'orders/send')
    expect([missing.code, missing.result['errors']]).toEqual([
      65,
      [expect.objectContaining({ code: 'PARAM_MISSING' })],
    ])
    const env = { LEVADA_PARAMS: JSON.stringify({ orders: { token: secret } }) }
    const given = await step(app, 'orders/send', { env })
    expect([given.code, given.lines.join('\n').includes(secret)]).toEqual([0, false])
  })
})

describe('levada plan --record', () => {
  interface Recorded {
    readonly run_id: string | null
    readonly steps: readonly { readonly id: string; readonly needs: readonly string[] }[]
  }
  const record = async (app: Project, ...words: string[]): Promise<Recorded> => {
    const { code, out } = await app.levada('plan', '--record', ...words)
    expect(code).toBe(0)
    return JSON.parse(out) as Recorded
  }

  test('writes a run down whose steps others run in the order of their needs; the last one ends it', async () => {
    using app = mortalShop()
    const { run_id: id, steps } = await record(app, '--param', 'orders.factor=2')
    expect(steps).toMatchObject([
      { id: 'source:shop.raw_orders', needs: [] },
      { id: 'orders/stage', needs: ['source:shop.raw_orders'] },
      { id: 'orders/total', needs: ['orders/stage'] },
      { id: 'orders/send', needs: ['orders/total'] },
    ])
    const state = async (): Promise<unknown> => {
      const [run] = JSON.parse((await app.levada('runs', '--json')).out) as { id: string; state: string }[]
      return [run!.id === id, run!.state]
    }
    expect(await state()).toEqual([true, 'running'])
    const early = await step(app, 'orders/total')
    expect([early.code, early.result['errors']]).toMatchObject([75, [{ code: 'NOT_RESUMABLE' }]])
    const codes: unknown[] = []
    for (const each of steps) codes.push((await step(app, each.id)).code)
    expect(codes).toEqual([0, 0, 0, 0])
    expect(await state()).toEqual([true, 'succeeded'])
    const { out } = await app.levada('query', 'select sum(amount) as amount from shop.totals', '--json')
    expect(JSON.parse(out)).toMatchObject([{ amount: 1261 }])
    expect(await record(app, '--param', 'orders.factor=2', 'shop.totals')).toMatchObject({
      run_id: null,
      steps: [],
    })
  })

  test('a step holds what it writes against others, and is told who does', async () => {
    using app = mortalShop({ slow: '' })
    const { steps } = await record(app)
    for (const { id } of steps.slice(0, 3)) await step(app, id)
    const slow = app.start(['step', '--run', latest(app), '--step', 'orders/send', '--json'])
    await new Promise<void>((resolve) =>
      slow.stdout!.on('data', (chunk: Buffer) => void (String(chunk).includes('waiting') && resolve())),
    )
    const run = await app.levada('run', 'shop.report', '--force')
    expect([run.code, run.err]).toEqual([
      2,
      expect.stringContaining(`LEASED 'shop.report' is being written by run `),
    ])
    const second = await step(app, 'orders/send')
    expect([second.code, second.result['errors']]).toMatchObject([75, [{ code: 'LEASED', retryable: true }]])
    remove(app, 'slow')
    expect((await slow).exitCode).toBe(0)
    expect((await app.levada('run', 'shop.report', '--force')).code).toBe(0)
  })

  interface Run {
    readonly state: string
    readonly counts: Readonly<Record<string, number>>
  }
  const runs = async (app: Project): Promise<Run> =>
    (JSON.parse((await app.levada('runs', '--json')).out) as Run[])[0]!
  const logOf = (app: Project): string =>
    readFileSync(join(app.dir, '.levada/runs', latest(app), 'log.jsonl'), 'utf8')

  test('has failed once nothing of it can begin, and goes on when a step is tried again', async () => {
    using app = mortalShop({ down: '' })
    const { steps } = await record(app)
    for (const { id } of steps.slice(0, 3)) await step(app, id)
    expect((await runs(app)).state).toBe('running')
    expect((await step(app, 'orders/send')).code).toBe(65)
    expect(await runs(app)).toMatchObject({ state: 'failed', counts: { succeeded: 3, failed: 1 } })
    remove(app, 'down')
    expect((await step(app, 'orders/send')).code).toBe(0)
    expect((await runs(app)).state).toBe('succeeded')
    expect(logOf(app).match(/"type":"run_(resumed|finished)"/g)).toHaveLength(3)
  })

  test('pins nothing more when it could only end the same; a step that is refused is told in its log', async () => {
    using app = mortalShop()
    await record(app)
    expect((await step(app, 'orders/total')).result['errors']).toMatchObject([{ code: 'NOT_RESUMABLE' }])
    expect(logOf(app)).toMatch(/"level":"warn".*NOT_RESUMABLE Step 'orders\/total'/)
    expect((await runs(app)).state).toBe('running')
    app.write('landing/orders.csv', 'id,day,customer,amount\n1,2026-01-01,ann,11\n')
    expect((await step(app, 'source:shop.raw_orders')).result['errors']).toMatchObject([
      { code: 'INPUT_CHANGED' },
    ])
    expect((await runs(app)).state).toBe('failed')
    expect(logOf(app)).toMatch(/"type":"run_finished","state":"failed","settled":true/)
    const { out } = await app.levada('runs', 'latest')
    expect(out).toContain('error INPUT_CHANGED')
  })

  test('of two steps that end it together one tells so', async () => {
    using app = mortalShop()
    const { steps } = await record(app)
    for (const { id } of steps.slice(0, 3)) await step(app, id)
    // Another one has told of it between the end of this one and its look.
    writeFileSync(join(app.dir, '.levada/runs', latest(app), 'ended-1'), '')
    expect((await step(app, 'orders/send')).code).toBe(0)
    expect(logOf(app)).not.toContain('run_finished')
  })

  test('has the time limit of steps that jobs.yml says, unless the command line says another', async () => {
    const job = "jobs: { nightly: { select: 'pipeline:orders' } }, pipelines: [orders] })"
    using app = mortalShop({
      slow: '',
      'levada.config.ts': config('parquet', '@levada/io-parquet').replace('pipelines: [orders] })', job),
      'conf/base/jobs.yml': 'nightly: { step_timeout: 2s }\n',
    })
    const { steps } = await record(app, 'job:nightly')
    for (const { id } of steps.slice(0, 3)) await step(app, id, { words: ['--step-timeout', '1m'] })
    const late = await step(app, 'orders/send')
    expect([late.code, late.result['errors']]).toMatchObject([75, [{ code: 'STEP_TIMEOUT' }]])
  })

  test('LEVADA_ATTEMPT that is no number is refused', async () => {
    using app = mortalShop()
    await record(app)
    const { code, result } = await step(app, 'orders/stage', { env: { LEVADA_ATTEMPT: 'x' } })
    expect([code, result['errors']]).toMatchObject([
      65,
      [{ code: 'USAGE', message: "LEVADA_ATTEMPT is 'x', which is no number from 1 to 999999." }],
    ])
  })
})
