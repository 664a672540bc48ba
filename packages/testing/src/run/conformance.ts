import type { LevadaEvent, RunOptions } from '@levada/core/run'
import { runCases, type Case, type OptOuts, type Runner } from '../runner.ts'
import { withLab, type Behaviour, type Lab } from './lab.ts'

export interface RunnerSuite {
  readonly name: string
  /** What makes a run use it: `{ runner: 'process' }`. */
  readonly options: RunOptions
  /** Apps are written below this folder. From there `@levada/core`, `@levada/io-parquet`, `@levada/resource-duckdb` and, for workers, `@levada/cli` have to be found. */
  readonly root: string
  /** By the title of the case. */
  readonly optOut?: OptOuts
}

/**
 * Tests whether a runner does what the sequential one does: the same events of each step, rows, lineage, failures and cancellation.
 * @example
 * runnerConformance({ describe, test, expect }, { name: 'process', options: { runner: 'process' }, root: join(import.meta.dirname, 'tmp') })
 */
export function runnerConformance(runner: Runner, { name, options, root, optOut }: RunnerSuite): void {
  runCases(runner, { name, cases, optOut }, (work) => withLab({ root, options, expect: runner.expect }, work))
}

const cases: readonly Case<Lab>[] = [
  {
    title: 'the events of each step, the rows and the lineage are those of the sequential runner',
    async run(lab) {
      const { runId: _, ...told } = await lab.run()
      const { runId: __, ...reference } = await lab.reference()
      lab.expect(told).toEqual(reference)
      lab.expect(told.state).toEqual('succeeded')
    },
  },
  {
    title: 'a step that throws fails alone: what needs it is skipped, the rest goes on',
    async run(lab) {
      const { runId: _, ...told } = await lab.run({ fail: 'double' })
      const { runId: __, ...reference } = await lab.reference({ fail: 'double' })
      lab.expect(told).toEqual(reference)
      lab.expect([told.state, told.steps]).toEqual([
        'failed',
        {
          't/act': 'skipped',
          't/count': 'succeeded',
          't/double': 'failed',
          't/last': 'skipped',
          't/split': 'skipped',
          't/triple': 'succeeded',
        },
      ])
    },
  },
  {
    title: 'a check that blocks publishes nothing, and tells its rows',
    async run(lab) {
      const { runId: _, ...told } = await lab.run({ highest: 60 })
      const { runId: __, ...reference } = await lab.reference({ highest: 60 })
      lab.expect(told).toEqual(reference)
      lab.expect([told.state, told.rows]).toEqual(['failed', {}])
    },
  },
  {
    title: 'a run that is stopped ends what runs and starts nothing more',
    async run(lab) {
      const controller = new AbortController()
      const stop = {
        name: 'stop',
        event: ({ type }: { readonly type: string }) => void (type === 'log' && controller.abort()),
      }
      const { state, steps, rows } = await lab.run(
        { wait: 'split' },
        { signal: controller.signal, sinks: [stop] },
      )
      lab
        .expect([state, steps['t/split'], steps['t/last'], steps['t/act']])
        .toEqual(['cancelled', 'cancelled', 'skipped', 'skipped'])
      lab.expect(Object.keys(rows)).toEqual(['t.numbers', 't.doubled', 't.tripled'])
    },
  },
  {
    title: 'that a run is being stopped is told at once, with what still runs, whether or not that listens',
    async run(lab) {
      for (const deaf of [false, true]) {
        const controller = new AbortController()
        const told: string[] = []
        let atOnce: readonly string[] = []
        const stop = {
          name: 'stop',
          event(event: LevadaEvent) {
            if (event.type === 'run_stopping') told.push(`stopping ${event.reason} ${event.running.join()}`)
            if (event.type === 'step_finished' && event.node === 'split') told.push(`split ${event.state}`)
            if (event.type === 'run_finished') told.push(`run ${event.state}`)
            if (event.type !== 'log') return
            controller.abort()
            atOnce = [...told]
          },
        }
        await lab.run({ wait: 'split', deaf }, { signal: controller.signal, sinks: [stop] })
        lab.expect(atOnce).toEqual(['stopping cancelled t/split'])
        lab.expect(told).toEqual(['stopping cancelled t/split', 'split cancelled', 'run cancelled'])
      }
    },
  },
  {
    title: 'what is left of a run is done by going on with it',
    async run(lab) {
      const behaviour = { fail: 'split' }
      const { runId, steps } = await lab.run(behaviour)
      lab.expect(steps['t/split']).toEqual('failed')
      const again = await lab.resume(runId, behaviour)
      lab
        .expect([again.runId, again.steps])
        .toEqual([runId, { 't/act': 'succeeded', 't/last': 'succeeded', 't/split': 'succeeded' }])
      const { rows } = await lab.reference()
      lab.expect(again.rows).toEqual(rows)
    },
  },
  {
    title: 'no more steps run at once than the environment lets, by tag or by engine',
    async run(lab) {
      const { rows } = await lab.reference()
      const delays = { double: 300, last: 300, act: 300 }
      const most = async (env: string, counted: readonly string[]): Promise<number> => {
        const running = new Set<string>()
        let highest = 0
        const count = {
          name: 'count',
          event(event: LevadaEvent) {
            if (event.type === 'step_started' && counted.includes(event.node)) running.add(event.node)
            if (event.type === 'step_finished') running.delete(event.node)
            highest = Math.max(highest, running.size)
          },
        }
        const told = await lab.run({ delays }, { sinks: [count] }, env)
        lab.expect([told.state, told.rows]).toEqual(['succeeded', rows])
        return highest
      }
      lab.expect(await most('one-tagged', ['double', 'triple'])).toEqual(1)
      lab.expect(await most('one-by-one', ['count', 'double', 'triple', 'split', 'last', 'act'])).toEqual(1)
    },
  },
  {
    title:
      'plugins are called around a step where it runs, the first outermost, and cannot change what came of it',
    async run(lab) {
      const around = async (behaviour: Behaviour): Promise<readonly [string | undefined, unknown]> => {
        const { runId: _, ...told } = await lab.run(behaviour)
        const { runId: __, ...reference } = await lab.reference(behaviour)
        lab.expect(told).toEqual(reference)
        const own = (told.events['t/double'] ?? []) as readonly {
          readonly message?: string
          readonly errors?: readonly { readonly code: string; readonly message: string }[]
        }[]
        const lines = own.flatMap(({ message, errors = [] }) => [
          ...(message === undefined ? [] : [message]),
          ...errors.map((error) => `${error.code} ${error.message}`),
        ])
        return [told.steps['t/double'], lines]
      }
      const before = (name: string): string => `${name} before t/double of t.numbers to t.doubled, attempt 1`
      const both = [before('outer'), before('inner')]
      lab
        .expect(await around({ hooks: 'tell' }))
        .toEqual(['succeeded', [...both, 'inner after t/double', 'outer after t/double']])
      const failed = "NODE_FAILED Node 't/double' threw RangeError: double cannot"
      const caught = ['inner caught NODE_FAILED', 'inner after t/double', 'outer caught NODE_FAILED']
      lab
        .expect(await around({ hooks: 'tell', fail: 'double' }))
        .toEqual(['failed', [...both, ...caught, 'outer after t/double', failed]])
      const fault = "PLUGIN_FAILED Plugin 'inner' failed before step 't/double', which did not run:"
      lab
        .expect(await around({ hooks: 'before' }))
        .toEqual([
          'failed',
          [...both, 'outer caught undefined', 'outer after t/double', `${fault} RangeError: not now`],
        ])
      lab
        .expect(await around({ hooks: 'never' }))
        .toEqual([
          'failed',
          [
            ...both,
            'outer caught undefined',
            'outer after t/double',
            `${fault} TypeError: next() was not called`,
          ],
        ])
      // What is published stays.
      const late = "Plugin 'inner' failed after step 't/double': RangeError: too late"
      lab
        .expect(await around({ hooks: 'after' }))
        .toEqual(['succeeded', [...both, 'outer caught undefined', 'outer after t/double', late]])
    },
  },
  {
    title:
      'in whatever order steps are listed and however long each takes, what they tell, the rows and the lineage are the same',
    async run(lab) {
      const { runId: _, events, ...reference } = await lab.reference()
      for (const seed of [1, 2, 3]) {
        const next = numbersOf(seed)
        const delays = Object.fromEntries(
          ['double', 'split', 'last', 'act'].map((name) => [name, next() % 80]),
        )
        const { runId: __, events: told, ...rest } = await lab.run({ delays, order: next })
        lab.expect(rest).toEqual(reference)
        // Of the run itself the order of its steps is told.
        lab.expect({ ...told, run: undefined }).toEqual({ ...events, run: undefined })
      }
    },
  },
]

/** Numbers in a random order, always the same ones for a seed. */
function numbersOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state
  }
}
