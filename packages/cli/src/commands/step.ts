import {
  errorRecord,
  isLevadaError,
  LevadaError,
  runRecord,
  isInterrupted,
  strayError,
  superviseStep,
  toLevadaErrors,
  watchExit,
  type ErrorCode,
  type ErrorRecord,
  type EventSink,
  type LevadaEvent,
  type RunRecord,
  type Session,
  type StepResult,
  type WorkerOrder,
  type WorkerWord,
} from '@levada/core/run'
import { isMainThread, parentPort } from 'node:worker_threads'
import { appDirOf, openSession, type AppOptions } from '../app.ts'
import { endWithParent } from '../end-with-parent.ts'
import { jsonSink } from '../json-sink.ts'
import { printLine } from '../print-line.ts'
import { stepText } from '../step-text.ts'
import { limitsOf } from '../limits.ts'
import { isClosedPipe, tellStray } from '../strays.ts'

interface StepWords extends AppOptions {
  readonly run?: string | undefined
  readonly step: string
  readonly stepTimeout?: string | undefined
}

/** What orchestrators go by. */
const exitCodes = { done: 0, failed: 65, retry: 75, nothing: 99, stopped: 143 } as const

/** How long a step may take to end when it is told to stop, in ms. */
const graceMs = 4500

/** What nodes call is another function while they run. */
const exit = process.exit.bind(process)

/** The last line on stdout. */
interface ResultLine {
  readonly run_id: string
  readonly step_id: string
  readonly attempt: number
  readonly state: StepResult['state']
  readonly exit_code: number
  readonly duration_ms: number
  readonly materializations: readonly {
    readonly asset: string
    readonly version: string
    readonly number: number
    readonly rows: number
  }[]
  readonly errors: StepResult['errors']
}

/** `levada step`: one attempt of one step of a run. */
export function step(words: StepWords): Promise<number> {
  // A run looks after its workers, as this command does after itself.
  return !isMainThread || process.env[supervisor] === String(process.ppid)
    ? attemptStep(words)
    : supervised(words)
}

/** What is given may be a part of it, or `latest`. What is wrong with it, the step tells. */
async function wholeRunId(words: StepWords): Promise<string> {
  const given = runIdOf(words)
  try {
    return given === '' ? '' : (await runRecord(appDirOf(words), given)).run_id
  } catch {
    return given
  }
}

/** The process that looks after the one with the step, by its id. */
const supervisor = 'LEVADA_SUPERVISOR'

async function supervised(said: StepWords): Promise<number> {
  const words = { ...said, run: await wholeRunId(said) }
  const end = ending(words, printLine)
  const controller = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => controller.abort())
  const { line, state, errors } = await superviseStep({
    command: process.argv[1]!,
    // The last one counts.
    args: [...process.argv.slice(2), '--run', words.run],
    env: { ...process.env, [supervisor]: String(process.pid) },
    appDir: () => appDirOf(words),
    runId: runIdOf(words),
    stepId: words.step,
    sinks: [sinkOf(words, printLine)],
    signal: controller.signal,
    line: console.log,
    errorLine: console.error,
  })
  if (line === undefined) return end(state, { errors })
  console.log(line)
  return codeOf(state, errors)
}

/** Prints the result, as the last line. @returns the exit code */
function ending(
  words: StepWords,
  print: (line: string) => void,
): (state: ResultLine['state'], result?: Partial<StepResult>) => number {
  const started = performance.now()
  const attempt = attemptOf(process.env['LEVADA_ATTEMPT']) ?? 1
  return (state, result) => {
    const { errors = [], materializations = new Map() } = result ?? {}
    const line: ResultLine = {
      run_id: result?.runId ?? runIdOf(words),
      step_id: words.step,
      attempt,
      state,
      exit_code: codeOf(state, errors),
      duration_ms: Math.round(performance.now() - started),
      materializations: [...materializations].map(([asset, { id, number, rows }]) => ({
        asset,
        version: id,
        number,
        rows,
      })),
      errors,
    }
    print(JSON.stringify(line))
    return line.exit_code
  }
}

