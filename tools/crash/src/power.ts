import { existsSync, readdirSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Op } from './op.ts'

/** Numbers from 0 to 1 that follow from a seed. */
export type Random = () => number

export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * Makes of a folder what a loss of power may leave of it: a name that was not synced with its folder may be gone, of a file that was
 * not synced any part may be missing. A killed process loses neither, since what it wrote is in the memory of the system.
 * @param ops what was done in the folder
 * @param before paths that were there, which last
 */
export function losePower(
  dir: string,
  ops: readonly Op[],
  before: ReadonlySet<string>,
  random: Random,
): void {
  /** The first and the last that was done to a path, by number. */
  const first = new Map<string, number>()
  const last = new Map<string, number>()
  /** When a path was synced last. */
  const synced = new Map<string, number>()
  /** What was there under another name, by the name that it has now. */
  const renamed = new Map<string, string>()
  ops.forEach(({ name, path, phase, durable, from }, i) => {
    if (phase !== 'after') return
    const isOld = from !== undefined && !last.has(from) && before.has(relative(dir, from))
    const sameAs = isOld || (from !== undefined && synced.has(from) && last.get(from)! <= synced.get(from)!)
    if (isOld && name === 'rename') renamed.set(path, from)
    if (name === 'sync' || durable || sameAs) synced.set(path, i)
    if (name === 'sync') return
    if (!first.has(path)) first.set(path, i)
    last.set(path, i)
  })
  // What an engine made is there when Levada syncs it.
  const lasts = (path: string): boolean => (first.get(path) ?? -1) < (synced.get(dirname(path)) ?? -2)
  const isWhole = (path: string): boolean => (last.get(path) ?? -1) <= (synced.get(path) ?? -2)
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      const isNew = !before.has(relative(dir, path))
      if (isNew && !lasts(path) && random() < 0.5) {
        const from = renamed.get(path)
        if (from === undefined) rmSync(path, { recursive: true, force: true })
        else renameSync(path, from)
        continue
      }
      if (entry.isDirectory()) visit(path)
      else if (isNew && !isWhole(path) && random() < 0.5)
        truncateSync(path, Math.floor(random() * statSync(path).size))
    }
  }
  for (const part of ['data', '.levada/runs']) if (existsSync(join(dir, part))) visit(join(dir, part))
}
