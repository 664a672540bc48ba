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
/** What JavaScript holds, in bytes: its heap, and what buffers hold beside it. Not the memory of engines. */
const held = (): number => {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

let running = 0

/** Watches the thread and the memory while a node runs. The function that it returns ends that and says what was wrong. */
/** @param alone whether nothing else goes on in its thread */
export function keepVigil(alone = false): () => Promise<readonly Misdeed[]> {
  const before = held()
  running++
  let last = performance.now()
  let longest = 0
  const look = (): void => {
    const now = performance.now()
    longest = Math.max(longest, now - last - tickMs)
    last = now
  }
  const timer = setInterval(look, tickMs)
  timer.unref()
  return async () => {
    look()
    clearInterval(timer)
    running--
    const found: Misdeed[] = []
    if (longest > heldMs)
      found.push({
        message: `The node held ${alone ? 'its' : 'the'} thread for ${(longest / 1000).toFixed(1)} s: ${alone ? 'it could not be stopped meanwhile' : 'nothing else of this process went on, nor could the run be stopped'}. Let it await between its parts.`,
        facts: { held_ms: Math.round(longest) },
      })
    // What others hold that run now cannot be told apart.
    if (running > 0 || held() - before < leftMiB * mebibyte) return found
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
async function collectGarbage(): Promise<void> {
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
