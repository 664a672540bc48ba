import type { Session } from '@levada/core/run'
import { paint } from './style.ts'

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
export function tellDamage(session: Session, { json }: { readonly json?: boolean | undefined }): void {
  for (const notice of session.damage()) {
    const line = `${paint('yellow', '!')} ${notice}`
    if (json) console.error(line)
    else console.log(line)
  }
}
