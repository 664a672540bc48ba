import { mkdir, open, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { LevadaError } from '../errors/index.ts'

const transient = new Set(['EAGAIN', 'EBUSY', 'EINTR', 'EMFILE', 'ENFILE'])
const hints: Readonly<Record<string, string>> = {
  ENOSPC: 'Free some space on the disk (levada gc --yes removes old versions), then run again.',
  EDQUOT: 'Free some space of the quota (levada gc --yes removes old versions), then run again.',
  EMFILE: 'Let the process open more files (ulimit -n), then run again.',
  ENOTDIR:
    'A file stands where a folder is needed; to read a file as it is, its name has to end as its format: .csv.',
  EISDIR: 'A folder stands where a file is needed: move it away, then run again.',
  EIO: 'Look after the disk, which could not be read or written, then run again.',
  EROFS: 'Store the asset on a file system that can be written.',
  EACCES: 'Give the process the right to read and write there.',
  EPERM: 'The file system must allow hard links, and the process must have the right to write there.',
}

export const osCode = (error: unknown): string | undefined =>
  error instanceof Error && 'syscall' in error ? (error as NodeJS.ErrnoException).code : undefined

/** Runs work on files; what the operating system refuses becomes STORAGE. */
export async function onDisk<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw refused(what, error)
  }
}

/** As {@link onDisk} throws it. */
export function refused(what: string, error: unknown): unknown {
  const code = osCode(error)
  if (code === undefined) return error
  const hint = hints[code]
  return new LevadaError('STORAGE', `${what} failed: ${(error as Error).message}`, {
    ...(hint !== undefined && { hint }),
    cause: error,
    retryable: transient.has(code),
    details: { os: code },
  })
}

/** Makes the content of a file, or the names in a folder, survive a loss of power. */
export async function sync(path: string): Promise<void> {
  await using handle = await open(path)
  await handle.sync()
}

/** Makes folders and returns those whose names have to be synced for them to last. */
export async function makeFolder(path: string): Promise<readonly string[]> {
  const first = await mkdir(path, { recursive: true })
  if (first === undefined) return []
  const parents: string[] = []
  for (let folder = path; folder !== dirname(first); folder = dirname(folder)) parents.push(dirname(folder))
  return parents
}

export async function writeDurably(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flush: true })
}

export const remove = (path: string): Promise<void> => rm(path, { recursive: true, force: true })

/** Runs `work` on every item, at most `width` at a time. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values()
  const worker = async (): Promise<void> => {
    for (const item of rest) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker))
}
