import type { Signal } from '../engine/index.ts'
import { LevadaError, type Place } from '../errors/index.ts'

/** Where a node called `process.exit()`. */
export class NodeExit extends Error {
  override readonly name = 'NodeExit'
  readonly call: string
  /** A node has failed of it, or its run ends anyway. */
  told = false
  constructor(code: unknown) {
    const call = `process.exit(${code === undefined ? '' : String(code)})`
    super(`${call} of a node`)
    this.call = call
  }
}

/** What a node fails of that called it. */
export const exitError = (node: string, cause: NodeExit, place: Place | undefined): LevadaError =>
  new LevadaError(
    'NODE_EXITED',
    `Node '${node}' called ${cause.call}, which would have ended the run and its other steps.`,
    { cause, ...(place && { place }) },
  )

interface Running {
  /** Stops its run. */
  readonly signal: Signal
  readonly fail: (exit: NodeExit) => void
}

/** The nodes that run in this thread. */
const running = new Set<Running>()
let watches = false

/** While a node runs, `process.exit()` fails it, where it would end the run and all other steps with it; also for who has imported or kept it since. */
export function watchExit(): void {
  if (watches) return
  watches = true
  const exit = process.exit.bind(process)
  // Without an argument it leaves `process.exitCode` as it is.
  process.exit = (...args) => (running.size > 0 ? refuse(args[0]) : exit(...args))
  process.getBuiltinModule('node:module').syncBuiltinESMExports()
}

/** @returns what is called when the node has ended */
export function guardExit(signal: Signal, fail: (exit: NodeExit) => void): () => void {
  watchExit()
  const node = { signal, fail }
  running.add(node)
  return () => void running.delete(node)
}

function refuse(code: unknown): never {
  const exit = new NodeExit(code)
  const nodes = [...running]
  // As handlers of signals do, that libraries bring along.
  if (nodes.every(({ signal }) => signal.aborted)) exit.told = true
  // Of several it fails the one that it is thrown into.
  else if (nodes.length === 1) {
    exit.told = true
    nodes[0]!.fail(exit)
  }
  throw exit
}
