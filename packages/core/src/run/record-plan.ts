import type { Plan } from '../plan/index.ts'
import { billOfMaterials } from './bom.ts'
import type { RunContext } from './context.ts'
import { createEmitter } from './emitter.ts'
import { logSink } from './log-sink.ts'
import { stepFacts } from './output.ts'
import { writeRecord } from './record.ts'

/** Writes down a plan as a run that has begun, and runs nothing of it: others run its steps, one by one. @throws STORAGE */
export async function recordPlan(
  plan: Plan,
  shared: Omit<RunContext, 'emitter' | 'made' | 'signal' | 'now'>,
): Promise<void> {
  const { runId, appDir, app } = shared
  const sinks = [await logSink(appDir, runId)]
  const emitter = createEmitter(runId, sinks, shared.redact, (message) => console.error(message))
  try {
    const context = {
      ...shared,
      emitter,
      made: new Map(),
      now: new Date().toISOString(),
      signal: new AbortController().signal,
    }
    await writeRecord(plan, context)
    // No process runs it, so none is named.
    emitter.emit({
      type: 'run_started',
      app: app.name,
      env: plan.env,
      selection: plan.selection,
      ...(plan.partition !== undefined && { partition: plan.partition }),
      steps: plan.steps.map(({ id }) => id),
      bom: billOfMaterials(appDir).hash,
    })
    for (const step of plan.skipped)
      emitter.emit({
        type: 'step_finished',
        ...stepFacts(step),
        state: 'skipped',
        duration_ms: 0,
        skip_reason: step.reason,
      })
  } finally {
    await emitter.close()
  }
}
