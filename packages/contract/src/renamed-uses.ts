import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pipelinePackages } from '@levada/core/run'
import type { NamedContract } from './consumers.ts'
import type { Contract } from './model.ts'
import { fromFolder } from './side.ts'

/** A pipeline that an app uses under other names. */
interface Use {
  readonly package: string
  readonly name: string
  /** Names in the app by those in the package. */
  readonly assets: Readonly<Record<string, string>>
}

/**
 * The contracts of packages as an app connects them: what one requires under a name that the app gave to the asset of another is
 * named as that other names it, and as the app does. The app's `ports.ts` tells which names those are, so that no code runs.
 */
export function renamedContracts(appDir: string): readonly NamedContract[] {
  const uses = usesOf(appDir)
  if (uses.length === 0) return []
  const installed = new Map(
    pipelinePackages(appDir)
      .filter(({ dir }) => existsSync(join(dir, 'contract.json')))
      .map(({ name, dir }) => [name, fromFolder(dir, name).contract]),
  )
  // By their names in the app, how packages call what they provide.
  const provided = new Map<string, Set<string>>()
  const provide = (contract: Contract, assets: Use['assets']): void => {
    for (const asset of Object.keys(contract.provides)) {
      const name = assets[asset] ?? asset
      provided.set(name, (provided.get(name) ?? new Set()).add(asset))
    }
  }
  for (const contract of installed.values()) provide(contract, {})
  for (const use of uses) {
    const contract = installed.get(use.package)
    if (contract) provide(contract, use.assets)
  }
  const plain = [...installed].map(([name, contract]) => ({ package: name, name: contract.name, assets: {} }))
  return [...plain, ...uses].flatMap((use) => {
    const contract = installed.get(use.package)
    return contract ? connected(contract, use, provided, appDir) : []
  })
}

function connected(
  contract: Contract,
  use: Use,
  provided: ReadonlyMap<string, ReadonlySet<string>>,
  appDir: string,
): readonly NamedContract[] {
  const inputs = [...Object.keys(contract.requires), ...Object.keys(contract.sources)]
  const names = new Map(
    inputs.map((asset) => {
      const inApp = use.assets[asset] ?? asset
      return [asset, [...new Set([...(provided.get(inApp) ?? []), inApp])].filter((other) => other !== asset)]
    }),
  )
  const most = Math.max(0, ...[...names.values()].map(({ length }) => length))
  return Array.from({ length: most }, (_, i) => {
    const nameOf = (asset: string): string => names.get(asset)?.[i] ?? asset
    // What keeps its name stands in the package's own contract.
    const renamed = <T>(assets: Readonly<Record<string, T>>): Record<string, T> =>
      Object.fromEntries(
        Object.entries(assets).flatMap(([asset, value]) =>
          nameOf(asset) === asset ? [] : [[nameOf(asset), value]],
        ),
      )
    return {
      name: use.package,
      at: `${basename(appDir)}: ${use.name}${i === 0 ? '' : ` ${i + 1}`}`,
      app: basename(appDir),
      contract: {
        ...contract,
        requires: renamed(contract.requires),
        sources: renamed(contract.sources),
        nodes: contract.nodes.map((node) => ({ ...node, inputs: node.inputs.map(nameOf) })),
      },
    }
  })
}

const text = `(['"])([^'"\\n]+)`
const imported = new RegExp(`import type \\{ Ports as (\\w+) \\} from ${text}\\2`, 'g')
const extended = new RegExp(`extends Renamed<\\s*(\\w+),\\s*${text}\\2,\\s*\\{([^}]*)\\}`, 'g')
const entry = new RegExp(`${text}\\1:\\s*${text}\\3`, 'g')

/** What `levada generate` wrote into an app's `ports.ts`. */
function usesOf(appDir: string): readonly Use[] {
  const file = join(appDir, 'ports.ts')
  if (!existsSync(file)) return []
  const ports = readFileSync(file, 'utf8')
  const packages = new Map([...ports.matchAll(imported)].map(([, alias, , name]) => [alias!, name!]))
  return [...ports.matchAll(extended)].flatMap(([, alias, , name, map]) => {
    const from = packages.get(alias!)
    if (from === undefined) return []
    const assets = Object.fromEntries([...map!.matchAll(entry)].map(([, , old, , now]) => [old!, now!]))
    return [{ package: from, name: name!, assets }]
  })
}

/** Whether an app uses a pipeline under other names, which nothing but its code tells: it has no `ports.ts`. */
export const hidesUses = (appDir: string): boolean => {
  const config = join(appDir, 'levada.config.ts')
  return (
    existsSync(config) &&
    !existsSync(join(appDir, 'ports.ts')) &&
    /\.with\(/.test(readFileSync(config, 'utf8'))
  )
}
