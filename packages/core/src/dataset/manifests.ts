import { readdirSync, readFileSync, statSync } from 'node:fs'
import { link } from 'node:fs/promises'
import { decodeManifest, encodeManifest, type Manifest } from './manifest.ts'
import { makeFolder, osCode, remove, sync, writeDurably } from './os.ts'

/** The numbered manifests of an asset; the highest is current. */
export interface Manifests {
  readonly folder: string
  /** Numbers there are, newest first. */
  numbers(): Promise<readonly number[]>
  path(number: number): string
  /** @throws MANIFEST_DAMAGED, NOT_SUPPORTED */
  read(number: number): Promise<Manifest | undefined>
  head(): Promise<Manifest | undefined>
  /** Takes the manifest's number; false when another process was faster. Visible from then on. */
  claim(manifest: Manifest): Promise<boolean>
  /** Makes claims survive a loss of power. */
  settle(): Promise<void>
}

const manifestName = /^\d{8,}\.json$/
/** What it reads; undefined when it is not there. Small files are read in less time than another thread takes to be asked. */
function present<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (osCode(error) !== 'ENOENT') throw error
    return undefined
  }
}

export function openManifests(root: string, asset: string): Manifests {
  // An absolute path, which is joined for each asset of a plan.
  const folder = `${root}/manifests`
  const path = (number: number): string => `${folder}/${String(number).padStart(8, '0')}.json`

  const names = (): readonly string[] =>
    // To be told by an error takes longer, and most of a new app is not there.
    statSync(root, { throwIfNoEntry: false }) ? (present(() => readdirSync(folder)) ?? []) : []
  const numbers = (): readonly number[] =>
    names()
      .flatMap((name) => (manifestName.test(name) ? parseInt(name, 10) : []))
      .toSorted((a, b) => b - a)
  const read = (number: number): Manifest | undefined => {
    const text = present(() => readFileSync(path(number), 'utf8'))
    return text === undefined ? undefined : decodeManifest(path(number), text)
  }
  const head = async (): Promise<Manifest | undefined> => {
    const [newest] = numbers()
    return newest === undefined ? undefined : read(newest)
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
    head,
    claim,
    settle: () => sync(folder),
  }
}
