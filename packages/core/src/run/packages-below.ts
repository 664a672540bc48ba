import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative, sep } from 'node:path'
import { sha256 } from '../dataset/sha256.ts'
import { billOfMaterials } from './bom.ts'
import { sourceFiles } from './source-fingerprint.ts'

type Versions = Readonly<Record<string, string>>

/**
 * The direct dependencies of an app, with what was installed of them: all nodes run with them. Not those that are pipelines,
 * whose nodes tell by themselves what changed, and not the command.
 */
export function appPackages(appDir: string): Versions {
  return Object.fromEntries(
    billOfMaterials(appDir)
      .packages.filter(({ name, contract }) => contract === undefined && name !== '@levada/cli')
      .map(({ name, version, integrity }) => [
        name,
        integrity === undefined ? version : `${version} ${integrity.slice(-12)}`,
      ]),
  )
}

interface PackageJson {
  readonly name?: string
  readonly version?: string
  readonly dependencies?: Versions
  readonly peerDependencies?: Versions
  readonly optionalDependencies?: Versions
}

/**
 * All that a package depends on, directly or not, with versions; of what is linked from a workspace the source counts. Of
 * Levada itself the version does.
 */
export function packagesBelow(dir: string): Versions {
  const found = new Map<string, Set<string>>()
  const seen = new Set<string>()
  const walk = (folder: string): void => {
    const { dependencies, peerDependencies, optionalDependencies } = packageJson(folder)
    const { resolve } = createRequire(join(folder, 'package.json'))
    for (const name of Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies })) {
      const at = resolve
        .paths(name)
        ?.map((modules) => join(modules, name))
        .find((path) => existsSync(join(path, 'package.json')))
      if (at === undefined) continue
      const real = realpathSync(at)
      if (seen.has(real)) continue
      seen.add(real)
      const { version = '' } = packageJson(real)
      const isOurs = name.startsWith('@levada/')
      const isLinked = !real.split(sep).includes('node_modules')
      const said = isLinked && !isOurs ? `${version} ${sourceDigest(real)}` : version
      found.set(name, (found.get(name) ?? new Set()).add(said))
      if (!isOurs) walk(real)
    }
  }
  walk(dir)
  return Object.fromEntries(
    [...found]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, all]) => [name, [...all].toSorted().join(', ')]),
  )
}

function packageJson(dir: string): PackageJson {
  try {
    return (JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as PackageJson | null) ?? {}
  } catch {
    // Told by whatever installs it, or loads it.
    return {}
  }
}

/** Byte by byte: what it means is not looked into. */
const sourceDigest = (dir: string): string =>
  sha256(
    ...sourceFiles(dir)
      .toSorted()
      .flatMap((file) => [relative(dir, file), readFileSync(file)]),
  ).slice(0, 12)
