import type { Session } from '@levada/core/run'
import type { RunStore } from '@levada/run-store'
import { paint } from './style.ts'

interface Telling {
  readonly json?: boolean | undefined
}

/** What was asked for, as a plan, or, where there is none, why: what was passed over may be the reason. */
export async function tellingDamage<T>(session: Session, planning: Promise<T>): Promise<T> {
  try {
    return await planning
  } catch (error) {
    tellDamage(session, { json: true })
    throw error
  }
}

/** Tells what was damaged and passed over, where no plan does. With --json, where it disturbs no document. */
export function tellDamage(session: Session, telling: Telling): void {
  for (const notice of session.damage()) tell(notice, telling)
}

/** The same of runs. */
export function tellUnreadable({ unreadable }: RunStore, telling: Telling): void {
  for (const { id, problem } of unreadable)
    tell(`The log of run ${id} cannot be read, so that not all is told of it: ${problem.message}.`, telling)
}

function tell(notice: string, { json }: Telling): void {
  const line = `${paint('yellow', '!')} ${notice}`
  if (json) console.error(line)
  else console.log(line)
}
