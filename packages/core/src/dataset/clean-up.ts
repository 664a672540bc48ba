import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Manifest } from './manifest.ts'
import type { Manifests } from './manifests.ts'
import { remove } from './os.ts'
import { partsOf } from './publish.ts'

const dayMs = 86_400_000
const keptVersions = 2

/**
 * Removes versions that have not been current for a day, all but the newest two, and what no version names: files of
 * attempts that died more than a day ago.
 */
export async function cleanUp(root: string, manifests: Manifests, now: number): Promise<void> {
  const isOld = async (path: string): Promise<boolean> => now - (await stat(path)).mtimeMs > dayMs
  const numbers = await manifests.numbers()
  const gone: number[] = []
  // From the oldest on, and no further than the first young one: a run pays for what is removed, not for what is kept.
  for (let i = numbers.length - 1; i >= keptVersions; i--) {
    // A version stops being current when the one after it is published.
    if (!(await isOld(manifests.path(numbers[i - 1]!)))) break
    gone.push(numbers[i]!)
  }
  const suspects: string[] = []
  // The names begin with the time of their run.
  for (const name of (await readdir(join(root, 'data'))).toSorted()) {
    if (!(await isOld(join(root, 'data', name)))) break
    suspects.push(name)
  }
  const used =
    suspects.length > 0
      ? await usedVersions(
          manifests,
          numbers.filter((number) => !gone.includes(number)),
        )
      : undefined
  for (const number of gone) await remove(manifests.path(number))
  for (const name of suspects) {
    const folder = join(root, 'data', name)
    if (!used!.has(name) && (await allOld(folder, isOld))) await remove(folder)
  }
  for (const name of await readdir(manifests.folder)) {
    if (name.endsWith('.tmp') && (await isOld(join(manifests.folder, name))))
      await remove(join(manifests.folder, name))
  }
}

async function usedVersions(manifests: Manifests, numbers: readonly number[]): Promise<ReadonlySet<string>> {
  const used = new Set<string>()
  for (const number of numbers) {
    const manifest: Manifest | undefined = await manifests.read(number)
    if (manifest)
      for (const id of [manifest.id, ...partsOf(manifest.partitions).map(({ version }) => version)])
        used.add(id)
  }
  return used
}

/** An engine that still writes changes files, not the folder. */
async function allOld(folder: string, isOld: (path: string) => Promise<boolean>): Promise<boolean> {
  for (const entry of await readdir(folder, { recursive: true })) {
    if (!(await isOld(join(folder, entry)))) return false
  }
  return true
}
