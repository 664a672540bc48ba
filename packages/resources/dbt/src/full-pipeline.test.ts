import { LevadaError } from '@levada/core/spi'
import { expect, test } from 'vitest'
import { runFullPipeline, type DbtPipelineResult, type DbtStage } from './full-pipeline.ts'
import type { DbtBuildConfig } from './options.ts'
import type { DbtResult } from './result.ts'
import { createRun, type DbtRun } from './run.ts'

type Outcome = boolean | LevadaError

/** The four commands, which end as told; `given` has what each was given. */
function stages(outcomes: Partial<Record<DbtStage, Outcome>>) {
  const given: Partial<Record<DbtStage, DbtBuildConfig>> = {}
  const stage =
    (name: DbtStage) =>
    (config: DbtBuildConfig): DbtRun => {
      given[name] = config
      const outcome = outcomes[name] ?? true
      return createRun(async () => {
        if (typeof outcome !== 'boolean') throw outcome
        return { success: outcome } as DbtResult
      })
    }
  const dbt = { deps: stage('deps'), seed: stage('seed'), build: stage('build'), docs: stage('docs') }
  return { dbt, given }
}
const told = ({ stages }: DbtPipelineResult): readonly string[] => stages.map(({ status }) => status)

test('a stage that fails ends the pipeline, or does not', async () => {
  const { dbt } = stages({ seed: false })
  const stopped = await runFullPipeline(dbt, {})
  expect([stopped.success, ...told(stopped)]).toEqual([false, 'success', 'failed', 'skipped', 'skipped'])
  const gone = await runFullPipeline(dbt, { onFailure: 'continue' })
  expect([gone.success, ...told(gone)]).toEqual([false, 'success', 'failed', 'success', 'success'])
})

test('a stage that could not run has failed, with its error', async () => {
  const error = new LevadaError('DBT_PROJECT', 'No packages.')
  const result = await runFullPipeline(stages({ deps: error }).dbt, {})
  expect(result.stages[0]).toEqual({ stage: 'deps', status: 'failed', error })
})

test('an interrupt ends it, also when it is to go on', async () => {
  const { dbt, given } = stages({ seed: new LevadaError('CANCELLED', 'Stop.') })
  await expect(runFullPipeline(dbt, { onFailure: 'continue' })).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(given.build).toBeUndefined()
})

test('each stage is given what it takes', async () => {
  const { dbt, given } = stages({})
  await runFullPipeline(dbt, { target: 'prod', select: 'marts', fullRefresh: true, failFast: true })
  expect(given).toMatchObject({
    deps: { target: 'prod' },
    seed: { target: 'prod', fullRefresh: true, failFast: true },
    build: { target: 'prod', fullRefresh: true, failFast: true, select: 'marts' },
    docs: { target: 'prod' },
  })
  expect(given.docs).not.toHaveProperty('select')
})

test.each([{ select: [] }, { onFailure: 'go' }, { onEvent: 'log' }])(
  '%j is refused before anything runs',
  async (config) => {
    const { dbt, given } = stages({})
    await expect(runFullPipeline(dbt, config as object)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    expect(given).toEqual({})
  },
)
