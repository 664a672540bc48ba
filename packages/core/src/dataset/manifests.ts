import { existsSync, readdirSync } from 'node:fs'
import { link, mkdir, rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isLevadaError, LevadaError } from '../errors/index.ts'
import type { DamagedVersion } from './dataset.ts'
import type { KeptHeads } from './kept-heads.ts'
import { encodeManifest, readManifest, type Manifest } from './manifest.ts'
import { makeFolder, osCode, remove, sync, writeDurably } from './os.ts'

/** The numbered manifests of an asset; the highest is current. */
export interface Manifests {
  readonly folder: string
  /** Numbers there are, newest first. */
  numbers(): Promise<readonly number[]>
  path(number: number): string
  /** @throws MANIFEST_DAMAGED, NOT_SUPPORTED */
  read(number: number): Promise<Manifest | undefined>
  /** The highest that can be read; damage above it is told. @throws NOT_SUPPORTED */
  head(): Promise<Manifest | undefined>
  /** The same. */
  headNow(): Manifest | undefined
  /** The highest number that is taken, also by one that cannot be read. */
  top(): Promise<number>
  /** All that can be read, newest first, and what cannot, here and where it was set aside. @throws NOT_SUPPORTED */
  all(): Promise<{ readonly manifests: readonly Manifest[]; readonly damaged: readonly DamagedVersion[] }>
  /** Takes the manifest's number; false when another process was faster. Visible from then on. */
  claim(manifest: Manifest): Promise<boolean>
  /**
   * Takes versions away from readers, so that it lasts. What they name is known until {@link Manifests.forget}: who removes it may
   * be killed meanwhile, and another one goes on.
   */
  retire(numbers: readonly number[]): Promise<void>
  /** Versions that were taken away, and whose files may be there. */
  retired(): readonly Manifest[]
  /** The files of some of those are gone. What could not be read is removed, too. */
  forget(retired: readonly Manifest[]): Promise<void>
  /** Makes claims survive a loss of power. */
  settle(): Promise<void>
  /**
   * Moves manifests below the head that could not be read out of the way: nothing takes their numbers any more. They are never
   * removed.
   */
  setAside(): Promise<void>
}

const manifestName = /^\d{8,}\.json$/
/** That of a version that was taken away. */
const goneName = /^\d{8,}\.json\.gone$/
const pathOf = (root: string, number: number): string =>
  `${root}/manifests/${String(number).padStart(8, '0')}.json`

/**
 * The newest manifest below the folder of an asset, as a plan asks for it of very many.
 * @param isThere whether the folder is known to be there
 * @returns undefined when there is none, or it cannot be read and more has to be looked at
 * @throws NOT_SUPPORTED
 */
export function newestManifest(
  root: string,
  isThere: boolean | undefined,
  kept: KeptHeads | undefined,
): Manifest | undefined {
  let newest = 0
  for (const name of namesIn(root, isThere))
    if (manifestName.test(name)) newest = Math.max(newest, parseInt(name, 10))
  try {
    return newest > 0 ? readManifest(pathOf(root, newest), newest, kept) : undefined
  } catch (error) {
    if (isLevadaError(error) && error.code === 'MANIFEST_DAMAGED') return undefined
    throw error
  }
}

/** To be told by an error takes longer than to look, and most of a new app is not there. */
const namesIn = (root: string, isThere = existsSync(root)): readonly string[] =>
  isThere ? (present(() => readdirSync(`${root}/manifests`)) ?? []) : []

/** What it reads; undefined when it is not there. */
function present<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (osCode(error) !== 'ENOENT') throw error
    return undefined
  }
}

