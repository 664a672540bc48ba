import type V8 from 'node:v8'

/** What a node of TypeScript did to the process that it shares with others. */
export interface Misdeed {
  readonly message: string
  readonly facts: Readonly<Record<string, number>>
}

const tickMs = 100
/** Nothing else of the process goes on for so long, and no run can be stopped. A loaded machine is late by less. */
const heldMs = 2000
/** What a node may leave behind without being asked about it. */
const leftMiB = 128

const mebibyte = 1024 * 1024
/** `node:v8` takes longer to load than Node takes to tell of a few nodes; of many it tells ten times as fast. */
const few = 100
let asked = 0
let v8: Pick<typeof V8, 'getHeapStatistics'> | undefined
/** What JavaScript holds, in bytes: its heap, and what buffers hold beside it. Not the memory of engines. */
export function held(): number {
  if (++asked === few) v8 = process.getBuiltinModule('node:v8')
  if (v8) {
    const { used_heap_size: heap, external_memory: external } = v8.getHeapStatistics()
    return heap + external
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** A node that runs: when the thread was last free, and the longest time for which it was not. */
interface Watch {
  last: number
  longest: number
}
const watches = new Set<Watch>()
let timer: ReturnType<typeof setInterval> | undefined

function look(watch: Watch, now: number): void {
  watch.longest = Math.max(watch.longest, now - watch.last - tickMs)
  watch.last = now
}

/** One timer for all nodes; it ends when none has run for a while. */
function tick(): void {
  const now = performance.now()
  for (const watch of watches) look(watch, now)
  if (watches.size > 0) return
  clearInterval(timer)
  timer = undefined
}

/** Watches the thread and the memory while a node runs. The function that it returns ends that and says what was wrong. */
/** @param alone whether nothing else goes on in its thread */
export function keepVigil(alone = false): () => Promise<readonly Misdeed[]> {
  const before = held()
  const watch: Watch = { last: performance.now(), longest: 0 }
  watches.add(watch)
  timer ??= setInterval(tick, tickMs).unref()
  return async () => {
    look(watch, performance.now())
    watches.delete(watch)
    const { longest } = watch
    const found: Misdeed[] = []
    if (longest > heldMs)
      found.push({
        message: `The node held ${alone ? 'its' : 'the'} thread for ${(longest / 1000).toFixed(1)} s: ${alone ? 'it could not be stopped meanwhile' : 'nothing else of this process went on, nor could the run be stopped'}. Let it await between its parts.`,
        facts: { held_ms: Math.round(longest) },
      })
    // What others hold that run now cannot be told apart.
    if (watches.size > 0 || held() - before < leftMiB * mebibyte) return found
    await collectGarbage()
    const left = Math.round((held() - before) / mebibyte)
    if (left >= leftMiB)
      found.push({
        message: `The node left ${left} MiB in memory when it had ended. Keep nothing outside of it, such as rows in a variable of its module.`,
        facts: { left_mib: left },
      })
    return found
  }
}

/** Only for who is suspected: it stops the process for some milliseconds. */
export async function collectGarbage(): Promise<void> {
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  // Buffers are given back when their owners have been.
  for (let i = 0; i < 2; i++) {
    gc()
    await new Promise((resolve) => setImmediate(resolve))
  }
}
