import { rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { randomHex } from './random-hex.ts'

/**
 * The time as a file system tells it, which all who write there share, whatever the clocks of their processes say. It makes a file
 * in the folder and removes it, so that the folder has that time, too.
 * @throws what the system says, where no file can be made
 */
export async function fileSystemNow(folder: string): Promise<number> {
  const path = join(folder, `.${process.pid}-${randomHex()}${randomHex()}.tmp`)
  try {
    await writeFile(path, '')
    return (await stat(path)).mtimeMs
  } finally {
    await rm(path, { force: true }).catch(() => undefined)
  }
}
