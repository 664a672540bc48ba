import { lstat, readdir, rename, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import type { Cleaning, CleaningRequest, PublishRequest, Version } from './dataset.ts'
import type { FilePartition, Manifest } from './manifest.ts'
import type { Manifests } from './manifests.ts'
import { osCode, remove, sync } from './os.ts'
import { partsOf } from './publish.ts'
import { dayMs, keptVersions, type Aged, type Retention } from './retention.ts'
import { fileSystemNow } from './store-clock.ts'

/** How long an attempt may take: what no version names is somebody's who still writes, when it is younger. */
const attemptMs = dayMs

export interface CleanUpOptions {
  /** Folder of the asset. */
  readonly root: string
  readonly manifests: Manifests
  readonly retention: Retention
  /** Injected by tests. @default the time of the file system, so that no clock but that of the store counts */
  readonly now?: number
  /** As {@link PublishRequest.pinned}. */
  readonly pinned: NonNullable<PublishRequest['pinned']>
}

/**
 * What publishing removes after itself: versions that need not stay, with the files that only they name, and what attempts that
 * died more than a day ago have left. It pays for what is removed, not for what is kept, and leaves the rest to {@link clean}.
 */
export async function cleanUp(options: CleanUpOptions): Promise<void> {
  const { root, manifests, retention } = options
  const numbers = await manifests.numbers()
  // It has just been written.
  const now = options.now ?? (await newestOf(manifests))
  const old: number[] = []
  // From the oldest on, and no further than the first young one.
  for (let i = numbers.length - 1; i >= Math.max(1, retention.versions); i--) {
    const age = now - (await mtimeOf(manifests.path(numbers[i - 1]!)))
    if (age < retention.ageMs || age < retention.graceMs) break
    old.push(numbers[i]!)
  }
  const suspects: string[] = []
  // The names begin with the time of their run.
  for (const name of (await readdir(join(root, 'data'))).toSorted()) {
    if (name.endsWith(doomed)) {
      suspects.push(name)
      continue
    }
    if (now - (await mtimeOf(join(root, 'data', name))) < attemptMs) break
    suspects.push(name)
  }
  await removeDeadTemporaries(manifests.folder, now)
  // To know what can go all that stays is read: then it should be worth it.
  if (suspects.length === 0 && old.length * 10 < numbers.length) return
  const { manifests: all, damaged } = await manifests.all()
  const pinned = old.length > 0 ? await options.pinned() : new Set<string>()
  const why = keptVersions(await agesOf(all, manifests, now), retention, now, pinned)
  await manifests.retire(
    all.flatMap(({ number }) => (old.includes(number) && !why.has(number) ? [number] : [])),
  )
  if (damaged.length > 0) return
  const gone = manifests.retired()
  // Once more: somebody may have published one of them again before it was removed.
  const { manifests: kept } = await manifests.all()
  const used = filesOf(kept)
  for (const path of onlyIn(filesOf(gone), used, new Set(gone.map(({ id }) => id))))
    await remove(join(root, 'data', path))
  await manifests.forget(gone)
  for (const name of suspects) {
    const folder = join(root, 'data', name)
    if (!used.has(name) && (await isDead(folder, now))) await removeAttempt(folder)
  }
}

/** What is written before it gets its name, by who died before that. */
async function removeDeadTemporaries(folder: string, now: number): Promise<void> {
  for (const name of await namesIn(folder)) {
    const path = join(folder, name)
    if (name.endsWith('.tmp') && now - (await mtimeOf(path)) >= attemptMs) await remove(path)
  }
}

/** All that need not stay. It reads the names of all files. */
export async function clean(
  options: CleanUpOptions,
  { remove: removes, pinned }: CleaningRequest,
): Promise<Cleaning> {
  const { root, manifests, retention } = options
  const { manifests: all, damaged } = await manifests.all()
  const now = options.now ?? (await storeNow(manifests))
  const why = keptVersions(await agesOf(all, manifests, now), retention, now, pinned)
  const gone = all.filter(({ number }) => !why.has(number))
  if (removes) {
    await manifests.retire(gone.map(({ number }) => number))
    await manifests.setAside()
    for (const folder of [manifests.folder, join(root, 'leases')]) await removeDeadTemporaries(folder, now)
  }
  const kept = removes ? (await manifests.all()).manifests : all.filter(({ number }) => why.has(number))
  const retired = manifests.retired()
  const ids = new Set([...gone, ...retired].map(({ id }) => id))
  const paths = damaged.length > 0 ? [] : await unusedIn(root, filesOf(kept), ids, now)
  let sizeBytes = 0
  for (const { path } of paths) sizeBytes += await sizeOf(path)
  if (removes && damaged.length === 0) {
    for (const { path, published } of paths) await (published ? remove(path) : removeAttempt(path))
    await manifests.forget(retired)
  }
  return {
    kept: kept.map((version) => ({ version, why: why.get(version.number) ?? 'current' })),
    removed: gone satisfies readonly Version[],
    leftovers: paths.filter(({ published }) => !published).length,
    sizeBytes,
    damaged,
  }
}

/** When the newest manifest was written, by the clock of the file system; long ago, when there is none. */
async function newestOf(manifests: Manifests): Promise<number> {
  const [newest] = await manifests.numbers()
  const at = newest === undefined ? Infinity : await mtimeOf(manifests.path(newest))
  return at === Infinity ? 0 : at
}

/** Where nothing can be written, the last that is known to have been: it is later than that, and nothing goes too early. */
const storeNow = (manifests: Manifests): Promise<number> =>
  fileSystemNow(manifests.folder).catch(() => newestOf(manifests))

async function agesOf(
  newestFirst: readonly Manifest[],
  manifests: Manifests,
  now: number,
): Promise<readonly Aged[]> {
  const ages: Aged[] = []
  for (const [i, { number, id, runId }] of newestFirst.entries()) {
    const next = newestFirst[i - 1]
    // Whichever is later: a copy has other times than its content says, and the other way round. What was written by a clock that
    // is ahead of the file system's, be it by a tick, was written now.
    const replacedAt =
      next &&
      Math.max(await mtimeOf(manifests.path(next.number)), Math.min(Date.parse(next.createdAt) || 0, now))
    ages.push({ number, id, runId, replacedAt })
  }
  return ages
}

/** Files by the version that wrote them. */
type Files = ReadonlyMap<string, ReadonlySet<string>>

function filesOf(manifests: readonly Manifest[]): Files {
  const files = new Map<string, Set<string>>()
  for (const { id, partitions } of manifests) {
    if (!files.has(id)) files.set(id, new Set())
    for (const { version, files: names } of partsOf<FilePartition>(partitions)) {
      const known = files.get(version) ?? new Set()
      for (const name of names) known.add(name)
      files.set(version, known)
    }
  }
  return files
}

/** Files that are named by `gone` and not by `kept`; folders where nothing else can be in them. */
function onlyIn(gone: Files, kept: Files, removed: ReadonlySet<string>): readonly string[] {
  return [...gone].flatMap(([version, names]) => {
    const used = kept.get(version)
    if (!used) return removed.has(version) ? [version] : []
    return [...names.difference(used)].map((name) => join(version, name))
  })
}

interface Unused {
  readonly path: string
  /** It belonged to a version. */
  readonly published: boolean
}

/** Folders and files below `data` that no version names and nobody writes any more. */
async function unusedIn(
  root: string,
  used: Files,
  removed: ReadonlySet<string>,
  now: number,
): Promise<readonly Unused[]> {
  const found: Unused[] = []
  for (const name of await namesIn(join(root, 'data'))) {
    const folder = join(root, 'data', name)
    const files = used.get(name)
    if (!files) {
      if (removed.has(name) || (await isDead(folder, now)))
        found.push({ path: folder, published: removed.has(name) })
      continue
    }
    for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(file.parentPath, file.name)
      if (!file.isDirectory() && !files.has(relative(folder, path))) found.push({ path, published: true })
    }
  }
  return found
}

