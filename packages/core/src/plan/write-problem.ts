import type { AnyAsset } from '../asset/index.ts'
import { leafAssets } from '../app/index.ts'
import type { Dataset } from '../dataset/index.ts'
import type { Engine } from '../engine/index.ts'
import { viewsBelow, type AnyNode } from '../pipeline/index.ts'

export interface OutputPlace {
  readonly asset: AnyAsset
  readonly dataset: Dataset
  readonly node: AnyNode
  /** Of the node. */
  readonly engine: Engine
}

/** Why a dataset cannot store what a node makes; undefined when it can. */
export const writeProblem = async (
  place: OutputPlace,
  datasetOf: (asset: string) => Dataset,
): Promise<string | undefined> => writeDenied(place) ?? (await queryDenied(place, datasetOf))

const sentence = ({ asset, dataset }: OutputPlace, why: string): string =>
  `'${asset.name}' cannot be written to ${dataset.type} ${dataset.address}: ${why}.`

/** Why a dataset can store no rows as an asset needs it; undefined when it can. */
export function writeDenied(place: OutputPlace): string | undefined {
  const { asset, dataset } = place
  const { write, rows, staging, partitioned, append } = dataset.capabilities
  const { incremental } = asset
  if (write !== true) return sentence(place, write.denied)
  if (staging !== true) return sentence(place, staging.denied)
  if (asset.partitions.length > 0 && partitioned !== true) return sentence(place, partitioned.denied)
  if (incremental && rows !== true) return sentence(place, rows.denied)
  if (incremental && append !== true) return sentence(place, append.denied)
  return undefined
}

/** Why a dataset that keeps queries cannot keep that of a node; undefined when it can, or keeps rows. */
export async function queryDenied(
  place: OutputPlace,
  datasetOf: (asset: string) => Dataset,
): Promise<string | undefined> {
  const { rows } = place.dataset.capabilities
  const why = rows === true ? undefined : await queryProblem(place, rows.denied, datasetOf)
  return why && sentence(place, why)
}

/** A query is kept as it is, and computed later: by the same engine, of what has a name there, without values of this run. */
async function queryProblem(
  { node, dataset, engine }: OutputPlace,
  why: string,
  datasetOf: (asset: string) => Dataset,
): Promise<string | undefined> {
  if (node.work.kind !== 'sql') return `${why}, and node '${node.name}' is TypeScript`
  if (!engine.canScan(await dataset.emptyLocation()))
    return `${why}, and '${node.name}' is computed by engine '${engine.name}'`
  const inputs = Object.values(node.inputs)
  for (const { name, params } of [node, ...viewsBelow(inputs)]) {
    const [param] = Object.keys(params)
    if (param !== undefined)
      return `${why}, and '${name}' has the param '${param}', whose value it cannot keep`
  }
  for (const { name } of leafAssets(inputs)) {
    const input = datasetOf(name)
    const location = await input.standing?.()
    if (!location || !engine.canScan(location))
      return `${why}, and its input '${name}' is stored elsewhere: ${input.type} ${input.address}`
  }
  return undefined
}
