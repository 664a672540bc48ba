import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mortalShop, pipelines, two } from './mortal-shop.ts'
import type { Project } from './project.ts'

const rows = async (app: Project, asset: string): Promise<unknown> =>
  JSON.parse((await app.levada('query', `select * from ${asset} order by all`, '--json')).out)
const latest = (app: Project): string => readdirSync(join(app.dir, '.levada/runs')).toSorted().at(-1)!
const remove = (app: Project, path: string): void => rmSync(join(app.dir, path), { recursive: true })

describe('levada run --resume', () => {
  test('K11: a run that failed prints how to go on; what is left is done under its id, and listed as one run', async () => {
    using app = mortalShop({ down: '' })
    const failed = await app.levada('run', '--param', 'orders.factor=2')
    expect(failed.code).toBe(1)
    const id = latest(app)
    expect(failed.out.split('\n').at(-1)).toBe(`go on: levada run --resume ${id}`)
    remove(app, 'down')
    const { code, out } = await app.levada('run', '--resume', id)
    expect(code).toBe(0)
    expect(out).toContain('shop · dev · everything · 1 step left, 3 done')
    expect(out).toContain('✓ orders/send')
    expect(out).not.toContain('go on:')
    // The param of the run that failed.
    expect(await rows(app, 'shop.report')).toMatchObject([{ amount: 61 }, { amount: 1200 }])
    const runs = JSON.parse((await app.levada('runs', '--json')).out) as unknown[]
    expect(runs).toMatchObject([{ id, state: 'succeeded', counts: { succeeded: 4 } }])
    const log = readFileSync(join(app.dir, '.levada/runs', id, 'log.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
    const types = log.map((line) => (JSON.parse(line) as { type: string }).type)
    expect(types.filter((type) => type.startsWith('run_'))).toEqual([
      'run_started',
      'run_finished',
      'run_resumed',
      'run_finished',
    ])
  })

  test('K7: says that nothing is left, and ends with 0', async () => {
    using app = mortalShop()
    await app.levada('run')
    const { code, out } = await app.levada('run', '--resume', 'latest')
    expect([code, out]).toEqual([0, `Nothing is left of run ${latest(app)}: all of its 4 steps are done.`])
  })

  test('the latest run is the latest that had something to do', async () => {
    using app = mortalShop()
    await app.levada('run')
    const id = latest(app)
    expect((await app.levada('run', 'shop.totals')).out).toContain('Nothing to do')
    expect(latest(app)).not.toBe(id)
    const { code, out } = await app.levada('run', '--resume', 'latest')
    expect([code, out]).toEqual([0, `Nothing is left of run ${id}: all of its 4 steps are done.`])
  })

  test.each([
    ['shop.orders', ['orders/total', 'orders/send']],
    ['shop.totals', ['orders/send']],
    ['shop.report', []],
  ])('killed right after %s was published, before anybody was told', async (asset, left) => {
    using app = mortalShop({ [`kill ${asset}`]: '' })
    const run = await app.start(['run'])
    expect(run.signal).toBe('SIGKILL')
    expect((await app.levada('runs', 'latest')).out).toMatch(
      /^interrupted · [\s\S]*\ngo on: levada run --resume \S+$/m,
    )
    remove(app, `kill ${asset}`)
    const { code, out } = await app.levada('run', '--resume', 'latest', '--json')
    expect(code).toBe(0)
    const events = out.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(events[0]).toMatchObject({ type: 'run_resumed', steps: left })
    expect(events.filter(({ type }) => type === 'step_started').map(({ step_id: step }) => step)).toEqual(
      left,
    )
    expect(await rows(app, 'shop.report')).toMatchObject([{ amount: 30.5 }, { amount: 600 }])
    expect((await app.levada('runs')).out).toMatch(/ succeeded /)
    expect((await app.levada('run')).out).toContain('Nothing to do')
  })

  test('reads what the run made, also when another run has published since', async () => {
    using app = mortalShop({ down: '' })
    await app.levada('run')
    const id = latest(app)
    await app.levada('run', 'shop.totals', '--force', '--param', 'orders.factor=100')
    remove(app, 'down')
    expect((await app.levada('run', '--resume', id)).code).toBe(0)
    expect(await rows(app, 'shop.report')).toMatchObject([{ amount: 30.5 }, { amount: 600 }])
    expect(await rows(app, 'shop.totals')).toMatchObject([{ amount: 3050 }, { amount: 60000 }])
  })

  test('INPUT_CHANGED and CODE_CHANGED tell all at once, and nothing is run', async () => {
    using app = mortalShop({
      'stage.sql':
        "select id, day, customer, amount, error('not today') from raw where day >= $partition_start",
    })
    expect((await app.levada('run')).code).toBe(1)
    app.write('stage.sql', 'select id, day, customer, amount from raw')
    app.write('landing/orders.csv', 'id,day,customer,amount\n1,2026-01-01,ann,11\n')
    const { code, err } = await app.levada('run', '--resume', 'latest')
    expect(code).toBe(2)
    expect(err).toMatch(/error CODE_CHANGED Run \S+ cannot go on with 'orders\/stage': code changed\./)
    expect(err).toMatch(
      /error INPUT_CHANGED Run \S+ cannot go on: 'shop\.raw_orders' was \S+orders\.csv of 20[-\d: ]+ UTC when it began, and is of 20[-\d: ]+ UTC\./,
    )
    expect(err).toContain('→ Run it anew, which leaves out what is done and unchanged: levada run')
    remove(app, 'landing/orders.csv')
    expect((await app.levada('run', '--resume', 'latest')).err).toMatch(
      /error INPUT_CHANGED Run \S+ cannot go on: 'shop\.raw_orders' was \S+orders\.csv of 20[-\d: ]+ UTC when it began, and is not there\./,
    )
    expect(existsSync(join(app.dir, 'data/shop/orders/manifests'))).toBe(false)
  })

  test('what is run anew is given its params again, and nothing of a forced run is left out', async () => {
    using app = mortalShop()
    await app.levada('run', 'shop.orders')
    app.write('down', '')
    await app.levada('run', 'shop.totals', 'shop.report', '--force', '--param', 'orders.factor=100')
    app.write('pipelines.ts', pipelines.replace('the service is down', 'closed'))
    const { err } = await app.levada('run', '--resume', 'latest')
    expect(err).toContain('Run it anew: levada run shop.totals shop.report --param orders.factor=100 --force')
  })

  test('a change of what is done does no harm', async () => {
    using app = mortalShop({ down: '' })
    await app.levada('run')
    remove(app, 'down')
    app.write('landing/orders.csv', 'id,day,customer,amount\n1,2026-01-01,ann,11\n')
    app.write('stage.sql', 'select id, day, customer, amount from raw')
    expect((await app.levada('run', '--resume', 'latest')).code).toBe(0)
    expect(await rows(app, 'shop.report')).toMatchObject([{ amount: 30.5 }, { amount: 600 }])
  })

  test('of a run that would end the same it is told what to do, and it holds no versions', async () => {
    using app = mortalShop()
    await app.levada('run')
    app.write(
      'pipelines.ts',
      pipelines.replace("key: ['day'] })", "key: ['day'], checks: [between('orders', 100, 200)] })"),
    )
    const { code, out } = await app.levada('run')
    expect([code, out]).toEqual([1, expect.stringContaining('CHECK_FAILED')])
    expect(out.split('\n').at(-1)).toBe('mend it, then: levada run')
    expect((await app.levada('runs', 'latest')).out.split('\n').at(-1)).toBe('mend it, then: levada run')
    const pinned = async (): Promise<unknown> => {
      const { out: json } = await app.levada('versions', 'shop.orders', '--json')
      return (JSON.parse(json) as { versions: { pinned_by: unknown }[] }).versions[0]!.pinned_by
    }
    expect(await pinned()).toEqual([])
    // What hangs on something else may end otherwise.
    app.write('pipelines.ts', pipelines)
    app.write('down', '')
    const down = await app.levada('run', 'shop.totals', 'shop.report', '--force')
    expect(down.out.split('\n').at(-1)).toBe(`go on: levada run --resume ${latest(app)}`)
    const id = latest(app)
    expect(await pinned()).toEqual([id])
    app.write('conf/base/environment.yml', 'retention: { versions: 1, grace: 0m }\n')
    app.write('stage.sql', 'select id, day, customer, amount + 1 as amount from raw\n')
    await app.levada('run', 'shop.orders')
    const { out: gc } = await app.levada('gc')
    expect(gc).toContain(`stays for seven days, or until it is done: levada run --resume ${id}`)
  })

  test('a pinned version that is not kept, what the run made and is gone, a param with another value', async () => {
    using app = mortalShop()
    await app.levada('run', 'shop.orders')
    app.write('down', '')
    await app.levada('run', 'shop.totals', 'shop.report', '--force')
    const id = latest(app)
    remove(app, 'down')
    remove(app, 'data/shop/totals')
    const gone = await app.levada('run', '--resume', id)
    expect(gone.code).toBe(2)
    expect(gone.err).toContain("what it made of 'shop.totals' is not kept, and the rest reads it.")
    expect(gone.err).toContain('levada run shop.totals shop.report --force')

    app.write('total.sql', "select day, count(*) as orders, error('x') as amount from orders group by day")
    await app.levada('run', 'shop.totals')
    await app.levada('run', 'shop.orders', '--force')
    remove(app, 'data/shop/orders/manifests/00000001.json')
    const unpinned = await app.levada('run', '--resume', 'latest')
    expect(unpinned.code).toBe(0)
    const failed = readdirSync(join(app.dir, '.levada/runs')).toSorted().at(-2)!
    const { err } = await app.levada('run', '--resume', failed)
    expect(err).toMatch(
      /error INPUT_CHANGED Run \S+ cannot go on: 'shop\.orders' was version 1 \(\S+\) when it began, and is version 2 \(\S+\); the former is not kept\./,
    )
    app.write('conf/base/parameters.yml', 'orders: { factor: 3 }\n')
    expect((await app.levada('run', '--resume', failed)).err).toContain(
      "cannot go on with 'orders/total': param factor changed.",
    )
  })

  test('bad input: unknown, damaged, of a newer format, of another environment or app, with words beside it', async () => {
    using app = mortalShop({ down: '', 'conf/test/globals.yml': '{}\n' })
    const none = await app.levada('run', '--resume', 'yesterday')
    expect([none.code, none.err]).toEqual([
      2,
      expect.stringContaining("error RUN_UNKNOWN The app has no run 'yesterday': it has none yet."),
    ])
    await app.levada('run')
    const id = latest(app)
    const near = await app.levada('run', '--resume', `${id.slice(0, -1)}x`)
    expect(near.err).toContain(`': the nearest is ${id}.`)
    const test = await app.levada('run', '--resume', id, '--env', 'test')
    expect(test.err).toContain(
      `error NOT_RESUMABLE Run ${id} cannot go on: it is of environment 'dev', not of 'test'.`,
    )
    const words = await app.levada('run', 'shop.orders', '--resume', id, '--force')
    expect(words.err).toContain(
      'error USAGE --resume does what is left of a run, so that it takes no selection and no --force.',
    )
    const file = join(app.dir, '.levada/runs', id, 'run.json')
    const text = readFileSync(file, 'utf8')
    const told = async (damaged: string): Promise<string> => {
      writeFileSync(file, damaged)
      const { code, err } = await app.levada('run', '--resume', id)
      expect(code).toBe(2)
      return err
    }
    expect(await told(text.slice(0, 100))).toContain(`run.json cannot be read: `)
    expect(await told(text.replace('"format":1', '"format":2'))).toContain('has format 2, and this version')
    expect(await told(text.replace('"needs":[]', '"needs":7'))).toContain('is damaged at steps.0.needs: ')
    expect(await told(text.replace(id, 'other'))).toContain('run.json is of run other')
    expect(await told(text.replace('"app":"shop"', '"app":"stand"'))).toContain(
      "it is of the app 'stand', and this is 'shop'",
    )
    rmSync(file)
    const { err } = await app.levada('run', '--resume', id)
    expect(err).toContain('it had nothing to run, or was killed before its first step')
  })

  /** A run that waits for the file 'slow' to go. */
  const goingOn = async (app: Project) => {
    const run = app.start(['run'])
    const log = (): string => {
      const id = existsSync(join(app.dir, '.levada/runs')) && latest(app)
      const file = join(app.dir, '.levada/runs', id || '', 'log.jsonl')
      return existsSync(file) ? readFileSync(file, 'utf8') : ''
    }
    while (!log().includes('waiting')) await new Promise((resolve) => setTimeout(resolve, 20))
    return { run }
  }
  /** Another one that waits for it, and has said so. */
  const waitingFor = async (app: Project, ...wait: readonly string[]) => {
    const resumed = app.start(['run', '--resume', 'latest', '--wait', ...wait])
    const [err] = await once(resumed.stderr, 'data')
    return { resumed, err: String(err) }
  }

  test('a run whose process lives is refused, and its process named', async () => {
    using app = mortalShop({ slow: '' })
    const { run } = await goingOn(app)
    const { code, err } = await app.levada('run', '--resume', 'latest')
    expect(code).toBe(2)
    expect(err).toMatch(
      /error NOT_RESUMABLE Run \S+ cannot go on: process \d+ on \S+ has been running it since /,
    )
    expect(err).toContain(`process ${run.pid} on`)
    expect(err).toContain(`→ Wait for it: levada run --resume ${latest(app)} --wait, or stop it.`)
    const late = await app.levada('run', '--resume', 'latest', '--wait', '1s')
    expect(late.code).toBe(2)
    expect(late.err).toMatch(
      /error NOT_RESUMABLE After 1\.\d s of waiting: Run \S+ cannot go on: process \d+ on \S+ has been running it since .*\n {2}→ Wait for longer, or as long as it takes: /,
    )
    run.kill('SIGKILL')
    await run
    remove(app, 'slow')
    expect((await app.levada('run', '--resume', 'latest')).code).toBe(0)
  })

  test('with --wait it waits for a process that runs it, and goes on when that is dead', async () => {
    using app = mortalShop({ slow: '' })
    const { run } = await goingOn(app)
    const { resumed, err } = await waitingFor(app)
    expect(err).toMatch(/^Waiting\. Run \S+ cannot go on: process \d+ on \S+ has been running it since /)
    expect(err).toContain(`process ${run.pid} on`)
    run.kill('SIGKILL')
    await run
    remove(app, 'slow')
    const { exitCode, stdout } = await resumed
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('1 step left, 3 done')])
    expect(await rows(app, 'shop.report')).toMatchObject([{ amount: 30.5 }, { amount: 600 }])
  })

  test('of several that wait at once each ends well, and one does what is left', async () => {
    using app = mortalShop({ slow: '' })
    const { run } = await goingOn(app)
    const all = await Promise.all(Array.from({ length: 3 }, () => waitingFor(app, '1m')))
    run.kill('SIGKILL')
    remove(app, 'slow')
    const ends = await Promise.all(all.map(({ resumed }) => resumed))
    expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0])
    const text = readFileSync(join(app.dir, '.levada/runs', latest(app), 'log.jsonl'), 'utf8')
    expect(text.match(/"type":"step_finished"[^\n]*"state":"succeeded"/g)).toHaveLength(4)
  })

  test('with --wait there is nothing to do when that process has done it', async () => {
    using app = mortalShop({ slow: '' })
    const { run } = await goingOn(app)
    const { resumed } = await waitingFor(app, '1m')
    remove(app, 'slow')
    expect((await run).exitCode).toBe(0)
    const again = await app.levada('run', '--resume', 'latest')
    const { exitCode, stdout } = await resumed
    expect([exitCode, stdout]).toEqual([again.code, again.out])
    expect(again.out).toContain('Nothing is left of run')
  })

  test('a secret that the run was given is not kept, and is asked for again', async () => {
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
    const id = latest(app)
    for (const file of readdirSync(join(app.dir, '.levada/runs', id)))
      expect(readFileSync(join(app.dir, '.levada/runs', id, file), 'utf8')).not.toContain(secret)
    remove(app, 'down')
    const { code, err } = await app.levada('run', '--resume', id)
    expect(code).toBe(2)
    expect(err).toContain('PARAM_MISSING')
    expect((await app.levada('run', '--resume', id, '--param', `orders.token=${secret}`)).code).toBe(0)
  })
})