/** What somebody else has removed meanwhile counts as young, and for no bytes; a link that leads to itself as what it is. */
async function statOf(path: string): Promise<{ mtimeMs: number; size: number; isDirectory(): boolean }> {
  try {
    return await stat(path)
  } catch (error) {
    if (osCode(error) === 'ELOOP') return await lstat(path)
    if (osCode(error) !== 'ENOENT') throw error
    return { mtimeMs: Infinity, size: 0, isDirectory: () => false }
  }
}

const mtimeOf = async (path: string): Promise<number> => (await statOf(path)).mtimeMs

async function namesIn(folder: string, recursive = false): Promise<readonly string[]> {
  try {
    return await readdir(folder, { recursive })
  } catch (error) {
    if (osCode(error) !== 'ENOENT' && osCode(error) !== 'ENOTDIR') throw error
    return []
  }
}

/** Ends the name of a folder that is being removed: what is left of one looks as if somebody had just written there. */
const doomed = '.gone'

/** What an attempt has left: who goes on when this is killed knows that nobody writes there. */
async function removeAttempt(folder: string): Promise<void> {
  if (folder.endsWith(doomed)) return remove(folder)
  await rename(folder, folder + doomed).catch((error: unknown) => {
    // Somebody else was faster.
    if (osCode(error) !== 'ENOENT') throw error
  })
  await sync(dirname(folder))
  await remove(folder + doomed)
}

/** Whether nobody has written there for a day. An engine that still writes changes files, not the folder. */
async function isDead(folder: string, now: number): Promise<boolean> {
  if (folder.endsWith(doomed)) return true
  for (const entry of ['.', ...(await namesIn(folder, true))])
    if (now - (await mtimeOf(join(folder, entry))) < attemptMs) return false
  return true
}

async function sizeOf(path: string): Promise<number> {
  let sum = 0
  for (const entry of ['.', ...(await namesIn(path, true))]) {
    const found = await statOf(join(path, entry))
    if (!found.isDirectory()) sum += found.size
  }
  return sum
}
