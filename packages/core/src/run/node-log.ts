import type { NodeLog } from '../pipeline/index.ts'
import type { Step } from '../plan/index.ts'
import type { RunContext } from './context.ts'
import { stepFacts } from './output.ts'
import { toJson } from './rows.ts'

/** What nodes and plugins tell while a step runs, as events of it. */
export function nodeLog({ emitter }: RunContext, step: Step): NodeLog {
  const at =
    (level: 'debug' | 'info' | 'warn') => (message: string, facts?: Readonly<Record<string, unknown>>) =>
      emitter.emit({
        type: 'log',
        ...stepFacts(step),
        level,
        message,
        ...(facts && { facts: toJson(facts) as Record<string, unknown> }),
      })
  return { debug: at('debug'), info: at('info'), warn: at('warn') }
}