describe('a step with several outputs', () => {
  const numbers = async (app: Project): Promise<readonly unknown[]> => [
    await rows(app, 'shop.early'),
    await rows(app, 'shop.late'),
  ]
  const both = (nr: number) => {
    const all = ['2026-01-01', '2026-01-02'].map((day) => ({ day, nr: String(nr) }))
    return [all, all]
  }

  test('U23: killed between two publishes: the intent is stored, and resume publishes the rest without computing it again', async () => {
    using app = mortalShop({ 'pipelines.ts': two, 'kill shop.early': '' })
    expect((await app.start(['run', 'shop.late+', '+shop.late'])).signal).toBe('SIGKILL')
    expect((await app.levada('query', 'select * from shop.late')).err).toContain('NOT_MATERIALIZED')
    remove(app, 'kill shop.early')
    const { code, out } = await app.levada('run', '--resume', 'latest')
    expect(code).toBe(0)
    expect(out).toContain('✓ orders/split · shop.late: 2 rows')
    expect(readFileSync(join(app.dir, 'computed'), 'utf8')).toBe('x')
    expect(await numbers(app)).toEqual(both(1))
    expect(readdirSync(join(app.dir, '.levada/runs', latest(app), 'publishing'))).toEqual([])
    expect((await app.levada('run', 'shop.early', 'shop.late')).out).toContain('Nothing to do')
  })

  test('U23: an error in the second publish keeps what is staged for resume', async () => {
    using app = mortalShop({ 'pipelines.ts': two, 'fail shop.late': '' })
    const failed = await app.levada('run', '+shop.late')
    expect(failed.code).toBe(1)
    expect(failed.out).toContain('no space left')
    remove(app, 'fail shop.late')
    expect((await app.levada('run', '--resume', 'latest')).code).toBe(0)
    expect(readFileSync(join(app.dir, 'computed'), 'utf8')).toBe('x')
    expect(await numbers(app)).toEqual(both(1))
  })

  test.each(['concurrent', 'process'])(
    'with runner %s a retry after the first of two publishes does the second one only',
    async (runner) => {
      using app = mortalShop({ 'pipelines.ts': two, 'lose once shop.late': '' })
      const words = ['--runner', runner, '--retries', '1', '--retry-delay', '10ms']
      const { code, out } = await app.levada('run', '+shop.late', ...words)
      expect([code, out]).toEqual([0, expect.stringContaining('orders/split: again in')])
      expect(readFileSync(join(app.dir, 'computed'), 'utf8')).toBe('x')
      expect(await numbers(app)).toEqual(both(1))
      const { out: json } = await app.levada('versions', 'shop.early', '--json')
      expect((JSON.parse(json) as { versions: unknown[] }).versions).toHaveLength(1)
      expect(readdirSync(join(app.dir, '.levada/runs', latest(app), 'publishing'))).toEqual([])
    },
  )

  test('what was staged is computed again when it is gone, or when somebody published meanwhile', async () => {
    using app = mortalShop({ 'pipelines.ts': two, 'fail shop.late': '' })
    await app.levada('run', '+shop.late')
    const id = latest(app)
    remove(app, 'fail shop.late')
    remove(app, 'data/shop/late/data')
    expect((await app.levada('run', '--resume', id)).code).toBe(0)
    expect(await numbers(app)).toEqual(both(2))

    app.write('fail shop.late', '')
    await app.levada('run', 'shop.late', '--force')
    const second = latest(app)
    remove(app, 'fail shop.late')
    await app.levada('run', 'shop.late', '--force')
    expect(await numbers(app)).toEqual(both(4))
    expect((await app.levada('run', '--resume', second)).code).toBe(0)
    expect(await numbers(app)).toEqual(both(5))
  })

  test('killed before the first publish, all of it is published; killed in the middle of the intent, it is computed again', async () => {
    using app = mortalShop({ 'pipelines.ts': two, 'kill before shop.early': '' })
    expect((await app.start(['run', '+shop.late'])).signal).toBe('SIGKILL')
    remove(app, 'kill before shop.early')
    const folder = join(app.dir, '.levada/runs', latest(app), 'publishing')
    const [file] = readdirSync(folder)
    const text = readFileSync(join(folder, file!), 'utf8')
    expect((await app.levada('run', '--resume', 'latest')).code).toBe(0)
    expect(await numbers(app)).toEqual(both(1))

    app.write('kill before shop.early', '')
    expect((await app.start(['run', 'shop.late', '--force'])).signal).toBe('SIGKILL')
    remove(app, 'kill before shop.early')
    const other = join(app.dir, '.levada/runs', latest(app), 'publishing', file!)
    writeFileSync(other, text.slice(0, 200))
    expect((await app.levada('run', '--resume', 'latest')).code).toBe(0)
    expect(await numbers(app)).toEqual(both(3))
  })
})
