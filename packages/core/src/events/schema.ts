import { z } from 'zod'
import { runStates, skipReasons, stepStates } from '../state/index.ts'
import type { LevadaEvent } from './events.ts'

/** Validates an event; its JSON Schema is what other tools read. Made when it is first used. */
export const eventSchema: z.ZodType<LevadaEvent> = z.lazy(events)

function events() {
  const key = z.record(z.string(), z.string())
  const error = z.object({
    code: z.string(),
    message: z.string(),
    hint: z.string(),
    file: z.string().exactOptional(),
    line: z.int().exactOptional(),
    column: z.int().exactOptional(),
    frame: z.string().exactOptional(),
    retryable: z.literal(true).exactOptional(),
    details: z.record(z.string(), z.unknown()).exactOptional(),
  })

  const base = {
    schema: z.literal(1),
    time: z.string(),
    run_id: z.string(),
  }
  const stepBase = {
    ...base,
    step_id: z.string(),
    pipeline: z.string(),
    node: z.string(),
    partition: key.exactOptional(),
    partitions: z.string().exactOptional(),
  }

  const checkResult = z.object({
    asset: z.string(),
    check: z.string(),
    severity: z.enum(['error', 'warn']),
    outcome: z.enum(['passed', 'failed', 'not_checked']),
    scope: z.enum(['increment', 'candidate', 'source']),
    rows: z.int(),
    failed_rows: z.int(),
    detail: z.string().exactOptional(),
    sample: z.array(z.record(z.string(), z.unknown())).exactOptional(),
    failed_rows_at: z.string().exactOptional(),
    error: error.exactOptional(),
  })

  const begun = {
    app: z.string(),
    env: z.string(),
    selection: z.string(),
    partition: z.string().exactOptional(),
    steps: z.array(z.string()),
    bom: z.string().exactOptional(),
    pid: z.int().exactOptional(),
    host: z.string().exactOptional(),
  }

  return z.discriminatedUnion('type', [
    z.object({ ...base, type: z.literal('run_started'), ...begun }),
    z.object({ ...base, type: z.literal('run_resumed'), ...begun, finished: z.array(z.string()) }),
    z.object({
      ...stepBase,
      type: z.literal('step_started'),
      reason: z.string(),
      reason_kinds: z.array(z.string()),
      attempt: z.int().exactOptional(),
    }),
    z.object({ ...stepBase, type: z.literal('check_finished'), result: checkResult }),
    z.object({
      ...stepBase,
      type: z.literal('asset_materialized'),
      asset: z.string(),
      version: z.string(),
      number: z.int(),
      rows: z.int(),
      rows_written: z.int(),
      bytes_written: z.int(),
      partitions_written: z.int(),
      partitions_dropped: z.array(key),
      rows_before: z.int().exactOptional(),
      inputs: z.record(z.string(), z.string()),
      address: z.string(),
    }),
    z.object({
      ...stepBase,
      type: z.literal('step_finished'),
      state: z.enum(stepStates),
      duration_ms: z.number(),
      skip_reason: z.enum(skipReasons).exactOptional(),
      because_of: z.string().exactOptional(),
      errors: z.array(error).exactOptional(),
    }),
    z.object({
      ...stepBase,
      type: z.literal('step_retrying'),
      attempt: z.int(),
      attempts: z.int(),
      delay_ms: z.number(),
    }),
    z.object({
      ...stepBase,
      type: z.literal('log'),
      level: z.enum(['debug', 'info', 'warn']),
      message: z.string(),
      facts: z.record(z.string(), z.unknown()).exactOptional(),
    }),
    z.object({
      ...base,
      type: z.literal('run_stopping'),
      reason: z.enum(['cancelled', 'timeout']),
      running: z.array(z.string()),
    }),
    z.object({
      ...base,
      type: z.literal('run_finished'),
      state: z.enum(runStates),
      settled: z.literal(true).exactOptional(),
      errors: z.array(error).exactOptional(),
      duration_ms: z.number(),
      cpu_ms: z.number(),
    }),
  ])
}
