import { existsSync, readdirSync, readFileSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import { decodeUtf8, didYouMean, LevadaError } from '../errors/index.ts'
import { configFiles, isConfigFile, type ConfigFile } from './files.ts'
import { emptyMap } from './lookup.ts'
import type { MapNode } from './node.ts'
import type { Source } from './page.ts'
import { parseConfig } from './parse.ts'

/** What one folder of conf/ holds. */
export type LayerFiles = ReadonlyMap<ConfigFile, MapNode>

/** The environments of an app: the folders of conf/ except base and local, and `dev`, which needs none. */
export function environments(appDir: string): string[] {
  const folders = list(join(appDir, 'conf')).filter(
    (entry) => isFolder(appDir, entry) && !isIgnored(entry.name),
  )
  const names = new Set(['dev', ...folders.map((entry) => entry.name)])
  return [...names].filter((name) => name !== 'base' && name !== 'local').toSorted()
}

/** @throws ENV_UNKNOWN when no folder of conf/ has this name and it is not `dev`. */
export function checkEnvironment(appDir: string, env: string): void {
  const known = environments(appDir)
  if (known.includes(env)) return
  const choice = `hoose one of: ${known.join(', ')}.`
  const fact =
    env === 'base' || env === 'local'
      ? `'${env}' is no environment: conf/${env} is a layer of others.`
      : `There is no environment '${env}'.${didYouMean(env, known)}`
  const isName = /^\w[\w.-]*$/.test(env) && env !== 'base' && env !== 'local'
  throw new LevadaError('ENV_UNKNOWN', fact, {
    hint: isName ? `Create conf/${env}, or c${choice}` : `C${choice}`,
  })
}

/** Errors for what lies in conf/ itself, beside the folders. */
export function checkRoot(appDir: string): LevadaError[] {
  const strays = list(join(appDir, 'conf')).filter(
    (entry) => !isFolder(appDir, entry) && !isIgnored(entry.name),
  )
  return strays.map(({ name }) => {
    if (name === 'credentials.yml') return misplaced(`conf/${name}`)
    return new LevadaError('CONFIG_FILE_UNKNOWN', `conf/${name} is read by nobody.`, {
      place: { file: `conf/${name}` },
      hint: 'Files belong into conf/base, conf/<env> or conf/local.',
    })
  })
}

/** Reads the files of one layer; what is wrong goes to `errors`. */
export function readLayer(
  { appDir, redact }: { readonly appDir: string; readonly redact: (text: string) => string },
  layer: string,
  errors: LevadaError[],
): LayerFiles {
  const files = new Map<ConfigFile, MapNode>()
  for (const entry of list(join(appDir, 'conf', layer))) {
    if (isIgnored(entry.name)) continue
    const file = `conf/${layer}/${entry.name}`
    const section = entry.name.replace(/\.yml$/, '')
    if (entry.isDirectory() || !entry.name.endsWith('.yml') || !isConfigFile(section))
      errors.push(unknown(file, entry.name))
    else if (section === 'credentials' && layer !== 'local') errors.push(misplaced(file))
    else files.set(section, readFile(appDir, { file, layer, section, redact }, errors))
  }
  return files
}

function readFile(appDir: string, source: Source, errors: LevadaError[]): MapNode {
  const { file, layer, section } = source
  try {
    const decoded = decodeUtf8(readFileSync(join(appDir, file)))
    if ('fault' in decoded) {
      const { fault, line, column } = decoded
      errors.push(
        new LevadaError('CONFIG_SYNTAX', `${file} ${fault}.`, {
          place: { file, line, column },
          hint: 'Save it as UTF-8.',
        }),
      )
      return emptyMap(section, file, layer)
    }
    const parsed = parseConfig(decoded.text, source)
    errors.push(...parsed.errors)
    return parsed.root
  } catch (cause) {
    const message = `${file} cannot be read: ${(cause as Error).message}`
    errors.push(new LevadaError('STORAGE', message, { place: { file }, cause }))
    return emptyMap(section, file, layer)
  }
}

/** @throws STORAGE */
function list(folder: string): Dirent[] {
  if (!existsSync(folder)) return []
  try {
    return readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  } catch (cause) {
    throw new LevadaError('STORAGE', `${folder} cannot be listed: ${(cause as Error).message}`, { cause })
  }
}

/** Follows symbolic links, as deployments mount configuration through them. */
const isFolder = (appDir: string, entry: Dirent): boolean =>
  entry.isDirectory() || (entry.isSymbolicLink() && existsSync(join(appDir, 'conf', entry.name, '.')))

/** Hidden files and those that editors leave beside a file, too. */
const isIgnored = (name: string): boolean => /^[.#]|~$/.test(name) || name === 'README.md'

function unknown(file: string, name: string): LevadaError {
  const known = configFiles.map((section) => `${section}.yml`)
  return new LevadaError(
    'CONFIG_FILE_UNKNOWN',
    `${file} is none of the files that Levada reads.${didYouMean(name, known)}`,
    {
      place: { file },
      hint: `Rename or move it; the known files are ${known.join(', ')}.`,
    },
  )
}

const misplaced = (file: string): LevadaError =>
  new LevadaError('CREDENTIAL_PLACE', `${file} holds credentials outside conf/local.`, { place: { file } })
