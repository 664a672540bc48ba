// Looks once a second whether the same case is still under way.
import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'

const { current, limitMs } = workerData as { current: Int32Array; limitMs: number }
let seen = 0
let since = performance.now()
setInterval(() => {
  const count = Atomics.load(current, 1)
  if (count !== seen) {
    seen = count
    since = performance.now()
  } else if (seen > 0 && performance.now() - since > limitMs) {
    writeSync(
      2,
      `\nCase ${Atomics.load(current, 0)} hangs: nothing has come of it for ${limitMs / 1000} s.\n`,
    )
    process.kill(process.pid, 'SIGKILL')
  }
}, 1000)
