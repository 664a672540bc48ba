import type { CheckResult, LevadaEvent } from '@levada/core/run'
import { remedyText } from './errors.ts'
import { bytes, count, paint, plural, seconds } from './style.ts'

type Finished = Extract<LevadaEvent, { type: 'step_finished' }>
type Materialized = Extract<LevadaEvent, { type: 'asset_materialized' }>

const marks = {
  succeeded: ['green', '✓'],
  failed: ['red', '✗'],
  skipped: ['yellow', '-'],
  cancelled: ['yellow', '■'],
} as const

const mark = (state: Finished['state']): string => {
  const [color, sign] = marks[state]
  return paint(color, sign)
}

/** What a step came to, in one line and what belongs below it. */
export function stepText(
  event: Finished,
  made: readonly Materialized[],
  checks: readonly CheckResult[],
): readonly string[] {
  const time = event.state === 'skipped' ? '' : paint('dim', ` ${seconds(event.duration_ms)}`)
  const partition = event.step_id.includes('@')
    ? ''
    : event.partition
      ? ` ${Object.values(event.partition).join(', ')}`
      : event.partitions === undefined
        ? ''
        : ` ${event.partitions}`
  const passed = checks.filter(({ outcome }) => outcome === 'passed').length
  const facts = [
    ...made.map(materializedText),
    ...(checks.length > 0
      ? [`${passed === checks.length ? '' : `${passed} of `}${plural(checks.length, 'check')} passed`]
      : []),
  ]
  const lines = [
    `${mark(event.state)} ${event.step_id}${partition}${facts.length > 0 ? paint('dim', ' · ') + facts.join(paint('dim', ' · ')) : ''}${time}`,
  ]
  if (event.state === 'skipped') lines[0] += ` skipped: ${skipText(event.skip_reason, event.because_of)}`
  for (const check of checks.filter(({ outcome }) => outcome !== 'passed')) lines.push(...checkText(check))
  for (const error of event.errors ?? []) {
    if (error.code === 'CHECK_FAILED' || error.code === 'CHECK_CRASHED') {
      // Several checks of an asset have one.
      const remedy = `    ${remedyText(error)}`
      if (!lines.includes(remedy)) lines.push(remedy)
      continue
    }
    lines.push(`    ${paint('red', `error ${error.code}`)} ${error.message}`)
    const place = [error.file, error.line, error.column].filter((part) => part !== undefined)
    if (error.file !== undefined) lines.push(paint('dim', `      at ${place.join(':')}`))
    if (error.frame !== undefined) lines.push(...error.frame.split('\n').map((line) => `      ${line}`))
    lines.push(`    ${remedyText(error)}`)
  }
  return lines
}

/** Why a step did not run. */
export const skipText = (reason: Finished['skip_reason'], becauseOf: string | undefined): string =>
  reason === 'upstream_failed'
    ? `${becauseOf} failed`
    : reason === 'run_cancelled'
      ? 'the run was stopped'
      : reason === 'too_many_failures'
        ? 'too many failed'
        : reason!

function materializedText(event: Materialized): string {
  const partitions =
    event.partitions_written > 0 ? ` in ${plural(event.partitions_written, 'partition')}` : ''
  return `${event.asset}: ${plural(event.rows_written, 'row')}${partitions}, ${bytes(event.bytes_written)}`
}

export function checkText(check: CheckResult): readonly string[] {
  const color = check.severity === 'warn' ? 'yellow' : 'red'
  const what = check.error
    ? check.error.message
    : check.detail !== undefined
      ? check.detail
      : `${count(check.failed_rows)} of ${plural(check.rows, 'row')} ${check.failed_rows === 1 ? 'fails' : 'fail'}`
  const head = `    ${paint(color, check.severity)} ${check.asset} ${check.check}: ${what}`
  const sample = (check.sample ?? []).slice(0, 3).map((row) => paint('dim', `      ${JSON.stringify(row)}`))
  return [head, ...sample]
}
