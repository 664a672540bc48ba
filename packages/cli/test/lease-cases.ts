// What runs in processes of their own do to each other, wherever assets are stored.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { project, shop, type Project } from './project.ts'

/** The shop with a node that says that it runs, and ends when it may. */
export const slowShop = (files: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
  ...shop,
  'levada.config.ts': shop['levada.config.ts']!.replace(
    'import { customers,',
    'import { slow, customers,',
  ).replace('pipelines: [', 'pipelines: [slow, '),
  'pipelines.ts': `${shop['pipelines.ts']!}
import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { node } from '@levada/core'
const numbers = asset('shop.numbers', { schema: z.object({ pid: z.int() }) })
export const slow = definePipeline('slow', {
  nodes: [
    node('numbers', {
      outputs: { numbers },
      async run(_, { outputs }) {
        await outputs.numbers.write({ pid: process.pid })
        writeFileSync('running', '')
        while (!existsSync('go')) await sleep(10)
      },
    }),
  ],
})
`,
  ...files,
})

const running = (app: Project): Promise<void> =>
  expect.poll(() => existsSync(join(app.dir, 'running')), { timeout: 20_000 }).toBe(true) as never

/** A run whose leases are lost after 300 ms without a beat. */
const soonLost = (app: Project, waits: 'wait' | 'at once'): ChildProcess =>
  spawn(
    process.execPath,
    [
      '--conditions=@levada/source',
      join(import.meta.dirname, 'lease-run.ts'),
      'shop.numbers',
      waits,
      '20',
      '300',
    ],
    { cwd: app.dir, stdio: ['ignore', 'pipe', 'inherit'] },
  )

/** @param filesOf the files that differ from those of the shop, by the number of the case */
export function leaseCases(filesOf: (number: number) => Readonly<Record<string, string>>): void {
  let cases = 0
  const open = (): Project => project(slowShop(filesOf(++cases)))
  const numbers = async (app: Project): Promise<readonly { number: number; run_id: string }[]> => {
    const { out } = await app.levada('versions', 'shop.numbers', '--json')
    return (JSON.parse(out) as { versions: { number: number; run_id: string }[] }).versions
  }

  test('a second run is told who writes the asset, or waits and plans again', async () => {
    using app = open()
    const first = app.start(['run', 'shop.numbers'])
    await running(app)
    const second = await app.levada('run', 'shop.numbers')
    expect([second.code, second.err]).toEqual([
      2,
      expect.stringMatching(
        /^error LEASED 'shop\.numbers' is being written by run \S+ of the app 'shop' \(process \d+ on /,
      ),
    ])
    expect(second.err).toContain('→ Wait for it: levada run shop.numbers --wait, which takes the asset over')
    const late = await app.levada('run', 'shop.numbers', '--wait', '1s')
    expect([late.code, late.err]).toEqual([
      2,
      expect.stringMatching(
        /error LEASED After \d+\.\d s of waiting 'shop\.numbers' is not free yet\. 'shop\.numbers' is being written by run /,
      ),
    ])
    expect(late.err).toContain(
      '→ Wait for longer, or as long as it takes: levada run shop.numbers --wait, which',
    )
    // What this one does not write can run.
    expect((await app.levada('run', 'shop.customers')).code).toBe(0)
    const waiting = app.start(['run', 'shop.numbers', '--wait'])
    app.write('go', '')
    const { exitCode, stdout } = await waiting
    expect([(await first).exitCode, exitCode]).toEqual([0, 0])
    expect(stdout).toContain('Nothing to do')
    expect(await numbers(app)).toMatchObject([{ number: 1 }])
  })

  test('a version is restored when the run is over that writes the asset, if one waits for it', async () => {
    using app = open()
    app.write('go', '')
    for (let i = 0; i < 2; i++) await app.levada('run', 'shop.numbers', '--force')
    for (const file of ['go', 'running']) rmSync(join(app.dir, file))
    const run = app.start(['run', 'shop.numbers', '--force'])
    await running(app)
    const words = ['restore', 'shop.numbers', '--version', '1']
    const refused = await app.levada(...words)
    expect([refused.code, refused.err]).toEqual([
      2,
      expect.stringContaining('→ Wait for it: levada restore shop.numbers --version 1 --wait, which'),
    ])
    const late = await app.levada(...words, '--wait', '1s')
    expect([late.code, late.err]).toEqual([
      2,
      expect.stringMatching(/error LEASED After \d+\.\d s of waiting/),
    ])
    const waiting = app.start([...words, '--wait'])
    await once(waiting.stderr!, 'data')
    app.write('go', '')
    const { exitCode, stdout } = await waiting
    expect([(await run).exitCode, exitCode]).toEqual([0, 0])
    expect(stdout).toContain('shop.numbers: version 4 is version 1 of ')
    expect(stdout).toContain('Version 3 is not current any more')
  })

  test('a run that was killed is taken over at once', async () => {
    using app = open()
    const first = app.start(['run', 'shop.numbers'])
    await running(app)
    first.kill('SIGKILL')
    await first
    app.write('go', '')
    const { code, err } = await app.levada('run', 'shop.numbers')
    expect([code, err]).toEqual([0, expect.stringContaining("'shop.numbers' is taken over from run ")])
    expect(await numbers(app)).toMatchObject([{ number: 1 }])
  })

  test('a run that is paused too long publishes nothing: SUPERSEDED', async () => {
    using app = open()
    const paused = soonLost(app, 'at once')
    const said = text(paused.stdout!)
    await running(app)
    paused.kill('SIGSTOP')
    app.write('go', '')
    const other = soonLost(app, 'wait')
    const lines = (await text(other.stdout!)).trim().split('\n')
    // A server knows at once for how long nothing was heard.
    expect(lines.filter((line) => line !== 'LEASED')).toEqual(['started', 'published 1', 'succeeded'])
    const ended = once(paused, 'exit')
    paused.kill('SIGCONT')
    await ended
    expect((await said).trim().split('\n')).toEqual(['started', 'SUPERSEDED', 'failed'])
    expect(await numbers(app)).toMatchObject([{ number: 1 }])
  })
}
