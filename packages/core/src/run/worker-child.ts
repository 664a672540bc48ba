import processes from 'node:child_process'
import type { Socket } from 'node:net'
import { PassThrough, type Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { Worker } from 'node:worker_threads'
import type { ErrorRecord } from '../errors/index.ts'
import { interruptThread } from './interrupt-thread.ts'

/** Where a step runs that does not run in this thread. */
export type WorkerKind = 'process' | 'threads'

/** What a worker is told. It answers `ask` at once, unless its node holds the thread. */
export type WorkerOrder = 'ask' | 'stop' | { readonly fail: ErrorRecord }

/** What a worker says: that it hears; that its step has started; that code of an author begins, with how long the step may take, in ms, or has ended. */
export type WorkerWord = 'here' | 'started' | { readonly begins: number | undefined } | 'ends'

export interface Start {
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** What TypeScript may hold in it. */
  readonly memory?: { readonly bytes: number; readonly exceeded: (used: number) => ErrorRecord } | undefined
  /** Called with what a process says. */
  readonly onWord?: (word: WorkerWord) => void
  /** Whether a process reads what this one is given. */
  readonly readsInput?: boolean
}

/** A process or thread that runs `levada step`. */
export interface Child {
  readonly stdout: Readable
  readonly stderr: Readable
  /** Tells how it ended, in words. */
  readonly ended: Promise<string>
  /** It is to end, within 5 s. */
  stop(): void
  /** It has told its result, and is to end: a process that does not, since an engine is stuck in its end, is killed. */
  finish(): void
  /** It is to end soon: one that hears nothing, since its node computes without a pause, is ended. */
  watch(): void
}

/** One that does not answer for so long hears nothing, in ms. */
const deafMs = 2000
const askMs = 250
/** A process that is told to stop ends within 5 s, by itself if it can, in ms. */
const stoppedMs = 4900
/** A process that has told its result closes its engine and resources within this time. */
const finishedMs = 10_000

/**
 * A node is told when it is beyond its limit, unless it computes without a pause. At so many times the limit Node ends a process, which collects garbage
 * before; of a thread nobody else can tell what is garbage.
 */
const heapFactor = 2
const lookMs = 250
/** What a process has printed at its end has come when nothing has for so long, in ms. */
const silentMs = 200

/** Asks again and again whether somebody hears. */
function attention(
  ask: () => void,
  whenDeaf: () => void,
): { watch(): void; heard(): void; isDeaf(): boolean; end(): void } {
  // Counted, since an own pause would look like a silence of theirs.
  const many = Math.ceil(deafMs / askMs)
  let unanswered = 0
  let timer: NodeJS.Timeout | undefined
  return {
    watch() {
      if (timer) return
      ask()
      timer = setInterval(() => {
        ask()
        if (++unanswered % many === 0) whenDeaf()
      }, askMs)
    },
    heard: () => void (unanswered = 0),
    isDeaf: () => unanswered >= many,
    end: () => clearInterval(timer),
  }
}

/** What is done about workers that run while this process ends. */
const exiting = new Set<(code: number) => void>()
const exitAll = (code: number): void => {
  for (const each of exiting) each(code)
}

/** @returns what ends that */
function whenExiting(work: (code: number) => void): () => void {
  if (exiting.size === 0) process.on('exit', exitAll)
  exiting.add(work)
  return () => {
    exiting.delete(work)
    if (exiting.size === 0) process.off('exit', exitAll)
  }
}

/** What its threads compute takes a process down that waits for them in its end, so that an interrupted one ends as others do. */
function endInterrupted(code: number): void {
  if (code !== 130) return
  process.removeAllListeners('SIGINT')
  process.kill(process.pid, 'SIGINT')
  // Another thread may be the one that gets it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
}

function inProcess({ command, args, env, memory, onWord, readsInput = false }: Start): Child {
  const heap = memory ? [`--max-old-space-size=${Math.ceil((memory.bytes * heapFactor) / 1024 ** 2)}`] : []
  const child = processes.spawn(process.execPath, [...process.execArgv, ...heap, command, ...args], {
    // It ends when the channel does, so that it does not go on without us.
    stdio: [readsInput ? 'inherit' : 'ignore', 'pipe', 'pipe', 'ipc'],
    env,
  })
  const kill = (): void => void child.kill('SIGKILL')
  const told = (order: WorkerOrder): void => void (child.connected && child.send(order, () => undefined))
  const { watch, heard, end } = attention(() => told('ask'), kill)
  child.on('message', (word: WorkerWord) => {
    heard()
    onWord?.(word)
  })
  // One whose node holds its thread does not see that we are gone.
  const isOver = whenExiting(kill)
  let late: NodeJS.Timeout | undefined
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`))
    child.once('exit', (code, signal) => resolve(signal ? `was ended by ${signal}` : `ended with ${code}`))
  })
  const [stdout, stderr] = [child.stdout!, child.stderr!].map((stream) =>
    untilSilent(stream as Socket, exited),
  )
  const ended = exited.then(async (how) => {
    await Promise.all([finished(stdout!), finished(stderr!)])
    return how
  })
  void ended.then(() => {
    end()
    clearTimeout(late)
    isOver()
  })
  const stop = (): void => {
    child.kill('SIGTERM')
    late ??= setTimeout(kill, stoppedMs)
    watch()
  }
  const finish = (): void => void (late ??= setTimeout(kill, finishedMs))
  return { stdout: stdout!, stderr: stderr!, ended, stop, finish, watch }
}

/** What a process has printed; who it has started may hold the pipe for as long as he likes, but says nothing that is waited for. */
function untilSilent(stream: Socket, exited: Promise<unknown>): Readable {
  const through = new PassThrough()
  stream.pipe(through)
  stream.once('error', () => through.end())
  let left = 10
  let seen = -1
  const look = (): void => {
    if (stream.readableEnded) return
    if (stream.bytesRead === seen || --left === 0) {
      stream.unpipe(through)
      through.end()
      stream.destroy()
      return
    }
    seen = stream.bytesRead
    setTimeout(look, silentMs)
  }
  void exited.then(look)
  return through
}

/** Calls when a thread holds too much and does not hear. @returns what ends that */
function whenFull(worker: Worker, bytes: number, ask: () => void, full: (used: number) => void): () => void {
  let asked = false
  worker.on('message', () => (asked = false))
  let timer = setTimeout(() => void look(), lookMs)
  let isOver = false
  async function look(): Promise<void> {
    // It answers also while its node computes; one that has ended does not.
    const found = await worker.getHeapStatistics().catch(() => undefined)
    const used = found ? found.used_heap_size + found.external_memory : 0
    if (isOver) return
    if (asked && used > bytes) return full(used)
    asked = used > bytes
    if (asked) ask()
    timer = setTimeout(() => void look(), lookMs)
  }
  return () => {
    isOver = true
    clearTimeout(timer)
  }
}

let threads = 0

function inThread({ command, args, env, memory }: Start): Child {
  const name = `levada step ${++threads}`
  const worker = new Worker(command, { argv: [...args], env, name, stdout: true, stderr: true })
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  const told = (order: WorkerOrder): void => worker.postMessage(order)
  // Only what authors compute is interrupted: who loads an engine, or closes one, has to come to its end.
  let computes = false
  // Never terminated: what its engine computes at the moment would take the whole process with it.
  const { watch, heard, isDeaf, end } = attention(
    () => told('ask'),
    () => {
      if (computes) interruptThread(name, () => computes && isDeaf()).catch(() => undefined)
    },
  )
  worker.on('message', (word: WorkerWord) => {
    if (word === 'ends' || typeof word === 'object') computes = word !== 'ends'
    heard()
  })
  const ended = new Promise<string>((resolve) => {
    worker.once('error', (error) =>
      resolve(`failed: ${error instanceof Error ? error.message : String(error)}`),
    )
    worker.once('exit', (code) => resolve(`ended with ${code}`))
  })
  const isOver = whenExiting((code) => endInterrupted(code))
  const endLooking =
    memory &&
    whenFull(
      worker,
      memory.bytes * heapFactor,
      () => told('ask'),
      (used) => {
        told({ fail: memory.exceeded(used) })
        if (computes) interruptThread(name, () => computes).catch(() => undefined)
      },
    )
  void ended.then(() => {
    end()
    isOver()
    endLooking?.()
  })
  const stop = (): void => {
    told('stop')
    watch()
  }
  // What a thread's engine is stuck in would take this process with it.
  const finish = (): void => {}
  return { stdout: worker.stdout, stderr: worker.stderr, ended, stop, finish, watch }
}

export const startChild = (kind: WorkerKind, start: Start): Child =>
  kind === 'process' ? inProcess(start) : inThread(start)
