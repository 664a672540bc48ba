import { LevadaError } from '../errors/index.ts'
import type { MemoryLimit } from '../config/index.ts'
import { collectGarbage, held } from './vigil.ts'

const lookMs = 100
/** How much is garbage is asked again when there is so much more. */
const growth = 1.25

interface Watched {
  readonly step: string
  readonly limit: MemoryLimit
  readonly exceeded: (error: (goesOn: boolean) => LevadaError) => void
}

/** Nodes that run in this thread. */
const watched = new Set<Watched>()
let timer: ReturnType<typeof setInterval> | undefined
let looking = false
/** In bytes, when garbage was collected last. */
let kept = 0

/** What a node holds that keeps to no limit cannot be told from what those beside it hold: all fail whose limit that is. */
async function look(): Promise<void> {
  if (looking) return
  const used = held()
  if (used < kept * growth || [...watched].every(({ limit }) => used <= limit.bytes)) return
  looking = true
  await collectGarbage()
  looking = false
  const found = held()
  kept = found
  const steps = [...watched].map(({ step }) => step)
  for (const { step, limit, exceeded } of watched)
    if (found > limit.bytes) exceeded((goesOn) => memoryExceeded(step, found, limit, { steps, goesOn }))
}

/** A node that runs under a limit, of what TypeScript holds in its thread. */
export interface Limited {
  /** Why the node had to end. @param goesOn although it was told to */
  readonly error: (goesOn: boolean) => LevadaError | undefined
  readonly end: () => void
}

/** @param stop is called once, when the limit is exceeded */
export function limitMemory(step: string, limit: MemoryLimit, stop: () => void): Limited {
  let error: ((goesOn: boolean) => LevadaError) | undefined
  const one: Watched = {
    step,
    limit,
    exceeded(found) {
      watched.delete(one)
      error = found
      stop()
    },
  }
  watched.add(one)
  timer ??= setInterval(() => void look(), lookMs).unref()
  return {
    error: (goesOn) => error?.(goesOn),
    end() {
      watched.delete(one)
      if (watched.size > 0) return
      clearInterval(timer)
      timer = undefined
      kept = 0
    },
  }
}

interface Circumstances {
  /** That ran meanwhile in its thread. */
  readonly steps?: readonly string[]
  /** Its node was told to end, and does not. */
  readonly goesOn?: boolean
}

/** @param used in bytes */
export function memoryExceeded(
  step: string,
  used: number,
  { text }: MemoryLimit,
  { steps = [], goesOn = false }: Circumstances = {},
): LevadaError {
  const others = steps.filter((each) => each !== step)
  return new LevadaError(
    'MEMORY_LIMIT',
    `Step '${step}': TypeScript held ${Math.round(used / 1e6)} MB, more than memory_limit allows, which is ${text}.${
      others.length > 0 ? ` Beside it ran ${others.join(', ')}: which of them held it cannot be told.` : ''
    }${goesOn ? ' Its node does not look at its `signal` and goes on.' : ''}`,
    { details: { used_bytes: used } },
  )
}

/** Of a process that Node has ended, since its heap was full. */
export const heapFull = (step: string, limit: MemoryLimit | undefined): LevadaError =>
  new LevadaError(
    'MEMORY_LIMIT',
    `Step '${step}': TypeScript held more than ${limit ? `memory_limit allows, which is ${limit.text}` : 'Node allows'}, and its process was ended.`,
  )
