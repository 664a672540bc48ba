import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, parseAllDocuments } from 'yaml'
import { exec } from '../exec.ts'
import { npmrc } from '../registry.ts'
import type { Context } from './context.ts'

/** What a lockfile says of a package; clients say more or less. */
export interface Locked {
  readonly name: string
  readonly version: string
  readonly resolved?: string
  readonly integrity?: string
}

/** A package manager as a team uses it, with an empty store and cache. */
export interface Client {
  readonly name: string
  /** How the registry's log tells it from others. */
  readonly agent: string
  /** What its lockfile has to say of each package. */
  readonly says: readonly ('resolved' | 'integrity')[]
  /** Writes its settings, and installs what `package.json` says. */
  install(folder: string, context: Context): Promise<void>
  /** The entries of the lockfile. */
  locked(folder: string): Locked[]
}

const read = (folder: string, file: string): string => readFileSync(join(folder, file), 'utf8')

const npm: Client = {
  name: 'npm',
  agent: 'npm/',
  says: ['resolved', 'integrity'],
  async install(folder, context) {
    writeNpmrc(
      folder,
      context,
      'omit-lockfile-registry-resolved=false\naudit=false\nfund=false\nupdate-notifier=false\n',
    )
    await exec('npm', ['install', '--cache', `${folder}.cache`], { cwd: folder, env: context.outside })
  },
  locked(folder) {
    const { packages } = JSON.parse(read(folder, 'package-lock.json')) as { packages: Record<string, Locked> }
    return Object.entries(packages)
      .filter(([place]) => place !== '')
      .map(([place, entry]) => ({ ...entry, name: place.slice(place.lastIndexOf('node_modules/') + 13) }))
  },
}

const pnpm: Client = {
  name: 'pnpm',
  agent: 'pnpm/',
  says: ['resolved', 'integrity'],
  async install(folder, context) {
    writeNpmrc(folder, context)
    // What was published a moment ago is too young otherwise.
    writeFileSync(
      join(folder, 'pnpm-workspace.yaml'),
      'minimumReleaseAge: 0\nallowBuilds: {}\nlockfileIncludeTarballUrl: true\n',
    )
    const own = ['--store-dir', `${folder}.store`, '--config.cache-dir', `${folder}.cache`]
    await exec('pnpm', ['install', '--no-frozen-lockfile', ...own], { cwd: folder, env: context.outside })
  },
  locked(folder) {
    type Lockfile = { packages?: Record<string, { resolution: { integrity?: string; tarball?: string } }> }
    const documents = parseAllDocuments(read(folder, 'pnpm-lock.yaml')).map((each) => each.toJS() as Lockfile)
    return documents.flatMap(({ packages }) =>
      Object.entries(packages ?? {}).map(([key, { resolution }]) => ({
        ...nameAndVersion(key),
        ...(resolution.integrity !== undefined && { integrity: resolution.integrity }),
        ...(resolution.tarball !== undefined && { resolved: resolution.tarball }),
      })),
    )
  },
}

const yarn: Client = {
  name: 'yarn',
  // That of the library it asks with.
  agent: 'got (',
  // Its checksum is one of an archive that it makes itself, and an address follows from the name.
  says: [],
  async install(folder, context) {
    const settings = {
      npmRegistryServer: context.registry.url,
      unsafeHttpWhitelist: ['127.0.0.1'],
      npmMinimalAgeGate: 0,
      // TypeScript does not look into the archives of the other linker.
      nodeLinker: 'node-modules',
      enableTelemetry: false,
      enableImmutableInstalls: false,
      enableGlobalCache: false,
      cacheFolder: `${folder}.cache`,
      globalFolder: `${folder}.global`,
    }
    writeFileSync(join(folder, '.yarnrc.yml'), JSON.stringify(settings))
    writeFileSync(join(folder, 'yarn.lock'), '')
    const bin = fileURLToPath(import.meta.resolve('@yarnpkg/cli-dist/bin/yarn.js'))
    await exec('node', [bin, 'install'], { cwd: folder, env: context.outside })
  },
  locked(folder) {
    const entries = parse(read(folder, 'yarn.lock')) as Record<
      string,
      { resolution: string; version: string }
    >
    return Object.values(entries)
      .filter(({ resolution }) => resolution !== undefined && resolution.includes('@npm:'))
      .map(({ resolution }) => {
        // An address stands there only when it is not the one that follows from the name.
        const [, name, version, archive] = /^(.+)@npm:([^:]+)(?:::__archiveUrl=(.*))?$/.exec(resolution) ?? []
        return {
          name: name!,
          version: version!,
          ...(archive !== undefined && { resolved: decodeURIComponent(archive) }),
        }
      })
  },
}

const bunAt = (bin: string): Client => ({
  name: 'bun',
  agent: 'Bun/',
  says: ['integrity'],
  async install(folder, context) {
    writeNpmrc(folder, context)
    const env = { ...context.outside, BUN_INSTALL_CACHE_DIR: `${folder}.cache` }
    await exec(bin, ['install', '--save-text-lockfile'], { cwd: folder, env })
  },
  locked(folder) {
    // JSON with trailing commas, which YAML has too.
    const { packages } = parse(read(folder, 'bun.lock')) as { packages: Record<string, (string | object)[]> }
    return Object.values(packages).map((entry) => ({
      ...nameAndVersion(entry[0] as string),
      ...(typeof entry[1] === 'string' && entry[1] !== '' && { resolved: entry[1] }),
      ...(typeof entry.at(-1) === 'string' && { integrity: entry.at(-1) as string }),
    }))
  },
})

export const clients: readonly Client[] = [npm, pnpm, yarn]

/** Bun is a hundred megabytes: it is fetched for the rehearsal, and where it cannot be had we say so and go on. */
export async function bunClient(context: Context): Promise<Client | string> {
  try {
    return bunAt(await fetchBun(context))
  } catch (error) {
    return (error as Error).message.split('\n')[0]!
  }
}

const bunVersion = '1.4.5'

async function fetchBun({ temp, outside, registry }: Context): Promise<string> {
  const name = `@oven/bun-${process.platform}-${process.arch === 'arm64' ? 'aarch64' : process.arch}`
  const folder = join(temp, 'bun')
  const bin = join(folder, 'node_modules', name, 'bin/bun')
  const args = ['install', '--prefix', folder, '--no-save', '--cache', join(temp, 'bun.cache')]
  await exec('npm', [...args, '--registry', registry.url, `${name}@${bunVersion}`], {
    cwd: temp,
    env: outside,
  })
  await exec(bin, ['--version'], { cwd: temp, env: outside })
  return bin
}

function writeNpmrc(folder: string, { registry }: Context, more = ''): void {
  writeFileSync(join(folder, '.npmrc'), `registry=${registry.url}\n${npmrc(registry)}${more}`)
}

function nameAndVersion(key: string): { name: string; version: string } {
  const at = key.lastIndexOf('@')
  return { name: key.slice(0, at), version: key.slice(at + 1) }
}
