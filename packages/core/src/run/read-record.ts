import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { refused } from '../dataset/os.ts'
import { isLevadaError, LevadaError, nearest } from '../errors/index.ts'
import type { LevadaEvent } from '../events/index.ts'
import { logFile } from './log-sink.ts'
import { recordFile, type RunRecord } from './record.ts'

/** The id of a run: as it is, by a part of it that no other has, or as `latest` the newest that had something to do. @throws RUN_UNKNOWN */
export function findRun(appDir: string, id: string): string {
  const all = runIds(appDir)
  if (id === 'latest' && all.length > 0)
    return all.findLast((each) => existsSync(recordFile(appDir, each))) ?? all.at(-1)!
  const found = all.includes(id) ? [id] : all.filter((each) => id !== '' && each.includes(id))
  if (found.length === 1) return found[0]!
  const near = nearest(id, all)
  const why =
    all.length === 0
      ? 'it has none yet'
      : found.length > 1
        ? `${found.length} have this in their ids`
        : near.length > 0
          ? `the nearest is ${near[0]!}`
          : `the newest is ${all.at(-1)!}`
  throw new LevadaError('RUN_UNKNOWN', `The app has no run '${id}': ${why}.`)
}

function runIds(appDir: string): readonly string[] {
  try {
    return readdirSync(join(appDir, '.levada', 'runs')).toSorted()
  } catch {
    return []
  }
}

/** Made when it is asked for: every run loads this module, and few read a record. */
function recordSchema() {
  const key = z.record(z.string(), z.string())
  const fingerprint = z.object({
    code: z.string(),
    schema: z.string(),
    checks: z.string(),
    engine: z.string(),
    params: key,
    packages: z.int(),
  })
  return z.object({
    format: z.literal(1),
    run_id: z.string(),
    app: z.string(),
    env: z.string(),
    selection: z.string(),
    partition: z.string().exactOptional(),
    chunk: z.int().exactOptional(),
    mode: z.enum(['changed', 'force', 'missing']),
    now: z.string(),
    params: z.record(z.string(), z.record(z.string(), z.unknown())),
    secrets: z.array(z.string()),
    pins: z.record(
      z.string(),
      z.object({
        env: z.string(),
        id: z.string().exactOptional(),
        number: z.int().exactOptional(),
        state: z.string().exactOptional(),
        changed_at: z.string().exactOptional(),
      }),
    ),
    heads: z.record(z.string(), z.int()),
    packages: z.array(key),
    fingerprints: z.array(fingerprint),
    steps: z.array(
      z.object({
        id: z.string(),
        node: z.string().exactOptional(),
        source: z.string().exactOptional(),
        partitions: z.array(key).exactOptional(),
        reasons: z.array(z.object({ kind: z.string(), names: z.array(z.string()) })),
        needs: z.array(z.string()),
        after: z.array(z.string()).exactOptional(),
        made: z.record(z.string(), z.int().nullable()).exactOptional(),
      }),
    ),
  })
}

/** What a run began with. @throws NOT_RESUMABLE */
export function readRecord(appDir: string, runId: string): RunRecord {
  const file = recordFile(appDir, runId)
  const refuse = (why: string, cause?: unknown): never => {
    throw new LevadaError('NOT_RESUMABLE', `Run ${runId} cannot go on: ${why}.`, { cause })
  }
  try {
    const found: unknown = JSON.parse(readFileSync(file, 'utf8'))
    const { format } = (found ?? {}) as { readonly format?: unknown }
    if (typeof format === 'number' && format > 1)
      return refuse(`${file} has format ${format}, and this version of Levada knows 1`)
    const { success, data, error } = recordSchema().safeParse(found)
    if (!success) {
      const [issue] = error.issues
      return refuse(`${file} is damaged at ${issue!.path.join('.') || 'its top'}: ${issue!.message}`, error)
    }
    if (data.run_id !== runId) return refuse(`${file} is of run ${data.run_id}`)
    return data as RunRecord
  } catch (cause) {
    if (isLevadaError(cause)) throw cause
    return (cause as NodeJS.ErrnoException).code === 'ENOENT'
      ? refuse('it had nothing to run, or was killed before its first step', cause)
      : refuse(`${file} cannot be read: ${(cause as Error).message}`, cause)
  }
}

/** What the log of a run tells; lines that were cut off say nothing. @param about lines that are asked for @throws STORAGE */
export function readLog(appDir: string, runId: string, about: RegExp = /./): readonly LevadaEvent[] {
  let text = ''
  try {
    text = readFileSync(logFile(appDir, runId), 'utf8')
  } catch (error) {
    // One that cannot be read tells something all the same.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw refused(`Reading the log of the run '${runId}'`, error)
    return []
  }
  return text.split('\n').flatMap((line) => {
    if (!about.test(line)) return []
    try {
      const event = JSON.parse(line) as LevadaEvent | null
      return typeof event?.type === 'string' ? [event] : []
    } catch {
      return []
    }
  })
}

/** Lines that tell of the run as a whole. */
export const ofRun: RegExp = /"type":"run_(started|resumed|finished)"/

/** Who runs it, as far as its log tells. */
export interface Running {
  readonly pid: number
  readonly host: string
  readonly since: string
  /** Whether the process is there; undefined when it is on another machine. */
  readonly lives: boolean | undefined
}

/** Undefined when it has ended, and said so. */
export function runningBy(events: readonly LevadaEvent[]): Running | undefined {
  const last = events.findLast(({ type }) => /^run_(started|resumed|finished)$/.test(type))
  if (last?.type !== 'run_started' && last?.type !== 'run_resumed') return undefined
  const { pid, host, time } = last
  if (pid === undefined || host === undefined) return undefined
  return { pid, host, since: time, lives: host === hostname() ? livesSince(pid, time) : undefined }
}

/** Whether a process is there that was at a time; its number may be another's by now. */
function livesSince(pid: number, time: string): boolean {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const began = beganAt(pid)
  // The clocks of both differ by less.
  return began === undefined || began <= Date.parse(time) + 2000
}

/** When a process began, in ms; undefined where that is not told, as on macOS. */
function beganAt(pid: number): number | undefined {
  try {
    const facts = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
    // Dead, and only not yet asked about by its parent.
    if (facts[0] === 'Z') return Infinity
    const ticks = Number(facts[19])
    const boot = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))![1])
    // Linux has 100 ticks a second for all that it tells.
    return (boot + ticks / 100) * 1000
  } catch {
    return undefined
  }
}
