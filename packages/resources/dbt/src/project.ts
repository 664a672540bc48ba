import { isLevadaError, LevadaError, type Place } from '@levada/core/spi'
import { lstat, realpath, rm } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { readManifest, type DbtManifest } from './artifacts.ts'
import { folders, targetDirOf } from './folders.ts'
import { list, text, type Json } from './json.ts'
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
 * @throws STORAGE; DBT_PROJECT, before anything is removed, when `clean-targets` names something outside of it, or sources
 */
export async function cleanArtifacts(
  projectDir: string,
  targetDir: string | undefined,
): Promise<readonly string[]> {
  const { raw } = await readProjectFile(projectDir)
  const given = namesIn(raw, 'clean-targets')
  const named = given.length > 0 ? given : ['target']
  const ours = targetDirOf(projectDir)
  const hasOurs = named.some((name) => isInside(resolve(projectDir, name), ours))
  const targets = new Set(hasOurs ? named : [...named, relative(projectDir, ours)])
  for (const name of targets) await checkTarget(projectDir, name, raw)
  const removed: string[] = []
  for (const name of targets) {
    const path = resolve(projectDir, name)
    if (!(await exists(path))) continue
    await removePath(path)
    removed.push(relative(projectDir, path))
  }
  if (targetDir !== undefined) await removeRunFolders(resolve(targetDir))
  return removed
}

const namesIn = (project: Json, key: string): readonly string[] =>
  list(project[key])
    .map(text)
    .filter((name) => name !== undefined)

/** A folder that the user named is kept: only what commands made in it goes. */
async function removeRunFolders(targetDir: string): Promise<void> {
  for (const folder of await folders(targetDir)) await removePath(folder)
}

/** What people write, by the setting that names its folders, with dbt's own names for them. */
const sources: Readonly<Record<string, string>> = {
  'model-paths': 'models',
  'seed-paths': 'seeds',
  'snapshot-paths': 'snapshots',
  'test-paths': 'tests',
  'macro-paths': 'macros',
  'analysis-paths': 'analyses',
}

/** @throws DBT_PROJECT when a target is outside of the project, also by way of a link, or has sources in it */
async function checkTarget(projectDir: string, name: string, project: Json): Promise<void> {
  const path = resolve(projectDir, name)
  const refuse = (why: string, hint: string): LevadaError =>
    new LevadaError('DBT_PROJECT', `'${name}' of clean-targets ${why}.`, {
      hint,
      place: { file: join(projectDir, 'dbt_project.yml') },
    })
  const parent = await realpath(dirname(path)).catch(() => undefined)
  const isReallyInside =
    parent === undefined || isInside(await realpath(projectDir), join(parent, basename(path)))
  if (!isInside(projectDir, path) || !isReallyInside)
    throw refuse(
      `is not inside of the project ${projectDir}`,
      'Name folders of the project in clean-targets, and none by way of a link.',
    )
  for (const [setting, usual] of Object.entries(sources)) {
    const named = namesIn(project, setting)
    for (const source of named.length > 0 ? named : [usual]) {
      const written = resolve(projectDir, source)
      if (written === path || isInside(path, written))
        throw refuse(`would remove what ${setting} names`, 'Name only what dbt makes in clean-targets.')
    }
  }
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
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