/** @param notice gets what is damaged where work goes on all the same */
export function openManifests(
  root: string,
  asset: string,
  notice: (error: LevadaError) => void = () => {},
): Manifests {
  // An absolute path, which is joined for each asset of a plan.
  const folder = `${root}/manifests`
  const path = (number: number): string => pathOf(root, number)
  const aside = `${folder}/damaged`
  /** Of versions that were taken away, names of manifests that cannot be read. */
  const useless = new Set<string>()
  /** Those that could not be read. */
  let damaged: Map<number, LevadaError> | undefined

  const names = (): readonly string[] => namesIn(root)
  const numbers = (): readonly number[] =>
    names()
      .filter((name) => manifestName.test(name))
      .map((name) => parseInt(name, 10))
      .toSorted((a, b) => b - a)
  const read = (number: number): Manifest | undefined => readManifest(path(number), number)
  /** Undefined when it is not there, or damaged. @throws NOT_SUPPORTED */
  const readable = (number: number): Manifest | undefined => {
    try {
      return read(number)
    } catch (error) {
      if (!isLevadaError(error) || error.code !== 'MANIFEST_DAMAGED') throw error
      damaged = (damaged ?? new Map<number, LevadaError>()).set(number, error)
      return undefined
    }
  }
  const headNow = (): Manifest | undefined => {
    for (const number of numbers()) {
      const found = readable(number)
      if (!found) continue
      for (const [above, error] of damaged ?? []) if (above > number) notice(passedOver(error, asset, number))
      return found
    }
    for (const error of damaged?.values() ?? []) notice(passedOver(error, asset, undefined))
    return undefined
  }
  const all: Manifests['all'] = async () => {
    const manifests: Manifest[] = []
    const found: DamagedVersion[] = []
    for (const number of numbers()) {
      const manifest = readable(number)
      if (manifest) manifests.push(manifest)
      const error = manifest ? undefined : damaged?.get(number)
      if (error) found.push({ number, at: path(number), problem: error.details['problem'] as string })
    }
    for (const name of present(() => readdirSync(aside)) ?? []) {
      const at = join(aside, name)
      found.push({ number: parseInt(name, 10), at, problem: 'it was set aside, as it could not be read' })
    }
    return { manifests, damaged: found }
  }
  const setAside = async (): Promise<void> => {
    if (!damaged) return
    const [newest = 0] = numbers()
    const suspects = damaged.keys()
    damaged = undefined
    for (const number of suspects) {
      // Somebody may have repaired it.
      if (number >= newest || readable(number)) continue
      await mkdir(aside, { recursive: true })
      try {
        await rename(path(number), join(aside, basename(path(number))))
      } catch (error) {
        // Somebody else was faster.
        if (osCode(error) !== 'ENOENT') throw error
      }
    }
  }
  const retire: Manifests['retire'] = async (found) => {
    for (const number of found)
      await rename(path(number), `${path(number)}.gone`).catch((error: unknown) => {
        // Somebody else was faster.
        if (osCode(error) !== 'ENOENT') throw error
      })
    if (found.length > 0) await sync(folder)
  }
  const retired = (): readonly Manifest[] =>
    names().flatMap((name) => {
      if (!goneName.test(name)) return []
      try {
        return readManifest(join(folder, name), parseInt(name, 10)) ?? []
      } catch (error) {
        // What it named is what dead attempts have left.
        if (!isLevadaError(error) || error.code !== 'MANIFEST_DAMAGED') throw error
        useless.add(name)
        return []
      }
    })
  const forget: Manifests['forget'] = async (found) => {
    for (const { number } of found) await remove(`${path(number)}.gone`)
    for (const name of useless) await remove(join(folder, name))
    useless.clear()
  }
  const claim = async (manifest: Manifest): Promise<boolean> => {
    for (const made of await makeFolder(folder)) await sync(made)
    const temporary = `${folder}/.${manifest.id}.tmp`
    try {
      await writeDurably(temporary, encodeManifest(asset, manifest))
      // Unlike rename(), link() fails when the name is taken.
      await link(temporary, path(manifest.number))
      return true
    } catch (error) {
      if (osCode(error) !== 'EEXIST') throw error
      return false
    } finally {
      await remove(temporary).catch(() => undefined)
    }
  }
  return {
    folder,
    numbers: async () => numbers(),
    path,
    read: async (number) => read(number),
    head: async () => headNow(),
    headNow,
    top: async () => numbers()[0] ?? 0,
    all,
    claim,
    retire,
    retired,
    forget,
    settle: () => sync(folder),
    setAside,
  }
}

/** What a reader is told when it goes on without a manifest. */
const passedOver = (error: LevadaError, asset: string, used: number | undefined): LevadaError =>
  new LevadaError(
    'MANIFEST_DAMAGED',
    `${error.message} '${asset}' goes on with ${used === undefined ? 'nothing, as if it had never been built' : `version ${used}`}.`,
    { cause: error, details: error.details },
  )
