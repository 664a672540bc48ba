import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A project's data contract, as far as edges need it. */
interface ContractFacts {
  readonly provides?: Readonly<Record<string, unknown>>
  readonly requires?: Readonly<Record<string, unknown>>
  readonly sources?: Readonly<Record<string, unknown>>
}

/** From who reads an asset to who provides it, by names of projects. */
export interface DataEdge {
  readonly source: string
  readonly target: string
}

/**
 * What projects read of each other, from their `contract.json`; no import need say so.
 *
 * An edge that would close a cycle is left out, since tasks could not be ordered: of two packages that read each other's assets, the one
 * whose name comes first depends on the other.
 *
 * @param roots of the projects, relative to the workspace, by name
 */
export function dataEdges(
  workspaceRoot: string,
  roots: Readonly<Record<string, string>>,
): { readonly edges: readonly DataEdge[]; readonly leftOut: readonly DataEdge[] } {
  const contracts = Object.entries(roots)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, root]) => {
      const contract = readContract(join(workspaceRoot, root, 'contract.json'))
      return contract ? [{ name, contract }] : []
    })
  const providers = new Map<string, string>()
  for (const { name, contract } of contracts)
    for (const asset of Object.keys(contract.provides ?? {})) providers.set(asset, name)

  const targets = new Map<string, Set<string>>()
  const leftOut: DataEdge[] = []
  for (const { name, contract } of contracts) {
    const mine = new Set<string>()
    targets.set(name, mine)
    const read = Object.keys({ ...contract.requires, ...contract.sources })
    for (const target of new Set(read.flatMap((asset) => providers.get(asset) ?? []))) {
      if (target === name) continue
      if (reaches(targets, target, name)) leftOut.push({ source: name, target })
      else mine.add(target)
    }
  }
  const edges = [...targets].flatMap(([source, all]) => [...all].map((target) => ({ source, target })))
  return { edges, leftOut }
}

function reaches(targets: ReadonlyMap<string, ReadonlySet<string>>, from: string, to: string): boolean {
  const seen = new Set([from])
  // What is added while it is walked is walked, too.
  for (const each of seen) for (const next of targets.get(each) ?? []) seen.add(next)
  return seen.has(to)
}

/** Nothing of a file that is none yet, or is being edited: `contract-check` tells. */
function readContract(file: string): ContractFacts | undefined {
  if (!existsSync(file)) return undefined
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) ?? undefined) as ContractFacts | undefined
  } catch {
    return undefined
  }
}
