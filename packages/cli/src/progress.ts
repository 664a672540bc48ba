import type { CheckResult, EventSink, LevadaEvent, Plan } from '@levada/core/run'
import { openLive } from './live.ts'
import { stepText } from './step-text.ts'
import { paint, plural, seconds } from './style.ts'

type Materialized = Extract<LevadaEvent, { type: 'asset_materialized' }>
interface Running {
  readonly id: string
  readonly since: number
  readonly made: Materialized[]
  readonly checks: CheckResult[]
}

const some = (ids: readonly string[]): string =>
  `${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ` and ${ids.length - 5} more` : ''}`

/** Tells a run as it goes: finished steps stay, running ones are redrawn on a terminal and left out elsewhere. */
export async function createProgress(plan: Plan): Promise<EventSink> {
  const running = new Map<string, Running>()
  let finished = 0
  const live = await openLive((frame) => [
    ...[...running.values()].map(
      ({ id, since, made }) =>
        `${frame} ${id} ${paint('dim', `${made.length > 0 ? 'publishing' : ''} ${seconds(performance.now() - since)}`)}`,
    ),
    paint('dim', `${finished} of ${plural(plan.steps.length, 'step')}`),
  ])
  const { print } = live

  return {
    name: 'terminal',
    event(event) {
      switch (event.type) {
        case 'run_started':
          if (plan.steps.length === 0) break
          print([
            `${paint('bold', event.app)} · ${event.env} · ${event.selection === '' ? 'everything' : event.selection}${event.partition === undefined ? '' : ` --partition ${event.partition}`} · ${plural(plan.steps.length, 'step')}`,
          ])
          break
        case 'run_resumed':
          if (plan.steps.length === 0) break
          print([
            `${paint('bold', event.app)} · ${event.env} · ${event.selection === '' ? 'everything' : event.selection} · ${plural(plan.steps.length, 'step')} left, ${event.finished.length} done`,
          ])
          break
        case 'step_started':
          running.set(event.step_id, { id: event.step_id, since: performance.now(), made: [], checks: [] })
          break
        case 'check_finished':
          running.get(event.step_id)?.checks.push(event.result)
          break
        case 'asset_materialized':
          running.get(event.step_id)?.made.push(event)
          break
        case 'log':
          if (event.level !== 'debug')
            print([
              paint(
                'dim',
                `  ${event.step_id}: ${event.message}${event.facts ? ` ${JSON.stringify(event.facts)}` : ''}`,
              ),
            ])
          break
        case 'step_retrying':
          finished--
          print([
            paint(
              'yellow',
              `  ${event.step_id}: again in ${seconds(event.delay_ms)}, attempt ${event.attempt} of ${event.attempts}`,
            ),
          ])
          break
        case 'step_finished': {
          if (event.skip_reason === 'unchanged' || event.skip_reason === 'exists') break
          const step = running.get(event.step_id)
          running.delete(event.step_id)
          finished++
          // What too many failures leave undone is told at the end, in a few words.
          if (event.skip_reason === 'too_many_failures') break
          print(stepText(event, step?.made ?? [], step?.checks ?? []))
          break
        }
        case 'run_stopping':
          if (event.running.length > 0)
            print([
              paint(
                'yellow',
                `  ${event.reason === 'timeout' ? 'the time of the run is over' : 'stopping'}: ${some(event.running)} still ${event.running.length === 1 ? 'runs' : 'run'}`,
              ),
            ])
          break
        case 'run_finished':
          live.clear()
      }
    },
    async close() {
      live.close()
    },
  }
}
