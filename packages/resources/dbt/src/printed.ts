import { randomBytes } from 'node:crypto'
import { readSync } from 'node:fs'
import { open, unlink, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

/** How long what was printed may wait to be read, in milliseconds. */
const pauseMs = 20
const chunkBytes = 65_536

/** Where a process prints to. */
export interface Printed {
  /** For the process. */
  readonly descriptor: number
  /**
   * What was printed, until the process has ended and all is read. A chunk holds until the next one is asked for.
   * @throws Error of the file system
   */
  read(ended: Promise<unknown>): AsyncGenerator<Uint8Array, void>
}

/**
 * A new file, which is looked at every so often. dbt prints line by line, and to be woken for each by a pipe takes more time than
 * dbt 2 takes for the node of which the line tells.
 */
export async function openPrinted(path: string): Promise<Printed> {
  const file = await open(path, 'ax+')
  return { descriptor: file.fd, read: (ended) => follow(file, ended) }
}

/** One that has no name any more. */
export async function openUnnamed(folder: string): Promise<Printed> {
  const path = join(folder, `printed-${randomBytes(6).toString('hex')}`)
  const printed = await openPrinted(path)
  await unlink(path)
  return printed
}

async function* follow(file: FileHandle, ended: Promise<unknown>): AsyncGenerator<Uint8Array, void> {
  let isOver = false
  const over = ended.then(() => void (isOver = true))
  const chunk = Buffer.alloc(chunkBytes)
  try {
    for (let position = 0; ;) {
      // All that there is was written before the end, if that has come.
      const isLast = isOver
      const bytesRead = readSync(file.fd, chunk, 0, chunkBytes, position)
      position += bytesRead
      if (bytesRead > 0) yield chunk.subarray(0, bytesRead)
      else if (isLast) return
      else await Promise.race([over, setTimeout(pauseMs)])
    }
  } finally {
    await file.close()
  }
}
