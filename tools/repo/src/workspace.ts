import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse } from 'yaml'

/** One package of the workspace, in memory, so that a test can plant a violation. */
export interface Project {
  /** `packages/core` */
  readonly dir: string
  /** `@levada/core` */
  readonly name: string
  readonly private: boolean
  /** What its users get: dependencies, peers, optional ones. */
  readonly dependencies: readonly string[]
  readonly devDependencies: readonly string[]
  /** TypeScript and JavaScript modules, by path relative to `dir`. */
  readonly files: Readonly<Record<string, string>>
}

interface Manifest {
  name: string
  private?: boolean
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

export const root: string = join(import.meta.dirname, '../../..')

export function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

/** Files under version control, or about to be, relative to the root. */
export function trackedFiles(): string[] {
  const output = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  return output.split('\0').filter((file) => file !== '' && globSync(file, { cwd: root }).length > 0)
}

export function readWorkspace(): Project[] {
  const { packages } = parse(read('pnpm-workspace.yaml')) as { packages: string[] }
  return packages
    .flatMap((glob) => globSync(`${glob}/package.json`, { cwd: root }))
    .toSorted()
    .map(readProject)
}

function readProject(manifest: string): Project {
  const dir = dirname(manifest)
  const { name, private: isPrivate, devDependencies, ...deps } = JSON.parse(read(manifest)) as Manifest
  const modules = globSync('{*,{bin,src,test}/**/*}.{ts,mjs}', { cwd: join(root, dir) })
  return {
    dir,
    name,
    private: isPrivate === true,
    dependencies: [deps.dependencies, deps.peerDependencies, deps.optionalDependencies].flatMap((map) =>
      Object.keys(map ?? {}),
    ),
    devDependencies: Object.keys(devDependencies ?? {}),
    files: Object.fromEntries(modules.toSorted().map((file) => [file, read(join(dir, file))])),
  }
}
