import { existsSync, statSync } from 'node:fs'
import { posix, relative, resolve } from 'node:path'
import { billOfMaterials, pipelinePackages } from '@levada/core/run'
import { jsonFault, LevadaError } from '@levada/core/spi'
import { parse } from 'yaml'
import { consumersOf, mapLimited, type Consumer, type NamedContract } from './consumers.ts'
import { diffContracts, type ContractDiff } from './diff.ts'
import { listFiles, prefixOf, readBlob } from './git.ts'
import type { Contract } from './model.ts'
import { parseContract } from './parse-contract.ts'
import { openRegistry, type Registry } from './registry.ts'
import { renamedContracts } from './renamed-uses.ts'
import { fromFolder, fromPublished } from './side.ts'

/** A pipeline package as an app composes it. */
interface Part {
  readonly version: string
  readonly contract: Contract
}
type Parts = ReadonlyMap<string, Part>

export interface AppChange {
  readonly name: string
  readonly was: string | undefined
  readonly is: string | undefined
  /** Undefined when the package is new or gone. */
  readonly diff: ContractDiff | undefined
  /** Packages of the app that read what breaks, or what is gone. */
  readonly consumers: readonly (Consumer & { readonly asset: string; readonly path?: string })[]
}

export interface AppDiff {
  /** Packages that are new, gone or other; all others are left out. */
  readonly changes: readonly AppChange[]
  /** Assets whose rows may be others than those that are stored, in all packages of the app. */
  readonly recompute: readonly string[]
}

export interface AppDiffOptions {
  readonly registry?: Registry
}

/**
 * What a deployment of an app changes.
 * @param other what is deployed: the folder of the app in another checkout, or a git revision of this one
 * @throws GIT_FAILED, CONTRACT_MISSING, CONTRACT_INVALID, REGISTRY_FAILED
 */
export async function diffApps(
  appDir: string,
  other: string,
  options: AppDiffOptions = {},
): Promise<AppDiff> {
  const folder = resolve(other)
  const old =
    existsSync(folder) && statSync(folder).isDirectory()
      ? partsOf(folder)
      : await partsAt(other, appDir, options.registry ?? openRegistry(appDir))
  const now = partsOf(appDir)
  const contracts = [
    ...[...now].map(([name, { contract }]) => ({ name, at: name, contract })),
    ...renamedContracts(appDir),
  ]
  const names = [...new Set([...old.keys(), ...now.keys()])].toSorted()
  const changes = names.flatMap((name): readonly AppChange[] => {
    const [was, is] = [old.get(name), now.get(name)]
    const diff = was && is && diffContracts(was.contract, is.contract)
    if (diff && diff.changes.length === 0 && was.version === is.version) return []
    const broken = diff
      ? diff.changes.flatMap(({ bump, side, subject, path }) =>
          bump === 'major' && side === 'provided' ? [{ asset: subject.name, path }] : [],
        )
      : Object.keys((is ? {} : was?.contract.provides) ?? {}).map((asset) => ({ asset, path: undefined }))
    return [
      {
        name,
        was: was?.version,
        is: is?.version,
        diff,
        consumers: broken.flatMap(({ asset, path }) =>
          consumersOf(
            asset,
            path,
            contracts.filter((each) => each.name !== name),
          ).map((consumer) => ({
            ...consumer,
            asset,
            ...(path !== undefined && { path }),
          })),
        ),
      },
    ]
  })
  return { changes, recompute: recomputed(changes, now, contracts) }
}

/** Outputs of what changed or is new, and all that is computed from them through the packages of the app. */
function recomputed(
  changes: readonly AppChange[],
  now: Parts,
  contracts: readonly NamedContract[],
): readonly string[] {
  const nodes = contracts.flatMap(({ contract }) => contract.nodes)
  const found = new Set(
    changes.flatMap(({ name, diff, was }) =>
      diff ? diff.recompute : was === undefined ? Object.keys(now.get(name)?.contract.provides ?? {}) : [],
    ),
  )
  for (const asset of found)
    for (const { outputs } of nodes.filter(({ inputs }) => inputs.includes(asset)))
      for (const output of outputs) found.add(output)
  return [...found].toSorted()
}

/** The pipeline packages that an app has installed. */
function partsOf(appDir: string): Parts {
  const versions = new Map(billOfMaterials(appDir).packages.map(({ name, version }) => [name, version]))
  return new Map(
    pipelinePackages(appDir).map(({ name, dir }) => [
      name,
      { version: versions.get(name) ?? 'not known', contract: fromFolder(dir, name).contract },
    ]),
  )
}

