import { createInterface } from 'node:readline'
import { errorRecord, type LevadaError } from '../errors/index.ts'
import type { EventSink } from '../events/index.ts'
import { stepTimeout } from './execute.ts'
import { heapFull } from './memory-limit.ts'
import { tellCutOff } from './recorded-run.ts'
import { startChild } from './worker-child.ts'
import { died, LastWords, linesOf, told, type ResultLine } from './worker-words.ts'

export interface Supervision {
  /** The command, a path, and its words: `levada step` of the step. */
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** @throws where there is none, which the step tells itself */
  readonly appDir: () => string
  readonly runId: string
  readonly stepId: string
  /** What they are told goes to the log of the run, too. */
  readonly sinks: readonly EventSink[]
  /** Ends the step within 5 s. */
  readonly signal: AbortSignal
  /** Called with each line that it prints, but for its result. */
  readonly line: (line: string) => void
  readonly errorLine: (line: string) => void
}

/** How an attempt ended. `line` is what it printed of that itself, which has not been handed on yet. */
export type Supervised = Pick<ResultLine, 'state' | 'errors'> & { readonly line: string | undefined }

/** The node's own time to end is over by then, in ms. */
const graceMs = 5000

/**
 * Runs one attempt of a step by itself in a process of its own, since whoever computes without a pause hears no signal: this one does,
 * ends it, and tells what a process that died could not tell.
 */
export async function superviseStep(supervision: Supervision): Promise<Supervised> {
  const { command, args, env, appDir, runId, stepId, sinks, signal, line, errorLine } = supervision
  let late: NodeJS.Timeout | undefined
  let tooLong: LevadaError | undefined
  let hasStarted = false
  const child = startChild('process', {
    command,
    args,
    env,
    readsInput: true,
    onWord(word) {
      if (word === 'started') hasStarted = true
      if (typeof word === 'string' || word.begins === undefined) return
      // It looks after its time itself, if it can.
      const timeoutMs = word.begins
      late ??= setTimeout(() => {
        tooLong = stepTimeout({ id: stepId }, timeoutMs)
        child.watch()
      }, timeoutMs + graceMs)
    },
  })
  const stop = (): void => child.stop()
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  const lastWords = new LastWords(errorLine)
  createInterface(child.stderr).on('line', (each) => lastWords.line(each))
  let result: { readonly line: string; readonly said: ResultLine } | undefined
  for await (const each of linesOf(child.stdout)) {
    const said = told(each, runId, stepId)
    if (said && !('type' in said)) {
      result = { line: each, said }
      child.finish()
    } else line(each)
  }
  const how = await child.ended
  const isFull = lastWords.tellOfHeap()
  signal.removeEventListener('abort', stop)
  clearTimeout(late)
  const failure = isFull ? heapFull(stepId, undefined) : (tooLong ?? died({ id: stepId }, how))
  const untold = signal.aborted
    ? ({ state: 'cancelled', errors: [] } as const)
    : ({ state: 'failed', errors: [errorRecord(failure)] } as const)
  const { state, errors } = result?.said ?? untold
  if (hasStarted && (state === 'cancelled' || state === 'failed'))
    try {
      await tellCutOff({ appDir: appDir(), runId, stepId }, state, errors, sinks)
    } catch (error) {
      errorLine(`The log of the run does not tell the end of step '${stepId}': ${(error as Error).message}`)
    }
  return { state, errors, line: result?.line }
}
