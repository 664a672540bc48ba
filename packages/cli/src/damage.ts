import type { Session } from '@levada/core/run'
import { paint } from './style.ts'

/** Tells what was damaged and passed over, where no plan does. With --json, where it disturbs no document. */
export function tellDamage(session: Session, { json }: { readonly json?: boolean | undefined }): void {
  for (const notice of session.damage()) {
    const line = `${paint('yellow', '!')} ${notice}`
    if (json) console.error(line)
    else console.log(line)
  }
}
