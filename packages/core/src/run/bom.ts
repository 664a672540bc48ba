import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { jsonFault } from '../errors/index.ts'
import { sha256 } from '../dataset/sha256.ts'

/** A package that an app depends on, as it is installed. */
export interface BomPackage {
  readonly name: string
  readonly version: string
  /** As the lockfile tells it; packages of the workspace have none. */
  readonly integrity?: string
  /** SHA-256 of its contract.json. */
  readonly contract?: string
}

/** What an app is made of. */
export interface Bom {
  readonly packages: readonly BomPackage[]
  /** SHA-256 over all packages: two runs with the same one had the same code installed. */
  readonly hash: string
}

/** The direct dependencies of an app with their versions, integrities and contracts. */
export function billOfMaterials(appDir: string): Bom {
  const { dependencies } = (readJson(join(appDir, 'package.json')) ?? {}) as {
    readonly dependencies?: Readonly<Record<string, string>>
  }
  let found: { readonly lockfile: Lockfile | undefined } | undefined
  const lockfile = (): Lockfile | undefined => (found ??= { lockfile: findLockfile(appDir) }).lockfile
  const { resolve } = createRequire(join(appDir, 'package.json'))
  const packages = Object.keys(dependencies ?? {})
    .toSorted()
    .map((name): BomPackage => {
      const dir = folderOf(name, resolve)
      const manifest = dir === undefined ? undefined : readJson(join(dir, 'package.json'))
      const version = String(manifest?.['version'] ?? 'not installed')
      const integrity = integrityOf(lockfile(), name, version)
      const contract = dir === undefined ? undefined : join(dir, 'contract.json')
      return {
        name,
        version,
        ...(integrity !== undefined && { integrity }),
        ...(contract !== undefined &&
          existsSync(contract) && { contract: sha256(readFileSync(contract, 'utf8')) }),
      }
    })
  return { packages, hash: sha256(JSON.stringify(packages)) }
}

/** The folder of an installed package; its package.json need not be among its exports. */
function folderOf(name: string, resolve: NodeJS.RequireResolve): string | undefined {
  for (const modules of resolve.paths(name) ?? [])
    if (existsSync(join(modules, name, 'package.json'))) return join(modules, name)
  return undefined
}

function readJson(file: string): Readonly<Record<string, unknown>> | undefined {
  if (!existsSync(file)) return undefined
  const text = readFileSync(file, 'utf8')
  return jsonFault(text) === undefined
    ? ((JSON.parse(text) as Readonly<Record<string, unknown>> | null) ?? undefined)
    : undefined
}

interface Lockfile {
  readonly name: string
  readonly text: string
}
const lockfiles = ['pnpm-lock.yaml', 'package-lock.json', 'yarn.lock', 'bun.lock']

/** The nearest one upwards. */
function findLockfile(start: string): Lockfile | undefined {
  for (let dir = start; ; dir = dirname(dir)) {
    const name = lockfiles.find((each) => existsSync(join(dir, each)))
    // Another system may have written it.
    if (name !== undefined)
      return { name, text: readFileSync(join(dir, name), 'utf8').replaceAll('\r\n', '\n') }
    if (dir === dirname(dir)) return undefined
  }
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')

/** Found by the form of the text: a lockfile of a large workspace takes long to be parsed. */
function integrityOf(lockfile: Lockfile | undefined, name: string, version: string): string | undefined {
  if (!lockfile) return undefined
  const id = escaped(`${name}@${version}`)
  const patterns: Readonly<Record<string, string>> = {
    'pnpm-lock.yaml': `^ {2}'?${id}'?:\\n {4}resolution: \\{integrity: ([^,}]+)`,
    'package-lock.json': `node_modules/${escaped(name)}": \\{\\s*(?:"name": "[^"]*",\\s*)?"version": "${escaped(version)}",(?:\\s*"resolved": "[^"]*",)?\\s*"integrity": "([^"]+)"`,
    'yarn.lock': `^"?${escaped(name)}@[^\\n]*:\\n {2}version:? "?${escaped(version)}"?\\n(?: {2}[^\\n]*\\n)*? {2}(?:checksum:|integrity) ([^\\n]+)`,
    'bun.lock': `\\["${id}"[^\\n]*"(sha\\d+-[^"]+)"\\]`,
  }
  return new RegExp(patterns[lockfile.name]!, 'm').exec(lockfile.text)?.[1]
}
