// dbt is interrupted or killed, or we are: nothing stays behind, and what happened is told.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, inject, test } from 'vitest'
import type { DbtRun } from '../src/index.ts'
import { shop, type Shop } from './shop.ts'

const environments = inject('dbt').filter(({ executable }) => executable !== undefined)
// A query of minutes.
const slow = {
  'models/orders.sql':
    "{{ config(materialized='table') }}\nselect count(*) as id, sum(a.range * b.range) as amount from range(1000000) a, range(1000000) b\n",
}

/** Processes with the project's folder among their words. */
const processes = ({ dir }: Shop): readonly number[] =>
  execFileSync('ps', ['-eo', 'pid=,stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(dir) && !/^\s*\d+ Z/.test(line) && !line.includes('ps -eo'))
    .map((line) => Number.parseInt(line, 10))

async function untilGone(it: Shop, seconds: number): Promise<void> {
  for (let n = 0; n < seconds * 10 && processes(it).length > 0; n++) await sleep(100)
  expect(processes(it)).toEqual([])
}

/** Waits until the slow model runs. */
async function untilSlow(run: DbtRun): Promise<AsyncIterator<unknown>> {
  const events = run[Symbol.asyncIterator]()
  for (;;) {
    const { value, done } = await events.next()
    if (done === true) throw new Error('dbt ended')
    if (value.kind === 'node_started' && value.node.name === 'orders') return events
  }
}

async function untilEnd(events: AsyncIterator<unknown>): Promise<void> {
  while ((await events.next()).done !== true);
}

describe.each(environments)('$title', { timeout: 300_000 }, (environment) => {
  test('an abort interrupts dbt, and nothing is left when the call throws', async () => {
    await using it = shop(environment, slow)
    const stop = new AbortController()
    const run = it.with({ graceMs: 5000 }).build({ signal: stop.signal, vars: { mark: it.dir } })
    const events = await untilSlow(run)
    expect(processes(it).length).toBeGreaterThan(0)
    stop.abort()
    await expect(untilEnd(events)).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(processes(it)).toEqual([])
  })

  test('one that was aborted before does not start', async () => {
    await using it = shop(environment)
    await expect(it.dbt.build({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  test('dbt that is killed is WORKER_DIED', async () => {
    await using it = shop(environment, slow)
    const run = it.dbt.build({ vars: { mark: it.dir } })
    const events = await untilSlow(run)
    const [dbt] = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes(it.dir) && Number(line.trim().split(/\s+/)[1]) === process.pid)
      .map((line) => Number.parseInt(line, 10))
    process.kill(dbt!, 'SIGKILL')
    await expect(untilEnd(events)).rejects.toMatchObject({
      code: 'WORKER_DIED',
      retryable: true,
      message: expect.stringContaining('SIGKILL') as string,
    })
    await untilGone(it, 1)
  })

  test('dbt ends when we are killed', async () => {
    await using it = shop(environment, slow)
    const source = `import { createDbt } from ${JSON.stringify(join(import.meta.dirname, '../src/index.ts'))}
const dbt = createDbt(${JSON.stringify({ projectDir: it.dir, executable: environment.executable, env: environment.env, graceMs: 3000 })})
for await (const event of dbt.build({ vars: { mark: ${JSON.stringify(it.dir)} } }))
  if (event.kind === 'node_started' && event.node.name === 'orders') console.log('slow')`
    const parent = spawn(
      process.execPath,
      ['--conditions=@levada/source', '--input-type=module', '-e', source],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    await once(parent.stdout, 'data')
    parent.kill('SIGKILL')
    await once(parent, 'exit')
    expect(processes(it).length).toBeGreaterThan(0)
    await untilGone(it, 10)
  })
})
