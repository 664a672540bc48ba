import type { Readable } from 'node:stream'
import { LevadaError, type ErrorRecord } from '../errors/index.ts'
import type { LevadaEvent } from '../events/index.ts'
import type { Step } from '../plan/index.ts'
import type { StepState } from '../state/index.ts'

/** The last line of `levada step` on stdout. */
export interface ResultLine {
  readonly run_id: string
  readonly step_id: string
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

/** Lines as they were printed, but for empty ones, which a worker puts before what it tells; those of `readline` also end at characters that JSON leaves as they are. */
export async function* linesOf(stream: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk as Buffer, { stream: true })).split('\n')
    rest = lines.pop()!
    yield* lines.filter((line) => line !== '')
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}

/** What a worker tells of a step of a run. A line that a node or library prints among it says nothing to us. */
export function told(line: string, runId: string, stepId: string): LevadaEvent | ResultLine | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const said = JSON.parse(line) as LevadaEvent | ResultLine
    if (said.run_id !== runId) return undefined
    if ('type' in said) return said
    const { step_id, state, errors, materializations } = said
    const isResult = Array.isArray(errors) && Array.isArray(materializations) && typeof state === 'string'
    return isResult && step_id === stepId ? said : undefined
  } catch {
    return undefined
  }
}
