import { statSync, watch, type FSWatcher } from 'node:fs'
import { dirname, join } from 'node:path'
import { LevadaError } from '../errors/index.ts'

/** What was saved in one go. */
export interface Change {
  readonly files: ReadonlySet<string>
  /** When the first of them was, by `performance.now()`. */
  readonly since: number
}

export interface FileWatch extends Disposable {
  /** Folders to watch from now on; what is below them is not. */
  folders(wanted: Iterable<string>): void
  /** The next change; undefined when the watch is over. */
  next(): Promise<Change | undefined>
  /** Puts a change back that came to nothing. */
  giveBack(change: Change): void
}

/** Editors write a file in several goes. */
const quietMs = 25

/**
 * Watches folders rather than files: an editor that writes another file and gives it the name is seen too.
 * @param onChange called at once when a file that counts is saved
 */
export function watchFiles(counts: (file: string) => boolean, onChange: () => void): FileWatch {
  const watchers = new Map<string, { readonly watcher: FSWatcher; readonly inode: number }>()
  const pending = new Set<string>()
  let since = 0
  let timer: NodeJS.Timeout | undefined
  let wake: ((change: Change | undefined) => void) | undefined
  let over = false

  const flush = (): void => {
    timer = undefined
    if (!wake || pending.size === 0) return
    const change = { files: new Set(pending), since }
    pending.clear()
    wake(change)
    wake = undefined
  }
  const add = (file: string): void => {
    if (!counts(file)) return
    if (pending.size === 0) since = performance.now()
    pending.add(file)
    clearTimeout(timer)
    timer = setTimeout(flush, quietMs)
    onChange()
  }
  const open = (folder: string): void => {
    const inode = inodeOf(folder)
    const known = watchers.get(folder)
    if (inode === undefined || known?.inode === inode) return
    known?.watcher.close()
    const watcher = watchFolder(folder, (name) => add(join(folder, name)))
    // A folder that is removed; it is looked for again with the next change.
    watcher.on('error', () => close(folder))
    watchers.set(folder, { watcher, inode })
  }
  const close = (folder: string): void => {
    watchers.get(folder)?.watcher.close()
    watchers.delete(folder)
  }
  return {
    folders(wanted) {
      const folders = new Set(wanted)
      for (const folder of watchers.keys()) if (!folders.has(folder)) close(folder)
      for (const folder of folders) open(folder)
    },
    next() {
      if (over) return Promise.resolve(undefined)
      return new Promise((resolve) => {
        wake = resolve
        if (!timer) flush()
      })
    },
    giveBack({ files, since: before }) {
      since = pending.size === 0 ? before : Math.min(since, before)
      for (const file of files) pending.add(file)
    },
    [Symbol.dispose]() {
      over = true
      clearTimeout(timer)
      for (const folder of watchers.keys()) close(folder)
      wake?.(undefined)
    },
  }
}

/** @throws STORAGE when the system watches no more */
function watchFolder(folder: string, onName: (name: string) => void): FSWatcher {
  try {
    return watch(folder, (_, name) => name !== null && onName(name))
  } catch (cause) {
    throw new LevadaError(
      'STORAGE',
      `The folder ${folder} cannot be watched: ${(cause as { code?: string }).code}.`,
      {
        cause,
        hint: 'On Linux, raise fs.inotify.max_user_watches and fs.inotify.max_user_instances.',
      },
    )
  }
}

function inodeOf(folder: string): number | undefined {
  const found = statSync(folder, { throwIfNoEntry: false })
  return found?.isDirectory() ? found.ino : undefined
}

/** The folders of some files. */
export const foldersOf = (files: Iterable<string>): ReadonlySet<string> =>
  new Set([...files].map((file) => dirname(file)))
