import { expect, inject, test } from 'vitest'
import { openCrashBench } from '../src/bench.ts'
import { openDatabases } from '../src/databases.ts'
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
