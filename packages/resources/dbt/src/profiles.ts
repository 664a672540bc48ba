import { didYouMean, LevadaError, positionAt } from '@levada/core/spi'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseDocument, stringify } from 'yaml'
import { object, text, type Json } from './json.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What a file of the project says of it. */
export interface ProjectFile {
  readonly name: string | undefined
  readonly profile: string | undefined
  readonly raw: Json
}

/**
 * Reads `dbt_project.yml`, so that a mistake is told before dbt has loaded for seconds.
 * @throws DBT_PROJECT, STORAGE
 */
export async function readProjectFile(projectDir: string): Promise<ProjectFile> {
  const file = join(projectDir, 'dbt_project.yml')
  const raw = await readYaml(file, 'DBT_PROJECT')
  if (!raw)
    throw new LevadaError(
      'DBT_PROJECT',
      `There is no dbt project in ${projectDir}: it has no dbt_project.yml.`,
      {
        hint: 'Name the folder that has one: projectDir, in resources.yml project_dir.',
      },
    )
  return { name: text(raw['name']), profile: text(raw['profile']), raw }
}

async function readYaml(file: string, code: 'DBT_PROJECT' | 'DBT_PROFILE'): Promise<Json | undefined> {
  let content: string
  try {
    content = await readFile(file, 'utf8')
  } catch (cause) {
    const { code: why } = cause as NodeJS.ErrnoException
    if (why === 'ENOENT' || why === 'ENOTDIR') return undefined
    throw new LevadaError('STORAGE', `${file} cannot be read: ${why}.`, {
      hint: 'Let this user read it, or name another folder.',
      cause,
    })
  }
  const document = parseDocument(content)
  const [error] = document.errors
  if (!error) return object(document.toJS())
  // A file of profiles may hold passwords: its lines are not shown.
  const shown = code === 'DBT_PROJECT' && { text: content }
  throw new LevadaError(
    code,
    `${file} is no YAML: ${error.message.split('\n')[0]!.replace(/ at line .*$/, '')}.`,
    {
      place: { file, ...positionAt(content, error.pos[0]), ...shown },
    },
  )
}

/** Where dbt looks for `profiles.yml` when it runs in the project's folder. */
export function profilesDirOf(projectDir: string, profilesDir: string | undefined, env: Environment): string {
  if (profilesDir !== undefined) return resolve(profilesDir)
  const named = env['DBT_PROFILES_DIR']
  if (named !== undefined && named !== '') return resolve(projectDir, named)
  if (existsSync(join(projectDir, 'profiles.yml'))) return projectDir
  return join(env['HOME'] ?? homedir(), '.dbt')
}

/**
 * Looks whether profile and target are there, as far as the file says it plainly: what is computed by Jinja is left to dbt.
 * @throws DBT_PROFILE that says what to do, STORAGE
 */
export async function checkProfile(
  profilesDir: string,
  profile: string | undefined,
  target: string | undefined,
): Promise<void> {
  const file = join(profilesDir, 'profiles.yml')
  const profiles = await readYaml(file, 'DBT_PROFILE')
  if (!profiles)
    throw new LevadaError('DBT_PROFILE', `There is no ${file}.`, {
      hint: 'Write it, name its folder (profilesDir), or give the settings of the database as connection.',
    })
  if (profile === undefined || isComputed(profile)) return
  const names = Object.keys(profiles).filter((name) => name !== 'config')
  const found = profiles[profile]
  if (found === undefined)
    throw new LevadaError(
      'DBT_PROFILE',
      `${file} has no profile '${profile}'.${didYouMean(profile, names)}`,
      {
        hint: `Add it, or name another one as profile in dbt_project.yml; the file has: ${names.join(', ') || 'none'}.`,
      },
    )
  const outputs = Object.keys(object(object(found)['outputs']))
  if (target === undefined || isComputed(target) || outputs.length === 0 || outputs.includes(target)) return
  throw new LevadaError(
    'DBT_PROFILE',
    `Profile '${profile}' in ${file} has no target '${target}'.${didYouMean(target, outputs)}`,
    { hint: `Add it under outputs, or choose one that is there: ${outputs.join(', ')}.` },
  )
}

const isComputed = (value: string): boolean => value.includes('{{')

/** A `profiles.yml` for one command. */
export interface MadeProfile {
  readonly profilesDir: string
  /** Holds the credentials. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * Writes a profile with one target. Credentials go by environment variables, whose names make dbt hide their values in its
 * log: no file holds them.
 */
export async function makeProfile(
  folder: string,
  profile: string,
  target: string,
  connection: Json,
  credentials: Readonly<Record<string, string>>,
): Promise<MadeProfile> {
  const env: Record<string, string> = {}
  const references = Object.entries(credentials).map(([key, value]) => {
    const variable = `DBT_ENV_SECRET_LEVADA_${key.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`
    env[variable] = value
    return [key, `{{ env_var('${variable}') }}`]
  })
  const output = { ...connection, ...Object.fromEntries(references) }
  const profilesDir = join(folder, 'profiles')
  await mkdir(profilesDir, { recursive: true })
  await writeFile(
    join(profilesDir, 'profiles.yml'),
    stringify({ [profile]: { target, outputs: { [target]: output } } }),
  )
  return { profilesDir, env }
}
