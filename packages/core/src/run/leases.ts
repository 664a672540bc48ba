import { setTimeout as sleep } from 'node:timers/promises'
import { isGone, isOwn, newHolder, type Lease, type LeaseHolder, type LeaseInUse } from '../dataset/lease.ts'
import type { Dataset } from '../dataset/index.ts'
import type { Signal } from '../engine/index.ts'
import { LevadaError } from '../errors/index.ts'

export interface LeaseOptions {
  /** How often a holder tells that it lives. @default 10 s */
  readonly beatMs?: number
  /** A holder that tells nothing for so long, by the own clock of who waits, has lost it. @default 60 s; 300 s on a network file system */
  readonly ttlMs?: number
  /** What waits in place of failing, for remedies. @default 'levada run --wait' */
  readonly waitsBy?: string
}

const beatMs = 10_000
const ttlMs = 60_000
/** What others write is seen up to a minute late there. */
const networkTtlMs = 300_000

/** What only one run at a time has: an asset that it writes, or something of another name. */
export interface Claim {
  readonly asset: string
  readonly dataset: Pick<Dataset, 'lease'>
  /** How messages call what is no asset; it comes before assets. */
  readonly called?: string
  /** Tells that others have it. @default that the asset is being written */
  readonly busy?: (who: string) => string
}

export interface HeldLeases {
  /** @throws SUPERSEDED when somebody else has taken the asset over */
  check(asset: string): Promise<void>
  release(): Promise<void>
}

export interface LeaseRequest {
  readonly app: string
  readonly runId: string
  /** Gets whose lease was taken over. */
  readonly report: (message: string) => void
  readonly leases?: LeaseOptions | undefined
  /** What to do when somebody else holds it. @default to wait, as runs do */
  readonly hint?: string
}

/** Runs of this process that hold leases now: one that could not give its own back, as to a server that was down, holds none any more. */
const holding = new Set<string>()

/**
 * Takes the leases of all that a run writes, in the order of names, so that two runs never wait for each other; all of them or none.
 * @throws LEASED
 */
export async function holdLeases(written: readonly Claim[], request: LeaseRequest): Promise<HeldLeases> {
  const holder = newHolder(request.app, request.runId)
  const held = new Map<string, Lease>()
  holding.add(request.runId)
  const release = async (): Promise<void> => {
    clearInterval(timer)
    holding.delete(request.runId)
    // One that cannot be released is taken over by the next run of this process, or when it is gone.
    await Promise.allSettled([...held.values()].map((lease) => lease.release()))
  }
  const timer = setInterval(() => {
    for (const lease of held.values()) lease.beat().catch(() => undefined)
  }, request.leases?.beatMs ?? beatMs)
  timer.unref()
  try {
    for (const each of inOrder(written)) {
      const lease = await take(each, holder, request)
      if (lease) held.set(each.asset, lease)
    }
  } catch (error) {
    await release()
    throw error
  }
  return {
    release,
    async check(asset) {
      const lost = await held.get(asset)?.lost()
      if (!lost) return
      const who = lost.by ? ` It is held by ${showHolder(lost.by)} now.` : ''
      throw new LevadaError(
        'SUPERSEDED',
        `Run ${request.runId} was taken for dead, and another one has taken '${asset}' over: nothing of it is published.${who}`,
        { retryable: true, details: { asset, ...(lost.by && { run: lost.by.runId }) } },
      )
    },
  }
}

const inOrder = (written: readonly Claim[]): readonly Claim[] => {
  const key = ({ asset, called }: Claim): string => (called === undefined ? `1 ${asset}` : `0 ${asset}`)
  return [...new Map(written.map((each) => [each.asset, each])).values()].toSorted((a, b) =>
    key(a) < key(b) ? -1 : 1,
  )
}

const nameOf = ({ asset, called = `'${asset}'` }: Claim): string => called

/** A sentence that begins with this. */
const begins = (text: string): string => text[0]!.toUpperCase() + text.slice(1)

/** Undefined for a dataset without leases. @throws LEASED */
async function take(
  claim: Claim,
  holder: LeaseHolder,
  { report, leases, hint }: LeaseRequest,
): Promise<Lease | undefined> {
  const { dataset } = claim
  if (!dataset.lease) return undefined
  let { lease, inUse } = await dataset.lease(holder)
  if (inUse && isDead(inUse, leases)) {
    const dead = inUse
    ;({ lease, inUse } = await dataset.lease(holder, dead.token))
    if (lease)
      report(`${begins(nameOf(claim))} is taken over from ${showHolder(dead.holder)}, which is gone.`)
  }
  if (inUse) throw leased(claim, inUse, leases, hint)
  return lease
}

