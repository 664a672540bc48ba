import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isSettled, LevadaError, logFile, runCommand, type CheckResult } from '@levada/core/run'
import {
  openRunStore,
  type RunStore,
  type StoredMaterialization,
  type StoredRun,
  type StoredRunDetails,
  type StoredStep,
} from '@levada/run-store'
import { appDirOf, printJson, type AppOptions } from '../app.ts'
import { tellUnreadable } from '../damage.ts'
import { remedyText } from '../errors.ts'
import { checkText, skipText } from '../step-text.ts'
import { bytes, paint, plural, seconds } from '../style.ts'
import { table } from '../table.ts'
import { timeText } from '../time-text.ts'

interface RunsOptions extends AppOptions {
  readonly limit?: string | undefined
  readonly rebuild?: boolean | undefined
}

export async function runs(id: string | undefined, options: RunsOptions): Promise<number> {
  const appDir = appDirOf(options)
  const { rebuild = false } = options
  const published = rebuild ? await (await import('./published.ts')).publishedOf(appDir) : []
  using store = openRunStore(appDir, { rebuild, published })
  if (id === undefined) {
    const limit = limitOf(options.limit)
    const shown =
      options.env === undefined
        ? store.runs({ limit })
        : store
            .runs()
            .filter(({ env }) => env === options.env)
            .slice(0, limit)
    if (options.json) printJson(shown)
    else console.log(listText(shown, options.env))
    tellUnreadable(store, options)
    return 0
  }
  const run = store.run(id) ?? unknown(store, id)
  if (options.json) printJson(run)
  else console.log(runText(run, hasRecord(options, run.id)))
  tellUnreadable(store, options)
  return 0
}

function limitOf(text = '20'): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new LevadaError('USAGE', `--limit ${text} is not a number of runs.`, { hint: 'Write --limit 20.' })
}

function unknown(store: RunStore, id: string): never {
  for (const { id: own, problem } of store.unreadable)
    if (own.includes(id))
      throw new LevadaError('STORAGE', `Reading the log of the run '${own}' failed: ${problem.message}`, {
        cause: problem,
      })
  const all = store.runs()
  const alike = all.filter((run) => run.id.includes(id))
  const why =
    all.length === 0
      ? 'it has none yet'
      : alike.length > 1
        ? `${alike.length} have this in their ids`
        : `the newest is ${all[0]!.id}`
  throw new LevadaError('RUN_UNKNOWN', `The app has no run '${id}': ${why}.`)
}

const colors = {
  succeeded: 'green',
  failed: 'red',
  interrupted: 'red',
  cancelled: 'yellow',
  running: 'cyan',
  nothing: 'dim',
  unknown: 'dim',
} as const

const countsText = ({ counts }: StoredRun): string =>
  Object.entries(counts)
    .map(([state, n]) => `${n} ${state}`)
    .join(', ')

const whatText = ({ selection, partition, state }: StoredRun): string =>
  state === 'unknown'
    ? 'its log is gone'
    : `${selection === '' ? 'everything' : selection}${partition === undefined ? '' : ` --partition ${partition}`}`

function listText(list: readonly StoredRun[], env?: string): string {
  if (list.length === 0) return env === undefined ? 'No runs yet.' : `No runs of environment '${env}' yet.`
  return table(
    ['run', 'started (UTC)', 'environment', 'selection', 'state', 'time', 'steps'],
    list.map((run) => [
      run.id,
      timeText(run.startedAt),
      run.env,
      whatText(run),
      paint(colors[run.state], run.state),
      run.durationMs === undefined ? '' : seconds(run.durationMs),
      countsText(run),
    ]),
    [false, false, false, false, false, true],
  )
}

/** Whether it was written down what the run began with. */
const hasRecord = (options: AppOptions, id: string): boolean =>
  existsSync(join(dirname(logFile(appDirOf(options), id)), 'run.json'))

function runText(run: StoredRunDetails, recorded: boolean): string {
  const time = run.durationMs === undefined ? '' : ` in ${seconds(run.durationMs)}`
  const lines = [
    `${paint('bold', run.id)} · ${run.app} · ${run.env} · ${whatText(run)}`,
    `${paint(colors[run.state], run.state)}${time} · started ${timeText(run.startedAt)} UTC · steps: ${countsText(run) || 'none'}`,
    '',
  ]
  for (const step of run.steps) lines.push(...stepLines(run, step))
  for (const made of run.materializations) if (made.step === '') lines.push(madeText(made))
  if (recorded && ['failed', 'cancelled', 'interrupted'].includes(run.state))
    lines.push('', paint('dim', wayOn(run)))
  return lines.join('\n').trimEnd()
}

/** What to do about a run that has not ended well. */
function wayOn({ id, state, steps, selection, env, partition }: StoredRunDetails): string {
  const ends = steps.flatMap((step) =>
    step.state === 'running' || step.state === 'interrupted' ? [] : [{ ...step, state: step.state }],
  )
  return state === 'failed' && ends.length === steps.length && isSettled(ends)
    ? `mend it, then: ${runCommand(selection, env, partition).trim()}`
    : `go on: levada run --resume ${id}`
}

function stepLines({ materializations, checks }: StoredRunDetails, step: StoredStep): readonly string[] {
  const of = <T extends { readonly step: string }>(all: readonly T[]): readonly T[] =>
    all.filter((each) => each.step === step.id)
  const [own, made] = [of(checks), of(materializations)]
  const why = step.skipReason === undefined ? step.reason : skipText(step.skipReason, step.becauseOf)
  const facts = [
    ...(why === undefined ? [] : [why]),
    ...(step.durationMs && step.skipReason === undefined ? [seconds(step.durationMs)] : []),
    ...(own.length > 0 ? [`${own.filter(isPassed).length} of ${plural(own.length, 'check')} passed`] : []),
  ]
  const partitions = step.partitions === undefined ? '' : ` ${step.partitions}`
  return [
    `${paint(colors[step.state === 'skipped' ? 'nothing' : step.state], step.state)} ${step.id}${partitions} ${paint('dim', facts.join(' · '))}`.trimEnd(),
    ...made.map((each) => `    ${madeText(each)}`),
    ...own.filter((check) => !isPassed(check)).flatMap(checkText),
    ...step.errors.flatMap((error) => [
      `    ${paint('red', `error ${error.code}`)} ${error.message}`,
      `    ${remedyText(error)}`,
    ]),
  ]
}

const madeText = ({ asset, number, version, rowsWritten, bytesWritten }: StoredMaterialization): string =>
  `${asset}: version ${number} (${version}), ${plural(rowsWritten, 'row')}, ${bytes(bytesWritten)}`

const isPassed = ({ outcome }: CheckResult): boolean => outcome === 'passed'