async function attemptStep(words: StepWords): Promise<number> {
  const said = process.env['LEVADA_ATTEMPT']
  const counted = attemptOf(said)
  const attempt = counted ?? 1
  const end = ending(words, printApart)
  const controller = new AbortController()
  let late: NodeJS.Timeout | undefined
  const endBy = (state: 'cancelled' | 'failed', error?: ErrorRecord): void => {
    controller.abort(error && errorOf(error))
    late ??= setTimeout(() => exit(end(state, error && { errors: [error] })), graceMs)
  }
  const stop = (): void => endBy('cancelled')
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, stop)
  // Whoever started it has died.
  process.once('disconnect', stop)
  const onOrder = (order: WorkerOrder): void => {
    // Whoever computes without a pause does not come to that.
    if (order === 'ask') answer('here')
    else if (order === 'stop') stop()
    else endBy('failed', order.fail)
  }
  process.on('message', onOrder)
  process.channel?.unref()
  // A thread gets no signals.
  parentPort?.on('message', onOrder).unref()
  // What a node leaves to itself may throw; the step is told to its end all the same.
  let isOver = false
  process.setUncaughtExceptionCaptureCallback((error) => {
    if (isClosedPipe(error) || (error instanceof Error && error.name === 'NodeExit')) return
    const stray = strayError(words.step, error, appDirOf(words))
    if (isOver || isInterrupted(error)) tellStray(stray)
    else endBy('failed', errorRecord(stray))
  })
  // Before modules of the app keep it for later.
  watchExit()
  // A node may wait for something that keeps no process alive; its end is told all the same.
  const alive = setInterval(() => {}, 60_000)
  try {
    if (counted === undefined)
      throw new LevadaError('USAGE', `LEVADA_ATTEMPT is '${said}', which is no number from 1 to 999999.`, {
        hint: 'Set it to the number of the attempt, 1 for the first, or not at all.',
      })
    const { session, record } = await openRun(words)
    await using opened = session
    const { signal } = controller
    const sinks = [sinkOf(words, printApart), startSink]
    // A run that starts workers holds what they write.
    let isWatched = false
    const isHeld = process.env['LEVADA_PARENT'] === record.run_id
    const result = await opened.step(record.run_id, words.step, {
      signal,
      sinks,
      attempt,
      isHeld,
      alone: true,
      authorRuns(runs, stepTimeoutMs) {
        if (runs && isMainThread && !isWatched) endWithParent(process.ppid, 5000)
        isWatched ||= runs
        answer(runs ? { begins: stepTimeoutMs } : 'ends')
      },
      ...limitsOf({ stepTimeout: words.stepTimeout }),
    })
    isOver = true
    // A node that does not listen goes on for as long as its process is there. A thread has to close its engine before it ends.
    const goesOn =
      signal.aborted || result.errors.some(({ code }) => code === 'STEP_TIMEOUT' || code === 'MEMORY_LIMIT')
    if (goesOn && isMainThread) exit(end(result.state, result))
    return end(result.state, result)
  } catch (error) {
    if (controller.signal.aborted && !isLevadaError(controller.signal.reason)) {
      if (isMainThread) exit(end('cancelled'))
      return end('cancelled')
    }
    return end('failed', { errors: toLevadaErrors(error).map(errorRecord) })
  } finally {
    clearTimeout(late)
    clearInterval(alive)
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.off(name, stop)
    process.off('disconnect', stop)
    process.off('message', onOrder)
    parentPort?.off('message', onOrder)
  }
}

function answer(word: WorkerWord): void {
  process.send?.(word, () => undefined)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(word)
}

const errorOf = ({ code, message, hint }: ErrorRecord): LevadaError =>
  new LevadaError(code as ErrorCode, message, { hint })

function codeOf(state: ResultLine['state'], errors: ResultLine['errors']): number {
  if (state === 'succeeded') return exitCodes.done
  if (state === 'nothing') return exitCodes.nothing
  if (state === 'cancelled') return exitCodes.stopped
  // One that stays makes another attempt fail, too.
  return errors.length > 0 && errors.every(({ retryable }) => retryable) ? exitCodes.retry : exitCodes.failed
}

/** Undefined when it is none. */
function attemptOf(text = '1'): number | undefined {
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined
}

/** The app as a run was begun with it. @throws RUN_UNKNOWN, NOT_RESUMABLE, USAGE */
async function openRun(words: StepWords): Promise<{ session: Session; record: RunRecord }> {
  const runId = runIdOf(words)
  if (runId === '')
    throw new LevadaError('USAGE', 'Of which run the step is, is not said.', {
      hint: 'Write --run <id>, or set LEVADA_RUN_ID.',
    })
  const record = await runRecord(appDirOf(words), runId)
  const params = withSecrets(record.params, process.env['LEVADA_PARAMS'])
  const options = { ...words, env: words.env ?? record.env }
  return { session: await openSession(options, params, 'the run or LEVADA_PARAMS'), record }
}

const runIdOf = ({ run }: StepWords): string => run ?? process.env['LEVADA_RUN_ID'] ?? ''

/** Whoever looks after this process knows that it is this one that has begun the step. */
const startSink: EventSink = {
  name: 'start',
  event: ({ type }) => type === 'step_started' && answer('started'),
}

const sinkOf = ({ json }: StepWords, print: (line: string) => void): EventSink =>
  json ? jsonSink(print) : textSink()

/** What a node prints, and what it starts, may have begun a line; whoever looks after the step takes no notice of empty ones. */
const printApart = (line: string): void => console.log(`\n${line}`)

function textSink() {
  const made: Extract<LevadaEvent, { type: 'asset_materialized' }>[] = []
  const checks: Extract<LevadaEvent, { type: 'check_finished' }>['result'][] = []
  return {
    name: 'terminal',
    event(event: LevadaEvent) {
      if (event.type === 'asset_materialized') made.push(event)
      if (event.type === 'check_finished') checks.push(event.result)
      if (event.type === 'step_finished') console.log(stepText(event, made, checks).join('\n'))
    },
  }
}

/** Secrets are not recorded: who starts the step gives them, `{"delays":{"token":"…"}}`. @throws USAGE */
function withSecrets(params: RunRecord['params'], text: string | undefined): RunRecord['params'] {
  if (text === undefined) return params
  const all: Record<string, Record<string, unknown>> = {}
  for (const [pipeline, values] of [...Object.entries(params), ...Object.entries(paramsIn(text))])
    all[pipeline] = { ...all[pipeline], ...values }
  return all
}

function paramsIn(text: string): RunRecord['params'] {
  try {
    const given: unknown = JSON.parse(text)
    if (typeof given === 'object' && given !== null) return given as RunRecord['params']
  } catch {
    // Told below.
  }
  throw new LevadaError('USAGE', 'LEVADA_PARAMS is not JSON of values by pipeline.', {
    hint: 'Set it as {"pipeline":{"name":"value"}}, or not at all.',
  })
}
