import { LevadaError } from '@levada/core/spi'
import { randomBytes } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import { access, copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

const partialParse = 'partial_parse.msgpack'

/** Where the commands of a project keep their artifacts, each in a folder of its own. */
export const targetDirOf = (projectDir: string): string => join(projectDir, 'target', 'levada')

/**
 * A new folder for one command: dbt overwrites the artifacts of the command before in its target folder. Names sort by time.
 * @throws STORAGE
 */
export async function makeFolder(targetDir: string, method: string): Promise<string> {
  const time = new Date().toISOString().replaceAll(/[-:.]/g, '')
  const folder = join(targetDir, `${time}-${randomBytes(3).toString('hex')}-${method}`)
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new LevadaError('STORAGE', `The folder ${folder} for dbt's artifacts cannot be made: ${code}.`, {
      hint: 'Make the folder above it one that this user can write, or name another: targetDir.',
      cause,
    })
  }
  return folder
}

/** Gives a command what is parsed already. dbt looks itself whether it still fits. */
export async function takeParsed(targetDir: string, folder: string): Promise<void> {
  await copyFile(join(targetDir, partialParse), join(folder, partialParse), constants.COPYFILE_FICLONE).catch(
    () => {},
  )
}

/** Keeps what a command parsed for the next one, whole even when two do so at once. Its folder has it no longer. */
export async function keepParsed(targetDir: string, folder: string): Promise<void> {
  await rename(join(folder, partialParse), join(targetDir, partialParse)).catch(() => {})
}

const isRunFolder = (name: string): boolean => /^\d{8}T\d{9}Z-[0-9a-f]{6}-\w+$/.test(name)

/** Notes that a command came to its end: the results of one that was interrupted lack what it did not come to. */
export const noteEnd = (folder: string): Promise<void> => writeFile(join(folder, 'ended'), '')

/** Whether the results in a folder are of a whole command; those that dbt wrote elsewhere are taken for whole. */
export const isWhole = (folder: string): boolean =>
  !isRunFolder(basename(folder)) || existsSync(join(folder, 'ended'))

/** Folders of earlier commands, the newest first. */
export async function folders(targetDir: string): Promise<readonly string[]> {
  const names = await readdir(targetDir).catch(() => [])
  return names
    .filter(isRunFolder)
    .toSorted()
    .toReversed()
    .map((name) => join(targetDir, name))
}

/** How many folders of commands are kept. */
const kept = 20
const weekMs = 7 * 86_400_000

/**
 * Removes the folders of older commands: what is beyond the newest 20, but for the newest with results, which a retry goes on with,
 * and for commands that have not ended, unless they began more than a week ago. What cannot be removed stays.
 */
export async function removeOld(targetDir: string): Promise<void> {
  const all = await folders(targetDir)
  if (all.length <= kept) return
  const toRetry = all.find((folder) => existsSync(join(folder, 'run_results.json')))
  for (const folder of all.slice(kept))
    if (folder !== toRetry && (isWhole(folder) || Date.now() - beganMs(folder) > weekMs))
      await removeFolder(folder).catch(() => {})
}

/** As the name says: 20261130T060000000Z-… */
function beganMs(folder: string): number {
  const [, date, h, min, s, ms] = /^(\d{8})T(\d\d)(\d\d)(\d\d)(\d{3})Z/.exec(basename(folder))!
  const day = date!.replace(/(\d{4})(\d\d)(\d\d)/, '$1-$2-$3')
  return Date.parse(`${day}T${h}:${min}:${s}.${ms}Z`)
}

export const removeFolder = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true })
