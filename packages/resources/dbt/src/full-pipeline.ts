import { isLevadaError, type LevadaError } from '@levada/core/spi'
import type { DbtEvent } from './events.ts'
import { checkedPipeline, type DbtBuildConfig } from './options.ts'
import type { DbtResult } from './result.ts'
import type { DbtRun } from './run.ts'

export type DbtStage = 'deps' | 'seed' | 'build' | 'docs'

export interface DbtPipelineConfig extends DbtBuildConfig {
  /** Whether later stages run after one that failed. @default 'stop' */
  readonly onFailure?: 'stop' | 'continue' | undefined
  /** Is told all events of all stages. When it throws, dbt is interrupted, and that is thrown. */
  readonly onEvent?: ((stage: DbtStage, event: DbtEvent) => Promise<void> | void) | undefined
}

export interface DbtStageResult {
  readonly stage: DbtStage
  /** `skipped` because of an earlier failure. */
  readonly status: 'success' | 'failed' | 'skipped'
  /** Of a command that ran. */
  readonly result?: DbtResult
  /** What kept it from running. */
  readonly error?: LevadaError
}

export interface DbtPipelineResult {
  readonly success: boolean
  readonly stages: readonly DbtStageResult[]
}

interface Stages {
  readonly deps: (config: DbtBuildConfig) => DbtRun
  readonly seed: (config: DbtBuildConfig) => DbtRun
  readonly build: (config: DbtBuildConfig) => DbtRun
  readonly docs: (config: DbtBuildConfig) => DbtRun
}

const stages: readonly DbtStage[] = ['deps', 'seed', 'build', 'docs']

/**
 * Fetches packages, loads seeds, builds and tests, and writes the docs.
 * @throws CONFIG_INVALID before any of it, CANCELLED, and what `onEvent` throws
 */
export async function runFullPipeline(dbt: Stages, given: DbtPipelineConfig): Promise<DbtPipelineResult> {
  const { onFailure = 'stop', onEvent, ...config } = checkedPipeline(given)
  const done: DbtStageResult[] = []
  for (const stage of stages) {
    const failed = done.some(({ status }) => status === 'failed')
    if (failed && onFailure === 'stop') done.push({ stage, status: 'skipped' })
    else done.push(await runStage(stage, dbt[stage], configOf(stage, config), onEvent))
  }
  return { success: done.every(({ status }) => status === 'success'), stages: done }
}

/** What decides about nodes is for those stages that have some. */
function configOf(stage: DbtStage, config: DbtBuildConfig): DbtBuildConfig {
  if (stage === 'build') return config
  const { projectDir, profile, target, threads, vars, signal, fullRefresh, failFast } = config
  const call = { projectDir, profile, target, threads, vars, signal }
  return stage === 'seed' ? { ...call, fullRefresh, failFast } : call
}

async function runStage(
  stage: DbtStage,
  start: (config: DbtBuildConfig) => DbtRun,
  config: DbtBuildConfig,
  onEvent: DbtPipelineConfig['onEvent'],
): Promise<DbtStageResult> {
  const stop = new AbortController()
  const signal = config.signal ? AbortSignal.any([config.signal, stop.signal]) : stop.signal
  const tell = async (event: DbtEvent): Promise<void> => {
    try {
      await onEvent?.(stage, event)
    } catch (error) {
      stop.abort(error)
      throw error
    }
  }
  const run = start({ ...config, signal })
  try {
    if (onEvent) for await (const event of run) await tell(event)
    const result = await run
    return { stage, status: result.success ? 'success' : 'failed', result }
  } catch (error) {
    // Not before dbt has ended.
    if (stop.signal.aborted) await run.catch(() => {})
    if (stop.signal.aborted || !isLevadaError(error) || error.code === 'CANCELLED') throw error
    return { stage, status: 'failed', error }
  }
}
