import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import { isTest } from './directions.ts'
import { implementationLines, importsOf } from './modules.ts'
import type { Project } from './workspace.ts'

/** Folders of `packages/core/src`, from the ground up: each imports only those before it. */
const layers: readonly string[] = [
  'errors',
  'schema',
  'config',
  'resource',
  'asset',
  'dataset',
  'state',
  'events',
  'engine',
  'pipeline',
  'catalog',
  'app',
  'plan',
  'run',
  'scaffold',
  'dev',
]

const coreEntries = ['src/index.ts', 'src/run.ts', 'src/spi.ts']

type Files = Project['files']

/** Sentences about imports inside core that go upwards or sideways, and about unknown folders. */
export function checkLayers(files: Files): string[] {
  return sources(files).flatMap(([file, text]) => {
    const from = folderOf(file)
    if (from === undefined) return coreEntries.includes(file) ? [] : [`${file}: belongs into a folder of src`]
    if (!layers.includes(from)) return [`${file}: '${from}' is not a known folder`]
    return importsOf(file, text).flatMap(({ specifier }) => {
      if (!specifier.startsWith('.')) return []
      const to = folderOf(resolve(file, specifier))
      if (to === from) return []
      const below = to !== undefined && layers.includes(to) && layers.indexOf(to) < layers.indexOf(from)
      return below ? [] : [`${file}: ${from} may not import ${to ?? 'an entry file'} ('${specifier}')`]
    })
  })
}

/** Sentences about entry files that do more than list names. */
export function checkEntries({ dir, files }: Project): string[] {
  const entries = dir === 'packages/core' ? coreEntries : ['src/index.ts']
  return entries.flatMap((file) =>
    implementationLines(file, files[file] ?? '').map(
      (line) => `${dir}/${file}:${line}: not a list of named exports`,
    ),
  )
}

/** Sentences about `node:` modules that importing `entry` would load. */
export function checkPure(files: Files, entry: string): string[] {
  const seen = new Set<string>()
  const visit = (file: string, path: readonly string[]): string[] => {
    if (seen.has(file)) return []
    seen.add(file)
    return importsOf(file, files[file] ?? '')
      .filter(({ typeOnly }) => !typeOnly)
      .flatMap(({ specifier }) => {
        const trail = [...path, file]
        if (isBuiltin(specifier)) return [`${trail.join(' -> ')} -> ${specifier}`]
        return specifier.startsWith('.') ? visit(resolve(file, specifier), trail) : []
      })
  }
  return visit(entry, [])
}

function sources(files: Files): [string, string][] {
  return Object.entries(files).filter(([file]) => file.startsWith('src/') && !isTest(file))
}

function resolve(file: string, specifier: string): string {
  return posix.join(posix.dirname(file), specifier)
}

function folderOf(file: string): string | undefined {
  const [, folder, rest] = file.split('/')
  return rest === undefined ? undefined : folder
}
