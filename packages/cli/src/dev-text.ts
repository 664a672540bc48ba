import type { DevEvent } from '@levada/core/run'
import { errorText } from './errors.ts'
import { partitionsText } from './partitions-text.ts'
import { checkText } from './step-text.ts'
import { count, paint, plural } from './style.ts'
import { rowTable } from './table.ts'

type Shown = Extract<DevEvent, { type: 'preview' }>

const ms = (elapsed: number): string => `${count(Math.round(elapsed))} ms`

/** An event of `levada dev` as people read it. */
export function devText(event: DevEvent): string {
  switch (event.type) {
    case 'watching':
      return `${paint('bold', event.app ?? 'the app')} · ${event.env} · watching ${event.folders.join(', ')} and conf/\n${paint('dim', 'Nothing is published here. Save a file to see what comes of it; Ctrl-C ends.')}`
    case 'changed':
      return `\n${paint('cyan', '↻')} ${event.files.join(', ')}`
    case 'concerned':
      return paint('dim', `  concerns ${event.nodes.join(', ') || 'no node'}`)
    case 'generated':
      return paint('dim', `  generated ${event.files.join(', ')}`)
    case 'log':
      return paint(
        'dim',
        `  ${event.node}: ${event.message}${event.facts ? ` ${JSON.stringify(event.facts)}` : ''}`,
      )
    case 'skipped':
      return `${paint('yellow', '-')} ${event.node} is bound, not run: ${event.reason}`
    case 'preview':
      return previewText(event)
    case 'bound':
      return `${paint('dim', `${plural(event.statements, 'statement')} bound in ${ms(event.elapsed_ms)}${event.errors > 0 ? `; ${plural(event.errors, 'error')} above` : ''}`)}${[...new Set(event.not_bound)].map((reason) => `\n${paint('yellow', '!')} not bound: ${reason}`).join('')}`
    case 'errors':
      return event.errors
        .map(
          (error) =>
            `${paint('red', '✗')} ${event.node === undefined ? '' : `${event.node} `}${errorText(error)}`,
        )
        .join('\n')
  }
}

function previewText(event: Shown): string {
  const { node, outputs, checks, notChecked, elapsed_ms: elapsed } = event
  const parts = outputs.map(({ asset, columns, rows, count: all, cut }) => {
    const total = cut ? `more than ${plural(all, 'row')}` : plural(all, 'row')
    const head = `${paint('bold', asset)} ${paint('dim', `${count(rows.length)} of ${total} ${ofText(event)}`)}`
    const table = rowTable(
      columns.map(({ name }) => name),
      rows,
    )
    return all === 0
      ? `${paint('bold', asset)} ${paint('dim', `no rows ${ofText(event)}`)}`
      : `${head}\n${table}`
  })
  const bad = checks.filter(({ outcome }) => outcome !== 'passed')
  const blocked = bad.some(({ severity }) => severity === 'error')
  const mark = blocked ? paint('red', '✗') : bad.length > 0 ? paint('yellow', '!') : paint('green', '✓')
  const passed = checks.length - bad.length
  const summary = `${bad.length === 0 ? '' : `${passed} of `}${plural(checks.length, 'check')} passed on these rows`
  const whole = notChecked.length > 0 ? `; ${notChecked.join(', ')} needs all rows` : ''
  return [
    ...parts,
    `${mark} ${node} · rows in ${ms(elapsed)} · ${summary}${whole} · not published`,
    ...bad.flatMap(checkText),
  ].join('\n')
}

/** What the rows are of: they are not those that are published. */
function ofText({ partitions: made, inputs }: Shown): string {
  if (made) return `· of ${partitionsText(made)}`
  const parts = inputs.flatMap(({ asset, partitions, limit }) => {
    if (partitions) return [`${partitionsText(partitions)} of ${asset}`]
    return limit === undefined ? [] : [`at most ${count(limit)} rows of ${asset}`]
  })
  return parts.length > 0 ? `· from a sample: ${parts.join(', ')}` : ''
}
