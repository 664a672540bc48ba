/** Where a node called `process.exit()`. */
export class NodeExit extends Error {
  override readonly name = 'NodeExit'
  readonly call: string
  /** A node has failed of it. */
  told = false
  constructor(code: unknown) {
    const call = `process.exit(${code === undefined ? '' : String(code)})`
    super(`${call} of a node`)
    this.call = call
  }
}

/** What fails each node that runs in this thread. */
const running = new Set<(exit: NodeExit) => void>()
let exitNow: typeof process.exit | undefined

/**
 * While a node runs, `process.exit()` fails it, where it would end the run and all other steps with it.
 * @returns what ends that
 */
export function guardExit(fail: (exit: NodeExit) => void): () => void {
  running.add(fail)
  if (!exitNow) {
    exitNow = process.exit
    process.exit = refuse as typeof process.exit
  }
  return () => {
    running.delete(fail)
    if (running.size > 0 || !exitNow) return
    process.exit = exitNow
    exitNow = undefined
  }
}

function refuse(code?: unknown): never {
  const exit = new NodeExit(code)
  // Of several it fails the one that it is thrown into.
  if (running.size === 1) {
    exit.told = true
    for (const fail of running) fail(exit)
  }
  throw exit
}
