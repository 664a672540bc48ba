import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { App } from '../app/index.ts'
import type { Catalog } from '../catalog/index.ts'
import { errorRecord, LevadaError, toLevadaErrors, type ErrorRecord } from '../errors/index.ts'
import type { Plan, Step } from '../plan/index.ts'
import type { StepState } from '../state/index.ts'
import type { RunContext } from './context.ts'
import { stepTimeout } from './execute.ts'
import { loadApp } from './find-app.ts'
import { heapFull, memoryExceeded } from './memory-limit.ts'
import { stepFacts } from './output.ts'
import { startChild, type WorkerKind } from './worker-child.ts'
import { died, LastWords, linesOf, told, type ResultLine } from './worker-words.ts'

interface Workplace {
  readonly app: App
  readonly appDir: string
  readonly catalog: Catalog
}

/**
 * Workers import the app again, and what they write has to be where others see it.
 * @throws NOT_SUPPORTED
 */
export async function checkWorkers(
  kind: WorkerKind,
  { app, appDir, catalog }: Workplace,
  { steps }: Plan,
): Promise<void> {
  const refuse = (why: string): never => {
    throw new LevadaError('NOT_SUPPORTED', `The runner '${kind}' cannot run the app '${app.name}': ${why}.`, {
      hint: "Use --runner concurrent, or the runner 'concurrent' in code.",
    })
  }
  const found = ['levada.config.ts', 'levada.config.js', 'levada.config.mjs'].some((name) =>
    existsSync(join(appDir, name)),
  )
  if (!found || (await loadApp(appDir)) !== app)
    refuse(`workers import it again, and no levada.config.ts in ${appDir} exports it`)
  const inMemory = new Set<string>()
  for (const { asset } of steps.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]))
    if ((await catalog.entry(asset).dataset.emptyLocation()).kind === 'memory') inMemory.add(asset)
  if (inMemory.size > 0)
    refuse(`workers do not see the memory that holds ${[...inMemory].toSorted().join(', ')}`)
}

/** The command that workers start: that of the package @levada/cli which the app has. @throws NOT_SUPPORTED */
export function commandOf(appDir: string): string {
  try {
    const manifest = createRequire(join(appDir, 'package.json')).resolve('@levada/cli/package.json')
    return join(dirname(manifest), 'bin/levada.mjs')
  } catch (cause) {
    throw new LevadaError('NOT_SUPPORTED', `Workers need the package @levada/cli, which ${appDir} has not.`, {
      hint: 'Install it beside the app: npm install @levada/cli.',
      cause,
    })
  }
}

export interface WorkersOptions {
  readonly command: string
  readonly report: (message: string) => void
  /** How long a step may take. */
  readonly timeoutMs: number | undefined
}

/** How long a worker may take to start beyond the time of its step, and to end one whose time is over, in ms. */
const startMs = 60_000
const graceMs = 5000

/** As the command line takes it. */
const timeText = (ms: number): string => (ms < 1e9 ? `${Math.ceil(ms)}ms` : `${Math.ceil(ms / 1000)}s`)

/** Runs steps by `levada step`, each in a process or thread of its own; their events are logged there and handed on here. */
export function stepWorkers(
  kind: WorkerKind,
  context: RunContext,
  { command, report, timeoutMs }: WorkersOptions,
): (step: Step, attempt: number) => Promise<StepState> {
  const { appDir, env, runId, signal, emitter, catalog, made, memoryLimit } = context
  const secrets = secretParams(context)
  const environment = {
    ...process.env,
    LEVADA_PARENT: runId,
    LEVADA_SUPERVISOR: String(process.pid),
    ...(secrets !== undefined && { LEVADA_PARAMS: secrets }),
  }
  return async (step, attempt) => {
    const args = ['step', '--run', runId, '--step', step.id, '--app', appDir, '--env', env, '--json']
    if (timeoutMs !== undefined) args.push('--step-timeout', timeText(timeoutMs))
    const started = performance.now()
    const child = startChild(kind, {
      command,
      args,
      env: { ...environment, LEVADA_ATTEMPT: String(attempt) },
      memory: memoryLimit && {
        bytes: memoryLimit.bytes,
        exceeded: (used) => errorRecord(memoryExceeded(step.id, used, memoryLimit)),
      },
    })
    const stop = (): void => child.stop()
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    // The worker looks after that time itself; one that does not come to its step, or cannot, is stopped from here.
    let isLate = false
    const stopLate = (): void => {
      isLate = true
      stop()
    }
    const timeIsOver = (): void => {
      isLate = true
      child.watch()
      late = setTimeout(stop, graceMs)
    }
    let late = timeoutMs === undefined ? undefined : setTimeout(stopLate, timeoutMs + startMs)
    const seen = new Set<string>()
    let result: ResultLine | undefined
    const lastWords = new LastWords(report)
    createInterface(child.stderr).on('line', (line) => lastWords.line(line))
    for await (const line of linesOf(child.stdout)) {
      const said = told(line, runId, step.id)
      if (said && 'type' in said) {
        if (said.type === 'step_started' && timeoutMs !== undefined) {
          clearTimeout(late)
          late = setTimeout(timeIsOver, timeoutMs)
        }
        // That it was stopped for its time is told here.
        if (said.type === 'step_finished' && said.state === 'cancelled' && isLate && !signal.aborted) continue
        seen.add(said.type)
        emitter.forward(said)
      } else if (said) {
        result = said
        child.finish()
      } else report(line)
    }
    const how = await child.ended
    const isFull = lastWords.tellOfHeap()
    signal.removeEventListener('abort', stop)
    clearTimeout(late)
    const finished = (state: StepState, errors: readonly ErrorRecord[]): StepState => {
      emitter.emit({
        type: 'step_finished',
        ...stepFacts(step),
        state,
        duration_ms: Math.round(performance.now() - started),
        ...(errors.length > 0 && { errors }),
      })
      return state
    }
    try {
      for (const { asset, number } of result?.materializations ?? []) {
        const { dataset } = catalog.entry(asset)
        const version = (await dataset.version?.(number)) ?? (await dataset.head())
        if (version) made.set(asset, version)
      }
    } catch (error) {
      // Published it is, and going on with the run finds it; this process cannot read it.
      return finished('failed', toLevadaErrors(error).map(errorRecord))
    }
    const ended: StepState =
      result?.state === 'nothing' ? 'succeeded' : (result?.state ?? (signal.aborted ? 'cancelled' : 'failed'))
    const timedOut = isLate && !signal.aborted && ended !== 'succeeded' && !seen.has('step_finished')
    const state = timedOut ? 'failed' : ended
    // What went wrong before the step began, and what a worker that died could not tell.
    if (!seen.has('step_started'))
      emitter.emit({
        type: 'step_started',
        ...stepFacts(step),
        reason: step.reason,
        reason_kinds: step.reasons.map((reason) => reason.kind),
      })
    if (!seen.has('step_finished')) {
      const errors =
        state === 'failed'
          ? timedOut
            ? [errorRecord(stepTimeout(step, timeoutMs!))]
            : (result?.errors ?? [errorRecord(isFull ? heapFull(step.id, memoryLimit) : died(step, how))])
          : []
      return finished(state, errors)
    }
    return state
  }
}

/** Params that the session was opened with, but for those that the record of the run has. */
function secretParams({ given, redact }: RunContext): string | undefined {
  const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)
  const text = JSON.stringify(given, plain)
  return redact(text) === text ? undefined : text
}
