import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openCrashBench } from '../src/bench.ts'
import { mounting } from '../src/disk.ts'
import { disturbAll } from '../src/matrix.ts'
import type { Store } from '../src/scenario.ts'
import { expectWhole } from './expect-whole.ts'

test.for([
  ['parquet', 14, undefined],
  // What differs by format.
  ['files', 6, ['run', 'gc']],
] satisfies [Store, number, string[] | undefined][])(
  '%s: whatever kills a command or fails for it, readers see whole versions, and it can be ended as if nothing had been',
  { timeout: 300_000 },
  async ([store, some, only]) => {
    await using bench = await openCrashBench(store, { ...(only && { only }) })
    await expectWhole(bench, 7, some)
  },
)

test('a run that syncs nothing is found out', { timeout: 300_000 }, async () => {
  await using bench = await openCrashBench('parquet', { syncs: false, only: ['run'] })
  const [scene] = bench.scenes
  // Towards the end, where most has been written.
  const places = scene!.ops.map((_, point) => ({ scene: scene!, where: { point }, power: true })).slice(-6)
  const wrong: string[] = []
  await disturbAll(places, 1, (_, outcome) => void wrong.push(...outcome.wrong))
  expect(wrong).not.toEqual([])
})

test('what a step was about to publish may stay, when it is published', { timeout: 300_000 }, async () => {
  await using bench = await openCrashBench('parquet', { only: ['run'] })
  const [scene] = bench.scenes
  const point = scene!.ops.findIndex(
    ({ name, path, phase }) => name === 'rm' && phase === 'before' && path.includes('/publishing/'),
  )
  const { at, wrong, said } = await scene!.disturb({ point, fault: 'EMFILE' })
  expect([at?.path, wrong, said]).toEqual([
    expect.stringContaining('/publishing/'),
    [],
    expect.stringMatching(/^succeeded in/m),
  ])
})

test(
  'a gc that is killed while it removes a version is ended by the next one',
  { timeout: 300_000 },
  async () => {
    await using bench = await openCrashBench('parquet', { only: ['gc'] })
    const [scene] = bench.scenes
    const point = scene!.ops.findIndex(
      ({ name, path, phase }) =>
        name === 'rm' && phase === 'during' && /moves\/data\/.*-\w{6}-\w{6}/.test(path),
    )
    const { at, wrong } = await scene!.disturb({ point })
    expect([at?.path, wrong]).toEqual([expect.stringContaining('moves/data'), []])
  },
)

test.skipIf(mounting === undefined)(
  'a disk that is full, also for an engine that writes, is told, and the run goes on when there is room (skipped where users cannot mount)',
  { timeout: 300_000 },
  () => {
    const main = join(import.meta.dirname, '../src/main.ts')
    const words = '--full-disk --store parquet --only run --seed 7 --places 5'.split(' ')
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--conditions=@levada/source', main, ...words],
      { encoding: 'utf8' },
    )
    console.log(stdout)
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/disturbed at 5 of 5 places, \d+ that an engine was refused, \d+ resumed/)
  },
)
