import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Who writes an asset. */
export interface LeaseHolder {
  readonly app: string
  readonly runId: string
  readonly host: string
  readonly pid: number
  /** UTC, ISO 8601. */
  readonly since: string
  /** The start of the machine, its namespace of processes, and when this one began since; absent where that cannot be told. */
  readonly process?: { readonly boot: string; readonly names: string; readonly began: string }
}

/** Politeness among runs: others wait, or are told. That nothing is lost is up to compare-and-swap. */
export interface Lease {
  /** Tells others that the holder lives. */
  beat(): Promise<void>
  /** Undefined as long as it is held; otherwise who has it now, as far as that can be told. */
  lost(): Promise<{ readonly by: LeaseHolder | undefined } | undefined>
  release(): Promise<void>
}

/** A lease that somebody else holds. */
export interface LeaseInUse {
  /** Undefined when it cannot be read, as after a loss of power: a lease is taken as a whole. */
  readonly holder: LeaseHolder | undefined
  /** Names this very lease. */
  readonly token: string
  /** Another one each time that its holder has told that it lives. */
  readonly pulse: string
  /** How long ago that was by the clock of the store, if it has one. */
  readonly silentMs?: number
  /** The network file system on which it lies, where what others do is seen late. */
  readonly network?: string
}

export type LeaseAnswer =
  | { readonly lease: Lease; readonly inUse?: undefined }
  | { readonly lease?: undefined; readonly inUse: LeaseInUse }

export function newHolder(app: string, runId: string): LeaseHolder {
  const own = processOf(process.pid)
  return {
    app,
    runId,
    host: hostname(),
    pid: process.pid,
    since: new Date().toISOString(),
    ...(own && { process: own }),
  }
}

/** Whether this process is the holder's. */
export const isOwn = ({ host, pid, process: its }: LeaseHolder): boolean =>
  pid === process.pid && host === hostname() && its?.began === processOf(pid)?.began

/** Whether the process of a holder is gone. One of another machine, or in another container of this one, may always be there. */
export function isGone({ host, pid, process: its }: LeaseHolder): boolean {
  const own = processOf(process.pid)
  if (own && its) {
    // The machine has been started again.
    if (its.boot !== own.boot) return host === hostname()
    return its.names === own.names && processOf(pid)?.began !== its.began
  }
  if (host !== hostname() || own || its) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

/** On Linux; undefined for a process that is not there. */
function processOf(pid: number): LeaseHolder['process'] | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const names = readlinkSync('/proc/self/ns/pid')
    const facts = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
    // Dead, and only not yet asked about by its parent.
    if (facts[0] === 'Z') return undefined
    return { boot, names, began: facts[19]! }
  } catch {
    return undefined
  }
}
