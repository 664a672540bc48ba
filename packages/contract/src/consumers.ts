import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { isLevadaError, LevadaError } from '@levada/core/spi'
import { pipelinePackages } from '@levada/core/run'
import maxSatisfying from 'semver/ranges/max-satisfying.js'
import type { Column, Contract } from './model.ts'
import type { Registry } from './registry.ts'
import { renamedContracts } from './renamed-uses.ts'
import { fromFolder, fromPublished } from './side.ts'
import { packageAt, workspacePackages, workspaceRoot } from './workspace.ts'

/** A contract by the name of its package. */
export interface NamedContract {
  readonly name: string
  /** Where it was found: a folder, or a version. */
  readonly at: string
  /** The app that connects it with assets of other names, if its own contract does not say these. */
  readonly app?: string
  readonly contract: Contract
}

export interface Consumer {
  readonly name: string
  readonly at: string
  /** The app that gives it the asset under another name. */
  readonly app?: string
  /** Whether it declares the asset as a source rather than as an expectation. */
  readonly asSource: boolean
  /** The columns that it reads. */
  readonly columns: readonly string[]
  /** Its nodes that read the asset. */
  readonly nodes: readonly string[]
}

/** Who reads an asset, or one column of it (`legs.origin`: a field inside). */
export function consumersOf(
  asset: string,
  path: string | undefined,
  contracts: readonly NamedContract[],
): readonly Consumer[] {
  return contracts.flatMap(({ name, at, app, contract }) => {
    const required = own(contract.requires, asset)
    const found = required ?? own(contract.sources, asset)
    if (!found || (path !== undefined && !readsPath(found.columns, path.replaceAll('[]', '').split('.'))))
      return []
    const nodes = contract.nodes.filter(({ inputs }) => inputs.includes(asset))
    return [
      {
        name,
        at,
        ...(app !== undefined && { app }),
        asSource: required === undefined,
        columns: found.columns.map((column) => column.name),
        nodes: nodes.map((node) => node.name),
      },
    ]
  })
}

const own = <T>(map: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(map, key) ? map[key] : undefined

function readsPath(columns: readonly Column[], [first, ...rest]: readonly string[]): boolean {
  const found = columns.find(({ name }) => name === first)
  if (!found || rest.length === 0) return found !== undefined
  let { type } = found
  while (type.kind === 'list') type = type.item.type
  return type.kind === 'struct' && readsPath(type.fields, rest)
}

/**
 * The contracts of a folder: its own, those that an app composes, or those of a workspace's packages.
 * @throws CONTRACT_MISSING when there is none, CONTRACT_INVALID, PROTOCOL
 */
export function contractsIn(folder: string): readonly NamedContract[] {
  const dir = resolve(folder)
  if (existsSync(`${dir}/contract.json`)) return [named(dir)]
  const installed = pipelinePackages(dir).filter((each) => existsSync(`${each.dir}/contract.json`))
  if (installed.length > 0) return [...installed.map((each) => named(each.dir)), ...renamedContracts(dir)]
  const root = existsSync(`${dir}/package.json`) ? workspaceRoot(dir) : undefined
  const all = root === undefined ? [] : contractsOfWorkspace(root)
  if (all.length > 0) return all
  throw new LevadaError('CONTRACT_MISSING', `${folder} has no contract.json, and no dependency with one.`)
}

/** The contracts of all packages of a workspace. */
const contractsOfWorkspace = (root: string): readonly NamedContract[] =>
  workspacePackages(root).flatMap(({ dir, contract }) => [
    ...(contract ? [named(dir)] : []),
    ...renamedContracts(dir),
  ])

function named(dir: string): NamedContract {
  const { contract, package: id } = fromFolder(dir, dir)
  return { name: id?.name ?? packageAt(dir)?.name ?? contract.name, at: dir, contract }
}

/** The latest contracts of a scope in its registry; packages without one are left out. @throws REGISTRY_FAILED */
export async function contractsOfScope(scope: string, registry: Registry): Promise<readonly NamedContract[]> {
  const names = await registry.search(scope)
  const all = await mapLimited(names, async (name) => {
    const found = await registry.packument(name)
    const version = found?.tags['latest'] ?? maxSatisfying(Object.keys(found?.versions ?? {}), '*')
    if (!version) return undefined
    try {
      return {
        name,
        at: `${name}@${version}`,
        contract: (await fromPublished(name, version, registry)).contract,
      }
    } catch (error) {
      if (isLevadaError(error) && error.code === 'CONTRACT_MISSING') return undefined
      throw error
    }
  })
  return all.filter((each) => each !== undefined)
}

/** Eight at a time, in the order of the list. */
export async function mapLimited<T, R>(
  list: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = []
  const queue = list.entries()
  const worker = async (): Promise<void> => {
    for (const [i, item] of queue) results[i] = await work(item)
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  return results
}
