import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Files, Template } from './template.ts'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly packageManager: string
  readonly optionalDependencies: Readonly<Record<string, string>>
}

/** Reads the template and the versions of everything that it names, from the repository of Levada. */
export function collectTemplate(create: URL): Template {
  const root = new URL('../..', create)
  const text = (file: string, base: URL): string => readFileSync(new URL(file, base), 'utf8')
  const folder = new URL('template/', create)
  const files = Object.fromEntries(
    filesBelow(folder)
      .filter((file) => !/(^|\/)(node_modules|data|dist|\.levada|\.nx)\//.test(file))
      .map((file) => [file, text(file, folder)]),
  )
  const ours = new Map(
    foldersIn(new URL('packages/', root), 2)
      .filter((dir) => existsSync(new URL('package.json', dir)))
      .map((dir) => JSON.parse(text('package.json', dir)) as Manifest)
      .map(({ name, version }) => [name, `^${version}`]),
  )
  const catalogs = text('pnpm-workspace.yaml', root)
  const versions = Object.fromEntries(
    namesIn(files).map((name) => {
      const found = ours.get(name) ?? new RegExp(`^ +'?${name}'?: (\\S+)$`, 'm').exec(catalogs)?.[1]
      if (found === undefined) throw new Error(`template: no version is known of ${name}`)
      return [name, found]
    }),
  )
  const { optionalDependencies: node, packageManager: pnpm } = JSON.parse(
    text('package.json', root),
  ) as Manifest
  return { files, versions, node, pnpm, dataset: text('packages/testing/test/sqlite.ts', root) }
}

function filesBelow(folder: URL): readonly string[] {
  const path = fileURLToPath(folder)
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`.replaceAll('\\', '/').replaceAll('//', '/'))
    .map((file) => file.slice(path.length))
    .toSorted()
}

/** Folders below one, down to a depth. */
function foldersIn(folder: URL, depth: number): readonly URL[] {
  if (depth === 0) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
    .map(({ name }) => new URL(`${name}/`, folder))
    .flatMap((each) => [each, ...foldersIn(each, depth - 1)])
}

/** What the package.json files name with `*`. */
function namesIn(files: Files): readonly string[] {
  const manifests = Object.entries(files).filter(([file]) => /(^|\/)package\.json$/.test(file))
  const names = manifests.flatMap(([, text]) =>
    [...text.matchAll(/"([^"]+)": "\*"/g)].map(([, name]) => name!),
  )
  return [...new Set(names)].toSorted()
}
