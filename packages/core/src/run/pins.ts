import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { osCode, refused } from '../dataset/os.ts'
import { dayMs } from '../dataset/retention.ts'
import { fileSystemNow } from '../dataset/store-clock.ts'
import { logFile, runFolder } from './log-sink.ts'
import { recordFile } from './record.ts'

/** Runs that read a version and have not finished, by its id; by their own id for what they have published themselves. */
export type Pinned = ReadonlyMap<string, readonly string[]>

/** So long an unfinished run holds what it reads. */
const heldMs = 7 * dayMs

/**
 * What unfinished runs of the last seven days read, in this folder of an app. How long ago they did something is told by the times
 * of their files: the id of a run has the time of a clock that may have been wrong.
 * @throws STORAGE
 */
export async function pinsOf(appDir: string): Promise<Pinned> {
  const pinned = new Map<string, string[]>()
  const pin = (version: string, run: string): void =>
    void pinned.set(version, [...(pinned.get(version) ?? []), run])
  const folder = dirname(runFolder(appDir, 'any'))
  const runs = existsSync(folder) ? readdirSync(folder) : []
  if (runs.length === 0) return pinned
  const now = await fileSystemNow(dirname(folder)).catch(() => Date.now())
  for (const run of runs) {
    const lastSeen = Math.max(timeOf(recordFile(appDir, run)), timeOf(logFile(appDir, run)))
    if (now - lastSeen > heldMs) continue
    const read = readPins(recordFile(appDir, run))
    if (!read || isFinished(logFile(appDir, run))) continue
    pin(run, run)
    for (const version of read) pin(version, run)
  }
  return pinned
}

/** Ids of what {@link pinsOf} tells. */
export const pinnedIds = async (appDir: string): Promise<ReadonlySet<string>> =>
  new Set((await pinsOf(appDir)).keys())

/** 0 when it is not there. Where that cannot be told, the run counts as one of today. */
function timeOf(file: string): number {
  try {
    return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
  } catch {
    return Infinity
  }
}

/** The versions that a run began with; undefined when it had nothing to do, or cannot go on. @throws STORAGE */
function readPins(file: string): readonly string[] | undefined {
  try {
    const { pins } = JSON.parse(readFileSync(file, 'utf8')) as {
      readonly pins: Readonly<Record<string, { readonly id?: string }>>
    }
    return Object.values(pins).flatMap(({ id }) => id ?? [])
  } catch (error) {
    const code = osCode(error)
    // What it reads must not be removed only because nobody could look.
    if (code !== undefined && code !== 'ENOENT') throw refused(`Reading what a run reads, in ${file},`, error)
    return undefined
  }
}

const lastBytes = 65_536

/** Whether the last word of a run's log is that all went well, or that nothing is left that could. One that cannot be read says neither. */
function isFinished(log: string): boolean {
  try {
    return lastWordEnds(log)
  } catch {
    return false
  }
}

function lastWordEnds(log: string): boolean {
  const file = openSync(log, 'r')
  try {
    const { size } = fstatSync(file)
    const bytes = Buffer.alloc(Math.min(size, lastBytes))
    readSync(file, bytes, 0, bytes.length, size - bytes.length)
    const last = bytes
      .toString()
      .split('\n')
      .findLast((line) => /"type":"run_(started|resumed|finished)"/.test(line))
    return (
      last !== undefined &&
      /"type":"run_finished"/.test(last) &&
      /"state":"(succeeded|nothing)"|"settled":true/.test(last)
    )
  } finally {
    closeSync(file)
  }
}
