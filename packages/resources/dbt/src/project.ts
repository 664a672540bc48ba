import { isLevadaError, LevadaError, type Place } from '@levada/core/spi'
import { lstat, realpath, rm } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { readManifest, type DbtManifest } from './artifacts.ts'
import { folders, targetDirOf } from './folders.ts'
import { list, text } from './json.ts'
import type { DbtParseConfig } from './options.ts'
import { readProjectFile } from './profiles.ts'
import type { DbtMessage } from './result.ts'
import type { DbtRun } from './run.ts'

/** What a project is and has. */
export interface DbtProjectInfo {
  readonly name: string
  readonly projectDir: string
  readonly profile: string | undefined
  /** dbt's version. */
  readonly version: string
  readonly adapter: string | undefined
  /** How many of each kind: `{ model: 12, test: 30, source: 4, … }`. */
  readonly counts: Readonly<Record<string, number>>
  readonly manifest: DbtManifest
}

/** What is wrong with a project. */
export interface DbtValidation {
  readonly valid: boolean
  /** Empty when it is valid. */
  readonly errors: readonly {
    readonly text: string
    readonly hint: string
    readonly place: Place | undefined
  }[]
  readonly warnings: readonly DbtMessage[]
}

type Parse = (config?: DbtParseConfig) => DbtRun

export async function projectInfo(projectDir: string, parse: Parse): Promise<DbtProjectInfo> {
  const file = await readProjectFile(projectDir)
  const { version, targetPath } = await parse()
  const manifest = await readManifest({ targetPath })
  const counts: Record<string, number> = {}
  for (const { resourceType } of [...manifest.nodes.values(), ...manifest.sources.values()])
    counts[resourceType] = (counts[resourceType] ?? 0) + 1
  if (manifest.exposures.size > 0) counts['exposure'] = manifest.exposures.size
  if (manifest.unitTests.size > 0) counts['unit_test'] = manifest.unitTests.size
  return {
    name: manifest.projectName ?? file.name ?? '',
    projectDir,
    profile: file.profile,
    version,
    adapter: manifest.adapter,
    counts,
    manifest,
  }
}

/** Parses the project. What is wrong with it or its profile is told, not thrown. */
export async function validateProject(parse: Parse, config: DbtParseConfig): Promise<DbtValidation> {
  try {
    const { success, messages } = await parse(config)
    const errors = messages.filter(({ level }) => level === 'error')
    return {
      valid: success,
      errors: errors.map(({ text }) => ({ text, hint: '', place: undefined })),
      warnings: messages.filter(({ level }) => level === 'warn'),
    }
  } catch (error) {
    if (!isLevadaError(error) || !['DBT_PROJECT', 'DBT_PROFILE'].includes(error.code)) throw error
    return {
      valid: false,
      errors: [{ text: error.message, hint: error.hint, place: error.place }],
      warnings: [],
    }
  }
}

/**
 * Removes what commands have left: the folders of artifacts, and what `clean-targets` of the project names, without starting dbt.
 * Only inside of the project; a link is removed and never followed.
 * @returns what was removed, relative to the project
 * @throws STORAGE; DBT_PROJECT when `clean-targets` names something outside of it
 */
export async function cleanArtifacts(
  projectDir: string,
  targetDir: string | undefined,
): Promise<readonly string[]> {
  const { raw } = await readProjectFile(projectDir)
  const named = list(raw['clean-targets'])
    .map(text)
    .filter((name) => name !== undefined)
  const targets = new Set([
    ...(named.length > 0 ? named : ['target']),
    relative(projectDir, targetDirOf(projectDir)),
  ])
  const removed: string[] = []
  for (const name of targets) {
    const path = resolve(projectDir, name)
    await checkInside(projectDir, path, name)
    if (await exists(path)) {
      await removePath(path)
      removed.push(relative(projectDir, path))
    }
  }
  if (targetDir !== undefined) await removeRunFolders(resolve(targetDir))
  return removed
}

/** A folder that the user named is kept: only what commands made in it goes. */
async function removeRunFolders(targetDir: string): Promise<void> {
  for (const folder of await folders(targetDir)) await removePath(folder)
}

/** Also by way of a folder above that is a link. */
async function checkInside(projectDir: string, path: string, name: string): Promise<void> {
  const parent = await realpath(resolve(path, '..')).catch(() => undefined)
  const inside = (root: string, it: string): boolean => {
    const way = relative(root, it)
    return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
  }
  const root = await realpath(projectDir)
  const real = parent === undefined ? undefined : join(parent, path.split(sep).at(-1)!)
  if (inside(projectDir, path) && (real === undefined || inside(root, real))) return
  throw new LevadaError(
    'DBT_PROJECT',
    `'${name}' of clean-targets is not inside of the project ${projectDir}.`,
    {
      hint: 'Name folders of the project in clean-targets, and none by way of a link.',
      place: { file: join(projectDir, 'dbt_project.yml') },
    },
  )
}

const exists = async (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  )

async function removePath(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch (cause) {
    throw new LevadaError('STORAGE', `${path} cannot be removed: ${(cause as NodeJS.ErrnoException).code}.`, {
      cause,
    })
  }
}
