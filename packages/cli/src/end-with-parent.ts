import { Worker } from 'node:worker_threads'

/**
 * Ends this process when the one that started it has been gone for longer than `graceMs`: a node that computes without a pause does not
 * hear of that, but a thread beside it does.
 */
export function endWithParent(parent: number, graceMs: number): void {
  const code = `
    let gone = 0
    setInterval(() => {
      if (process.ppid !== ${parent} && (gone += 500) > ${graceMs}) process.kill(process.pid, 'SIGKILL')
    }, 500)`
  new Worker(code, { eval: true, execArgv: [], name: 'levada parent' }).unref()
}