/** The pipeline packages of the app in a revision: those of the workspace from git, others as its lockfile pins them. */
async function partsAt(revision: string, appDir: string, registry: Registry): Promise<Parts> {
  const prefix = await prefixOf(appDir)
  const manifest = await readBlob(revision, `${prefix}package.json`, appDir)
  if (manifest === undefined)
    throw new LevadaError(
      'GIT_FAILED',
      `The revision ${revision} has no ${prefix}package.json: the app was not there.`,
    )
  const { dependencies = {} } = json(manifest) as { readonly dependencies?: Readonly<Record<string, string>> }
  const own = await workspaceAt(revision, appDir)
  const pinned = await pinnedAt(revision, prefix, appDir)
  const parts = await mapLimited(Object.keys(dependencies), async (name) => {
    const inside = own.get(name)
    if (inside)
      return inside.contract && ([name, { version: inside.version, contract: inside.contract }] as const)
    const version = pinned(name)
    if (version === undefined) return undefined
    const packed = await registryOrCore(name, version, registry)
    return packed && ([name, { version, contract: packed }] as const)
  })
  return new Map(parts.filter((each) => each !== undefined))
}

/** Packages that are no pipelines have no contract; those of Levada are not even fetched for it. */
async function registryOrCore(
  name: string,
  version: string,
  registry: Registry,
): Promise<Contract | undefined> {
  if (name.startsWith('@levada/')) return undefined
  try {
    return (await fromPublished(name, version, registry)).contract
  } catch (error) {
    if (error instanceof LevadaError && error.code === 'CONTRACT_MISSING') return undefined
    throw error
  }
}

interface Inside {
  readonly version: string
  readonly contract: Contract | undefined
}

async function workspaceAt(revision: string, cwd: string): Promise<ReadonlyMap<string, Inside>> {
  const files = await listFiles(revision, 'package.json', cwd)
  const found = await mapLimited(files, async (file) => {
    const { name, version } = json((await readBlob(revision, file, cwd)) ?? '') as Partial<
      Record<string, string>
    >
    if (name === undefined) return undefined
    const contract = await readBlob(revision, posix.join(posix.dirname(file), 'contract.json'), cwd)
    return [
      name,
      {
        version: version ?? '0.0.0',
        contract:
          contract === undefined ? undefined : parseContract(contract, `${revision}:${posix.dirname(file)}`),
      },
    ] as const
  })
  return new Map(found.filter((each) => each !== undefined))
}

function json(text: string): object {
  return jsonFault(text) === undefined ? ((JSON.parse(text) as object | null) ?? {}) : {}
}

/** Which version of a package the lockfile of a revision pins for the app. */
async function pinnedAt(
  revision: string,
  prefix: string,
  cwd: string,
): Promise<(name: string) => string | undefined> {
  const at = (file: string): string => posix.join(prefix, file)
  for (let up = ''; ; up += '../') {
    const folder = at(up)
    if (folder.startsWith('..')) return () => undefined
    const pnpm = await readBlob(revision, posix.join(folder, 'pnpm-lock.yaml'), cwd)
    if (pnpm !== undefined) return fromPnpm(pnpm, relative(folder, prefix) || '.')
    const npm = await readBlob(revision, posix.join(folder, 'package-lock.json'), cwd)
    if (npm !== undefined) return fromNpm(npm, relative(folder, prefix))
    if (folder === '.' || folder === './') return () => undefined
  }
}

function fromPnpm(text: string, importer: string): (name: string) => string | undefined {
  const { importers } = (parse(text) ?? {}) as {
    readonly importers?: Readonly<
      Record<string, { readonly dependencies?: Readonly<Record<string, { readonly version: string }>> }>
    >
  }
  // `1.2.0(zod@4.6.7)`: with the peers that it was resolved with.
  return (name) => importers?.[importer]?.dependencies?.[name]?.version.replace(/\(.*/s, '')
}

function fromNpm(text: string, folder: string): (name: string) => string | undefined {
  const { packages } = json(text) as {
    readonly packages?: Readonly<Record<string, { readonly version?: string }>>
  }
  return (name) =>
    (packages?.[posix.join(folder, 'node_modules', name)] ?? packages?.[`node_modules/${name}`])?.version
}
