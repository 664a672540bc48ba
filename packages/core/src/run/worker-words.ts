import { LevadaError, type ErrorRecord } from '../errors/index.ts'
import type { LevadaEvent } from '../events/index.ts'
import type { Step } from '../plan/index.ts'
import type { StepState } from '../state/index.ts'

/** The last line of `levada step` on stdout. */
export interface ResultLine {
  readonly state: StepState | 'nothing'
  readonly errors: readonly ErrorRecord[]
  readonly materializations: readonly { readonly asset: string; readonly number: number }[]
}

/** What a process prints; the pages that Node writes when its heap is full are held back. */
export class LastWords {
  readonly #report: (message: string) => void
  #lines: string[] = []
  constructor(report: (message: string) => void) {
    this.#report = report
  }
  line(line: string): void {
    this.#lines.push(line)
    // They begin with an empty line.
    if (line !== '' && !this.#lines.includes('<--- Last few GCs --->')) this.#flush()
  }
  /** @returns whether that was it; if not, they are reported after all */
  tellOfHeap(): boolean {
    if (this.#lines.some((line) => line.includes('JavaScript heap out of memory'))) return true
    this.#flush()
    return false
  }
  #flush(): void {
    for (const line of this.#lines) this.#report(line)
    this.#lines = []
  }
}

export const died = ({ id }: Pick<Step, 'id'>, how: string): LevadaError =>
  new LevadaError('WORKER_DIED', `Step '${id}': what ran it ${how} before it had a result.`, {
    retryable: true,
  })

/** A line that a library prints among the events says nothing to us. */
export function parsed(line: string): LevadaEvent | ResultLine | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as LevadaEvent | ResultLine
  } catch {
    return undefined
  }
}
