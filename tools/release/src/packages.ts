import { globSync, mkdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { parse } from 'yaml'
import { exec } from './exec.ts'
import type { Expected } from './inspect.ts'

export const root: string = join(import.meta.dirname, '../../..')

export interface PublicPackage {
  readonly name: string
  readonly version: string
  /** Relative to the workspace. */
  readonly dir: string
  /** The name that packing gives to the file. */
  readonly tarball: string
}

/** The packages of a workspace that go to the registry. */
export function publicPackages(workspace: string): PublicPackage[] {
  const { packages } = parse(readFileSync(join(workspace, 'pnpm-workspace.yaml'), 'utf8')) as {
    packages: string[]
  }
  return packages
    .flatMap((glob) => globSync(`${glob}/package.json`, { cwd: workspace }))
    .toSorted()
    .flatMap((file) => {
      const manifest = JSON.parse(readFileSync(join(workspace, file), 'utf8')) as PublicPackage & {
        private?: boolean
      }
      const { name, version } = manifest
      const tarball = `${name.slice(1).replace('/', '-')}-${version}.tgz`
      return manifest.private ? [] : [{ name, version, dir: dirname(file), tarball }]
    })
}

/** What the tarball of a package must hold. */
export function expectedOf(workspace: string, { dir }: PublicPackage): Expected {
  const sql = globSync('**/*.sql', { cwd: join(workspace, dir, 'src') })
  return { contract: dir.startsWith('pipelines/'), sql: sql.toSorted() }
}

/** The text of every file of a tarball, by path inside the package. */
export async function unpack(tarball: string, into: string): Promise<Map<string, string>> {
  const folder = join(into, basename(tarball, '.tgz'))
  mkdirSync(folder, { recursive: true })
  await exec('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1'], { cwd: into })
  return filesOf(folder)
}

/** The text of every file below a folder, by path inside it. */
export function filesOf(folder: string): Map<string, string> {
  const files = globSync(['**/*', '**/.*'], { cwd: folder, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  return new Map(
    files
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => [relative(folder, path), readFileSync(path, 'utf8')]),
  )
}

/** Packs every public package as it is built. */
export async function packAll(workspace: string, into: string): Promise<void> {
  mkdirSync(into, { recursive: true })
  for (const { dir } of publicPackages(workspace))
    await exec('pnpm', ['pack', '--pack-destination', into], { cwd: join(workspace, dir) })
}
