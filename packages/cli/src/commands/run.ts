import type { EventSink, Plan, RunnerName, RunResult, Session, Waiting } from '@levada/core/run'
import { didYouMean, LevadaError, logFile, preloadRun, runCommand, runners } from '@levada/core/run'
import { relative } from 'node:path'
import { openSession, type AppOptions } from '../app.ts'
import { tellingDamage } from '../damage.ts'
import { remedyText } from '../errors.ts'
import { interruption } from '../interruption.ts'
import { jsonSink } from '../json-sink.ts'
import { limitsOf, type Limits, type LimitWords } from '../limits.ts'
import { createProgress } from '../progress.ts'
import { paramsOf, planOptionsOf, selectionOf, type PlanWords, type SelectionOptions } from '../selection.ts'
import { catchStrays } from '../strays.ts'
import { paint } from '../style.ts'
import { summary } from '../summary.ts'
import { waitingCommand, waitOf } from '../wait.ts'

export interface RunOptions extends AppOptions, SelectionOptions, PlanWords, LimitWords {
  readonly runner?: string | undefined
  readonly resume?: string | undefined
  readonly wait?: string | boolean | undefined
}

/** @param words the command line */
export async function run(
  selection: readonly string[],
  options: RunOptions,
  words: readonly string[],
): Promise<number> {
  const runner = runnerOf(options.runner)
  if (options.resume !== undefined)
    return await (await import('./resume.ts')).resume(options.resume, selection, options, words)
  const wait = waitOf(options.wait)
  await using session = await openSession(options, paramsOf(options.param))
  const plan = (): Promise<Plan> =>
    session.plan(selectionOf(selection, options), planOptionsOf(session, options))
  return await runPlan(session, plan(), {
    runner,
    json: options.json === true,
    limits: limitsOf(options),
    words,
    ...(wait !== undefined && { wait: { forMs: wait, plan } }),
  })
}

interface RunWords {
  readonly runner: RunnerName
  /** The command line. */
  readonly words: readonly string[]
  readonly limits?: Limits
  readonly json: boolean
  readonly maxFailures?: number | undefined
  /** Whether to say how what is left is resumed. @default true */
  readonly tellsResume?: boolean
  /** Who else wants the events. */
  readonly also?: readonly EventSink[]
  /** Waits for runs that write the same assets, and plans again afterwards. */
  readonly wait?: {
    readonly forMs: number
    /** When the waiting has begun. @default now */
    readonly since?: number
    /** @param waiting for what is left of the time */
    readonly plan: (waiting: Pick<Waiting, 'forMs' | 'signal'>) => Promise<Plan>
  }
}

/** Runs a plan and tells of it. @returns the exit code */
export async function runPlan(
  session: Session,
  planning: Promise<Plan>,
  { runner, words, json, limits, maxFailures, tellsResume = true, also = [], wait }: RunWords,
): Promise<number> {
  // While the engine starts; Node makes stdout when it is first asked for.
  setImmediate(() => {
    void process.stdout
    void preloadRun()
  })
  let plan = await tellingDamage(session, planning)
  if (!json) for (const notice of plan.notices) console.log(`${paint('yellow', '!')} ${notice}`)
  const { signal, stop } = interruption(
    json ? undefined : 'Stopping; what is published stays. Once more to stop at once.',
  )
  const facts = summary()
  // A node may wait for something that keeps no process alive; the run is told to its end all the same.
  const alive = setInterval(() => {}, 60_000)
  process.on('exit', tellEarlyEnd)
  catchStrays()
  const began = wait?.since ?? performance.now()
  const report = (message: string): void => console.error(message)
  const leases = { waitsBy: waitingCommand(words) }
  const attempt = async (): Promise<RunResult> => {
    const progress: EventSink = json ? jsonSink() : await createProgress(plan)
    const sinks = [progress, facts.sink, ...also]
    const failures = maxFailures === undefined ? {} : { maxFailures }
    try {
      return await session.run(plan, { signal, runner, ...limits, ...failures, leases, sinks, report })
    } catch (error) {
      // It has not begun.
      await progress.close?.()
      throw error
    }
  }
  /** What another run has published meanwhile counts: it is planned again. */
  const whenFree = async ({ forMs, plan: again }: NonNullable<RunWords['wait']>): Promise<void> => {
    const leftMs = (): number => forMs - (performance.now() - began)
    await session.whenFree(plan, {
      forMs: leftMs(),
      signal,
      leases,
      report,
      told: ({ message }) => report(`Waiting. ${message}`),
    })
    plan = await again({ forMs: leftMs(), signal })
  }
  try {
    let result: RunResult | undefined
    while (!result) {
      try {
        result = await attempt()
      } catch (error) {
        if (!wait || !(error instanceof LevadaError) || error.code !== 'LEASED') throw error
        await whenFree(wait)
      }
    }
    if (!json) {
      for (const error of result.errors)
        console.log(`${paint('red', `error ${error.code}`)} ${error.message}\n  ${remedyText(error)}`)
      console.log(
        facts.text(session, plan, result, relative(process.cwd(), logFile(session.appDir, result.runId))),
      )
      if (tellsResume && (result.state === 'failed' || result.state === 'cancelled'))
        console.log(
          paint(
            'dim',
            result.settled
              ? `mend it, then: ${runCommand(plan.selection, plan.env, plan.partition).trim()}`
              : `go on: levada run --resume ${result.runId}`,
          ),
        )
    }
    return { succeeded: 0, nothing: 0, failed: 1, cancelled: 130 }[result.state]
  } finally {
    clearInterval(alive)
    process.off('exit', tellEarlyEnd)
    stop()
  }
}

/** Something has ended the process as if all were well. */
function tellEarlyEnd(code: number): void {
  if (code !== 0) return
  console.error('The run was ended from within before it was done: something called process.exit().')
  process.exitCode = 1
}

/** @throws USAGE */
export function runnerOf(name = 'concurrent'): RunnerName {
  const runner = runners.find((each) => each === name)
  if (runner) return runner
  throw new LevadaError('USAGE', `There is no runner '${name}'.${didYouMean(name, runners)}`, {
    hint: `Use --runner ${runners.slice(0, -1).join(', ')} or ${runners.at(-1)}.`,
  })
}
