import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ManifestHead } from './manifest.ts'

/**
 * The heads of manifests that were read before, each with the identity of its file: a manifest is never written again under its
 * name, and one that somebody replaces or damages has another identity. To look at it takes a tenth of the time of reading it.
 */
export interface KeptHeads {
  /** What was read of the file at a path; undefined when it is not known, or another file. */
  get(path: string): ManifestHead | undefined
  /** Keeps what was just read, after {@link KeptHeads.get} of the same path: who replaces it meanwhile replaces another file. */
  keep(path: string, head: ManifestHead): void
  /** Forgets all of it: a file is not what its head says. */
  forget(): void
  /** Writes what is kept, where so much was read that it is worth it. */
  save(): void
}

/** Changes with what is kept. */
const format = 1
/** Fewer are read as fast as they are looked up. */
const few = 100

/** Inode, bytes, and when content and inode changed, in milliseconds. */
type Identity = readonly [number, number, number, number]
type Kept = readonly [...Identity, ManifestHead]

/** @param file where they are kept between commands */
export function openKeptHeads(file: string): KeptHeads {
  let before: Readonly<Record<string, Kept>> | undefined
  const now = new Map<string, Kept>()
  let read = 0
  let asked: { readonly path: string; readonly identity: Identity } | undefined
  return {
    get(path) {
      before ??= load(file)
      const kept = before[path]
      const identity = identityOf(path)
      asked = identity && { path, identity }
      if (!kept || !identity?.every((part, i) => part === kept[i])) return undefined
      now.set(path, kept)
      return kept[4]
    },
    keep(path, head) {
      read++
      if (asked?.path === path) now.set(path, [...asked.identity, head])
    },
    forget() {
      before = {}
      now.clear()
      rmSync(file, { force: true })
    },
    save() {
      if (read < few || read < now.size / 10) return
      const temporary = `${file}.${process.pid}.tmp`
      try {
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(temporary, JSON.stringify({ format, heads: Object.fromEntries(now) }))
        renameSync(temporary, file)
      } catch {
        // A plan in a folder that cannot be written is a plan all the same.
        rmSync(temporary, { force: true })
      }
    },
  }
}

function load(file: string): Readonly<Record<string, Kept>> {
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as { format: number; heads: Record<string, Kept> }
    return kept.format === format ? Object(kept.heads) : {}
  } catch {
    return {}
  }
}

/** Undefined when it is not there, or cannot be looked at: whoever reads it is told why. */
function identityOf(path: string): Identity | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false })
    return found && [found.ino, found.size, found.mtimeMs, found.ctimeMs]
  } catch {
    return undefined
  }
}