/** Whether that is known without having waited. What cannot be read was lost with the power of its machine. */
export const isDead = ({ holder, silentMs }: LeaseInUse, options: LeaseOptions = {}): boolean =>
  holder === undefined ||
  isGone(holder) ||
  (isOwn(holder) && !holding.has(holder.runId)) ||
  (silentMs ?? 0) >= (options.ttlMs ?? ttlMs)

const ttlOf = ({ network }: LeaseInUse, options: LeaseOptions = {}): number =>
  options.ttlMs ?? (network === undefined ? ttlMs : networkTtlMs)

export interface Waiting {
  /** How long at most. @default as long as it takes */
  readonly forMs?: number | undefined
  readonly signal?: Signal | undefined
  /** Told once for each lease that is waited for. */
  readonly told?: (error: LevadaError) => void
  readonly leases?: LeaseOptions
  /** Gets whose lease was taken over. @default console.error */
  readonly report?: (message: string) => void
}

/**
 * Waits until nobody else writes some assets, or those who do are dead; holds none of them afterwards.
 * @throws LEASED when that takes too long, CANCELLED
 */
export async function waitForLeases(
  written: readonly Claim[],
  request: LeaseRequest,
  { forMs = Infinity, signal, told }: Omit<Waiting, 'report' | 'leases'>,
): Promise<void> {
  const { leases: options, report } = request
  const holder = newHolder(request.app, request.runId)
  // By a clock that never jumps.
  const began = performance.now()
  for (const claim of inOrder(written)) {
    const { dataset } = claim
    let heard: { readonly token: string; readonly pulse: string; readonly at: number } | undefined
    let over: string | undefined
    while (dataset.lease) {
      const { lease, inUse } = await dataset.lease(holder, over)
      if (lease) {
        if (over !== undefined)
          report(`${begins(nameOf(claim))} is taken over: nothing was heard of who had it.`)
        await lease.release()
        break
      }
      const { token, pulse } = inUse
      const now = performance.now()
      const error = leased(claim, inUse, options)
      if (heard?.token !== token) told?.(error)
      if (heard?.token !== token || heard.pulse !== pulse) heard = { token, pulse, at: now }
      over = isDead(inUse, options) || now - heard.at >= ttlOf(inUse, options) ? token : undefined
      if (over !== undefined) continue
      if (now - began >= forMs) throw waitedFor(error, claim, now - began)
      if (signal?.aborted)
        throw new LevadaError('CANCELLED', `The run was stopped while it waited for ${nameOf(claim)}.`)
      await sleep(Math.min(500, (options?.ttlMs ?? ttlMs) / 4))
    }
  }
}

export const waitText = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`

/** The same, to be told from one that nobody has waited for. */
function waitedFor({ message, hint, details }: LevadaError, claim: Claim, waitedMs: number): LevadaError {
  return new LevadaError(
    'LEASED',
    `After ${waitText(waitedMs)} of waiting ${nameOf(claim)} is not free yet. ${message}`,
    {
      retryable: true,
      hint: hint.replace(/^Wait for it/, 'Wait for longer, or as long as it takes'),
      details: { ...details, waited_ms: Math.round(waitedMs) },
    },
  )
}

function leased(
  { asset, called, busy = (who) => `'${asset}' is being written by ${who}.` }: Claim,
  inUse: LeaseInUse,
  options: LeaseOptions | undefined,
  hint?: string,
): LevadaError {
  const { holder, network } = inUse
  const ttl = `${Math.ceil(ttlOf(inUse, options) / 1000)} s`
  const where =
    network === undefined
      ? ''
      : `, since it lies on a network file system (${network}), where others are heard late`
  return new LevadaError('LEASED', busy(showHolder(holder)), {
    retryable: true,
    hint:
      hint ??
      `Wait for it: ${options?.waitsBy ?? 'levada run --wait'}, which takes ${called === undefined ? 'the asset' : 'its place'} over from one that has died and is not heard for ${ttl}${where}.`,
    details: { asset, ...(holder && { run: holder.runId, host: holder.host, pid: holder.pid }) },
  })
}

const showHolder = (holder: LeaseHolder | undefined): string =>
  holder
    ? `run ${holder.runId} of the app '${holder.app}' (process ${holder.pid} on ${holder.host}, since ${holder.since.slice(0, 19).replace('T', ' ')} UTC)`
    : 'somebody whose lease cannot be read'
