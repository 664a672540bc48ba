import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { jsonFault, LevadaError } from '@levada/core/spi'
import maxSatisfying from 'semver/ranges/max-satisfying.js'
import validRange from 'semver/ranges/valid.js'
import { readBlob } from './git.ts'
import type { Contract } from './model.ts'
import { checkSize, parseContract } from './parse-contract.ts'
import { readTarball, type PackedPackage } from './read-tarball.ts'
import { openRegistry, type Registry } from './registry.ts'

/** A contract and where it is from. */
export interface ContractSide {
  readonly kind: 'folder' | 'tarball' | 'registry' | 'revision'
  /** As messages name it. */
  readonly label: string
  /** Of the package.json beside the contract. */
  readonly package?: PackageId
  readonly contract: Contract
}
export interface PackageId {
  readonly name: string
  readonly version: string
}

export interface SideOptions {
  /** @default the working directory */
  readonly cwd?: string
  /** @default the one that .npmrc names for `cwd` */
  readonly registry?: Registry
}

/**
 * The contract that a word names: a folder, a tarball (`.tgz`), `name@version` (or a range or tag) in the registry, or a git
 * revision (`main`, `main:pipelines/orders`). Nothing is installed, built or run.
 * @throws CONTRACT_MISSING, CONTRACT_INVALID, PROTOCOL, TARBALL_INVALID, REGISTRY_FAILED, GIT_FAILED
 */
export async function readSide(word: string, options: SideOptions = {}): Promise<ContractSide> {
  const cwd = options.cwd ?? process.cwd()
  const path = resolve(cwd, word)
  if (/\.(tgz|tar\.gz)$/.test(word)) return fromTarball(path, word)
  if (existsSync(path))
    return fromFolder(statSync(path).isFile() ? join(path, '..') : path, path === cwd ? 'this folder' : word)
  const [, name, spec] =
    /^(@[a-z0-9-~][\w.~-]*\/[a-z0-9-~][\w.~-]*|[a-z0-9-~][\w.~-]*)(?:@([^{:]+))?$/.exec(word) ?? []
  if (name !== undefined && (spec !== undefined || name.startsWith('@')))
    return fromRegistry(name, spec ?? 'latest', options.registry ?? openRegistry(cwd))
  return fromRevision(word, cwd)
}

const missing = (where: string, hint?: string): LevadaError =>
  new LevadaError(
    'CONTRACT_MISSING',
    `There is no contract.json in ${where}.`,
    hint === undefined ? {} : { hint },
  )

/** The contract in a folder. @throws CONTRACT_MISSING, CONTRACT_INVALID, PROTOCOL */
export function fromFolder(dir: string, label: string): ContractSide {
  const file = join(dir, 'contract.json')
  if (!existsSync(file)) throw missing(label)
  checkSize(statSync(file).size, label)
  const contract = parseContract(readFileSync(file, 'utf8'), label, relative(process.cwd(), file))
  const manifest = join(dir, 'package.json')
  const id = existsSync(manifest) ? packageId(readFileSync(manifest, 'utf8')) : undefined
  return { kind: 'folder', label, contract, ...(id && { package: id }) }
}

/** The contract in a tarball. @throws CONTRACT_MISSING, CONTRACT_INVALID, PROTOCOL, TARBALL_INVALID */
export async function fromTarball(file: string, label: string): Promise<ContractSide> {
  if (!existsSync(file)) throw missing(label, 'Correct the path: there is no such file.')
  const packed = await readTarball(createReadStream(file), label)
  return { ...packedSide(packed, label), kind: 'tarball' }
}

/** Name and version of the package in a tarball. @throws TARBALL_INVALID */
export const tarballId = async (file: string, label: string): Promise<PackageId> =>
  idOf(await readTarball(createReadStream(file), label), label)

function idOf({ packageJson }: PackedPackage, label: string): PackageId {
  const id = packageId(packageJson ?? '')
  if (id) return id
  throw new LevadaError('TARBALL_INVALID', `The tarball ${label} has no package.json with name and version.`)
}

function packedSide(packed: PackedPackage, label: string): Omit<ContractSide, 'kind'> {
  const id = idOf(packed, label)
  const { contract } = packed
  if (contract === undefined)
    throw missing(label, 'It is no pipeline package, or its "files" leave contract.json out.')
  return { label, package: id, contract: parseContract(contract, label) }
}

/** The contract of a published version. @throws as {@link readSide} */
export async function fromPublished(
  name: string,
  version: string,
  registry: Registry,
): Promise<ContractSide> {
  const label = `${name}@${version}`
  const side = packedSide(await registry.tarball(name, version), label)
  const { name: own, version: says } = side.package!
  if (own !== name || says !== version)
    throw new LevadaError('TARBALL_INVALID', `The tarball ${label} says that it is ${own}@${says}.`)
  return { ...side, kind: 'registry' }
}

async function fromRegistry(name: string, spec: string, registry: Registry): Promise<ContractSide> {
  const found = await registry.packument(name)
  if (!found) throw new LevadaError('REGISTRY_FAILED', `No registry that .npmrc names has a package ${name}.`)
  const versions = Object.keys(found.versions)
  const latest = found.tags['latest']
  const version =
    found.tags[spec] ??
    (versions.includes(spec) ? spec : undefined) ??
    (validRange(spec) === null ? undefined : maxSatisfying(versions, spec))
  if (version === undefined || version === null)
    throw new LevadaError(
      'REGISTRY_FAILED',
      `The registry has no ${name}@${spec}; ${versions.length === 0 ? 'it has no version' : `it has ${versions.slice(-5).join(', ')}${latest === undefined ? '' : `, latest is ${latest}`}`}.`,
    )
  return fromPublished(name, version, registry)
}

async function fromRevision(word: string, cwd: string): Promise<ContractSide> {
  const colon = word.indexOf(':')
  const revision = colon < 0 ? word : word.slice(0, colon)
  const path = colon < 0 ? '.' : word.slice(colon + 1).replace(/\/?(contract\.json)?$/, '')
  const at = (file: string): string =>
    path === '.' || path.startsWith('./')
      ? `./${path === '.' ? '' : `${path.slice(2)}/`}${file}`
      : `${path === '' ? '' : `${path}/`}${file}`
  const text = await readBlob(revision, at('contract.json'), cwd)
  if (text === undefined)
    throw missing(
      `the revision ${revision} at ${path === '.' ? 'this folder' : path || 'its root'}`,
      colon < 0 ? `Name the folder of the package: ${revision}:pipelines/orders.` : undefined,
    )
  const manifest = await readBlob(revision, at('package.json'), cwd)
  const id = manifest === undefined ? undefined : packageId(manifest)
  return { kind: 'revision', label: word, contract: parseContract(text, word), ...(id && { package: id }) }
}

/** Name and version of a package.json, if it tells both. */
function packageId(text: string): PackageId | undefined {
  if (jsonFault(text) !== undefined) return undefined
  const { name, version } = (JSON.parse(text) ?? {}) as Partial<Record<keyof PackageId, unknown>>
  return typeof name === 'string' && typeof version === 'string' ? { name, version } : undefined
}
