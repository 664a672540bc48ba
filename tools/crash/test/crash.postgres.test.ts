import { expect, inject, test } from 'vitest'
import { openCrashBench } from '../src/bench.ts'
import { openDatabases } from '../src/databases.ts'
import { disturbAll } from '../src/matrix.ts'
import { expectWhole } from './expect-whole.ts'

test(
  'whatever kills a command or cuts its connection, readers see whole versions, and it can be ended as if nothing had been',
  { timeout: 300_000 },
  async () => {
    await using databases = await openDatabases(inject('postgres'))
    await using bench = await openCrashBench('postgres', { databases })
    const [run] = bench.scenes
    expect(run!.ops.filter(({ name }) => name === 'postgres query').length).toBeGreaterThan(300)
    await expectWhole(bench, 7, 14)
  },
)

test(
  'of several outputs one that cannot be ended fails its step, and nothing else',
  { timeout: 300_000 },
  async () => {
    await using databases = await openDatabases(inject('postgres'))
    await using bench = await openCrashBench('postgres', { databases, only: ['run'] })
    const [scene] = bench.scenes
    // The last that is asked of what was written.
    const places = scene!.ops.flatMap(({ path, phase }, point) =>
      phase === 'before' && path.startsWith('select pg_total_relation_size')
        ? [{ scene: scene!, where: { point, fault: 'CUT' as const }, power: false }]
        : [],
    )
    expect(places.length).toBeGreaterThan(4)
    const wrong: string[] = []
    await disturbAll(places, 1, (_, outcome) => void wrong.push(...outcome.wrong))
    expect(wrong).toEqual([])
  },
)
