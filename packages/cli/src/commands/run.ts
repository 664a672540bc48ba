import type { EventSink, Plan, RunnerName, Session } from '@levada/core/run'
import { didYouMean, LevadaError, logFile, preloadRun, runners } from '@levada/core/run'
import { relative } from 'node:path'
import { openSession, type AppOptions } from '../app.ts'
import { interruption } from '../interruption.ts'
import { jsonSink } from '../json-sink.ts'
import { createProgress } from '../progress.ts'
import { paramsOf, planOptionsOf, selectionOf, type PlanWords, type SelectionOptions } from '../selection.ts'
import { paint } from '../style.ts'
import { summary } from '../summary.ts'

export interface RunOptions extends AppOptions, SelectionOptions, PlanWords {
  readonly runner?: string | undefined
  readonly resume?: string | undefined
}

export async function run(selection: readonly string[], options: RunOptions): Promise<number> {
  const runner = runnerOf(options.runner)
  if (options.resume !== undefined)
    return await (await import('./resume.ts')).resume(options.resume, selection, options)
  await using session = await openSession(options, paramsOf(options.param))
  return await runPlan(
    session,
    session.plan(selectionOf(selection, options), planOptionsOf(session, options)),
    {
      runner,
      json: options.json === true,
    },
  )
}

interface RunWords {
  readonly runner: RunnerName
  readonly json: boolean
  readonly maxFailures?: number | undefined
  /** Who else wants the events. */
  readonly also?: readonly EventSink[]
}

/** Runs a plan and tells of it. @returns the exit code */
export async function runPlan(
  session: Session,
  planning: Promise<Plan>,
  { runner, json, maxFailures, also = [] }: RunWords,
): Promise<number> {
  // While the engine starts; Node makes stdout when it is first asked for.
  setImmediate(() => {
    void process.stdout
    void preloadRun()
  })
  const plan = await planning
  if (!json) for (const notice of plan.notices) console.log(`${paint('yellow', '!')} ${notice}`)
  const { signal, stop } = interruption(
    json ? undefined : 'Stopping; what is published stays. Once more to stop at once.',
  )
  const facts = summary()
  // A node may wait for something that keeps no process alive; the run is told to its end all the same.
  const alive = setInterval(() => {}, 60_000)
  const progress: EventSink = json ? jsonSink() : await createProgress(plan)
  try {
    const result = await session.run(plan, {
      signal,
      runner,
      ...(maxFailures !== undefined && { maxFailures }),
      sinks: [progress, facts.sink, ...also],
      report: (message) => console.error(message),
    })
    if (!json) {
      console.log(
        facts.text(session, plan, result, relative(process.cwd(), logFile(session.appDir, result.runId))),
      )
      if (result.state === 'failed' || result.state === 'cancelled')
        console.log(paint('dim', `go on: levada run --resume ${result.runId}`))
    }
    return { succeeded: 0, nothing: 0, failed: 1, cancelled: 130 }[result.state]
  } finally {
    clearInterval(alive)
    stop()
  }
}

/** @throws USAGE */
export function runnerOf(name = 'concurrent'): RunnerName {
  const runner = runners.find((each) => each === name)
  if (runner) return runner
  throw new LevadaError('USAGE', `There is no runner '${name}'.${didYouMean(name, runners)}`, {
    hint: `Use --runner ${runners.slice(0, -1).join(', ')} or ${runners.at(-1)}.`,
  })
}
