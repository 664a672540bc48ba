import { inspect } from 'node:util'
import type { LevadaEvent } from '@levada/core/run'
import { LevadaError, type ErrorCode } from '@levada/core/spi'

type Failed = Extract<LevadaEvent, { readonly type: 'step_finished' }>
type ErrorRecord = NonNullable<Failed['errors']>[number]

/**
 * What the steps of a run failed with, in one error that a test prints as it is: one `LevadaError`, or an `AggregateError`.
 * Undefined when none failed.
 */
export function failureOf(events: readonly LevadaEvent[]): Error | undefined {
  const errors = events
    .filter((event) => event.type === 'step_finished')
    .flatMap((event) => (event.errors ?? []).map(asError))
  return errors.length > 1
    ? new AggregateError(errors, errors.map(({ message }) => message).join('\n\n'))
    : errors[0]
}

function asError({
  code,
  message,
  hint,
  frame,
  file,
  line,
  column,
  retryable,
  details,
}: ErrorRecord): LevadaError {
  // The folder of the run is gone by then.
  const { failed_rows_at: _, ...facts } = details ?? {}
  const rows = code === 'CHECK_FAILED' ? ((facts['sample'] ?? []) as readonly unknown[]) : []
  const place =
    file === undefined ? undefined : [file, line, column].filter((part) => part !== undefined).join(':')
  const text = [
    message,
    ...rows.map((row) => `  ${inspect(row, { breakLength: Infinity, depth: 4 })}`),
    ...(place === undefined ? [] : [`  at ${place}`]),
    ...(frame === undefined ? [] : [frame.replaceAll(/^/gm, '  ')]),
    // The remedy is about data that is stored.
    ...(code === 'CHECK_FAILED' ? [] : [`  → ${hint}`]),
  ]
  return new LevadaError(code as ErrorCode, text.join('\n'), {
    hint,
    details: facts,
    ...(retryable && { retryable }),
    ...(file !== undefined && {
      place: { file, ...(line !== undefined && { line }), ...(column !== undefined && { column }) },
    }),
  })
}
