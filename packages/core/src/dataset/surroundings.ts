import { readdirSync } from 'node:fs'
import { sep } from 'node:path'
import type { KeptHeads } from './kept-heads.ts'

/** What is known before an asset is looked at, of many that are looked at together. */
export interface Surroundings {
  /**
   * False when nothing is there, true when something seems to be; undefined when that is not known. One listing tells of all that
   * are in the same folder.
   */
  has(path: string): boolean | undefined
  /** What was read of manifests before. */
  readonly heads?: KeptHeads | undefined
}

/** Of fewer in the same folder, each is looked at by itself: what else is there may be much. */
const fewest = 4

/** What is made later than the first few of a folder were asked for is not seen. Paths are absolute. */
export function openSurroundings(heads?: KeptHeads): Surroundings {
  const asked = new Map<string, number>()
  const listed = new Map<string, ReadonlySet<string> | undefined>()
  /** The one that was listed last, with its end. */
  let last: { readonly start: string; readonly names: ReadonlySet<string> } | undefined
  return {
    heads,
    has(path) {
      const end = path.lastIndexOf(sep)
      if (last?.start.length === end + 1 && path.startsWith(last.start)) return isAmong(last.names, path, end)
      const folder = path.slice(0, end)
      if (!listed.has(folder)) {
        const before = asked.get(folder) ?? 0
        asked.set(folder, before + 1)
        if (before + 1 < fewest) return undefined
        listed.set(folder, namesIn(folder || sep))
      }
      const names = listed.get(folder)
      if (!names) return undefined
      last = { start: path.slice(0, end + 1), names }
      return isAmong(names, path, end)
    },
  }
}

function isAmong(names: ReadonlySet<string>, path: string, end: number): boolean {
  return names.size > 0 && names.has(nameOf(path.slice(end + 1)))
}

/** Undefined where that cannot be told. */
function namesIn(folder: string): ReadonlySet<string> | undefined {
  try {
    return new Set(readdirSync(folder).map(nameOf))
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? new Set() : undefined
  }
}

/** Some file systems take names that differ by this for the same. */
const nameOf = (name: string): string =>
  /^[a-z0-9_.-]*$/.test(name) ? name : name.normalize('NFC').toLowerCase()
