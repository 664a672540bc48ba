import { relative } from 'node:path'
import type { EventSink, LevadaEvent, Plan, RunResult, Session } from '@levada/core/run'
import { nothingText } from './skipped-text.ts'
import { bytes, count, paint, plural, seconds } from './style.ts'
import { table } from './table.ts'

type Materialized = Extract<LevadaEvent, { type: 'asset_materialized' }>

/** Gathers the facts of a run for the lines at its end. */
export function summary(): {
  sink: EventSink
  text: (session: Session, plan: Plan, result: RunResult, log: string) => string
} {
  const made: Materialized[] = []
  let passed = 0
  let warned = 0
  let failed = 0
  const sink: EventSink = {
    name: 'summary',
    event(event) {
      if (event.type === 'asset_materialized') made.push(event)
      if (event.type !== 'check_finished') return
      if (event.result.outcome === 'passed') passed++
      else if (event.result.severity === 'warn') warned++
      else failed++
    },
  }
  const text = (
    session: Session,
    { skipped, resumes, steps: planned }: Plan,
    { state, steps, durationMs, runId }: RunResult,
    log: string,
  ): string => {
    if (state === 'nothing') return nothingText(skipped)
    if (resumes && planned.length === 0)
      return `Nothing is left of run ${runId}: ${resumes.finished.length === 1 ? 'its step is' : `all of its ${resumes.finished.length} steps are`} done.`
    const by = (wanted: string): number => [...steps.values()].filter((step) => step === wanted).length
    const counts = (['succeeded', 'failed', 'skipped', 'cancelled'] as const).flatMap((name) =>
      by(name) > 0 ? [`${by(name)} ${name}`] : [],
    )
    if (skipped.length > 0) counts.push(`${skipped.length} unchanged`)
    const checks = `${plural(passed + warned + failed, 'check')}: ${[`${passed} passed`, warned > 0 && `${warned} warned`, failed > 0 && `${failed} failed`].filter(Boolean).join(', ')}`
    const color = state === 'succeeded' ? 'green' : state === 'failed' ? 'red' : 'yellow'
    const lines = [
      `${paint(color, state)} in ${seconds(durationMs)} · steps: ${counts.join(', ')} · ${checks}`,
      paint('dim', `run ${runId} · log ${log}`),
    ]
    return made.length === 0
      ? `\n${lines.join('\n')}`
      : `\n${assetTable(session, made)}\n\n${lines.join('\n')}`
  }
  return { sink, text }
}

function assetTable({ graph }: Session, made: readonly Materialized[]): string {
  const order = [...graph.assets.keys()]
  const rows = [...Map.groupBy(made, ({ asset }) => asset).values()]
    .map(together)
    .toSorted((a, b) => order.indexOf(a.asset) - order.indexOf(b.asset))
    .map((event) => [
      event.asset,
      count(event.rows),
      change(event),
      bytes(event.bytes_written),
      `version ${event.number}`,
      relative(process.cwd(), event.address) || '.',
    ])
  return table(['asset', 'rows', 'change', 'written', 'version', 'where'], rows, [false, true, true, true])
}

/** What several steps of one run made of an asset: the last version, over the one before the first. */
function together(events: readonly Materialized[]): Materialized {
  const [first, last] = [events[0]!, events.at(-1)!]
  const { rows_before: _, ...rest } = last
  return {
    ...rest,
    bytes_written: events.reduce((sum, each) => sum + each.bytes_written, 0),
    partitions_dropped: events.flatMap((each) => each.partitions_dropped),
    ...(first.rows_before !== undefined && { rows_before: first.rows_before }),
  }
}

function change({ rows, rows_before: before, partitions_dropped: dropped }: Materialized): string {
  const difference =
    before === undefined
      ? 'new'
      : rows === before
        ? 'same count'
        : `${rows > before ? '+' : ''}${count(rows - before)}`
  return dropped.length > 0 ? `${difference}, ${plural(dropped.length, 'partition')} dropped` : difference
}
