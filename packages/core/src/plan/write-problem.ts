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
export async function writeProblem(
  place: OutputPlace,
  datasetOf: (asset: string) => Dataset,
): Promise<string | undefined> {
  const { asset, dataset } = place
  const { write, rows, staging, partitioned, append } = dataset.capabilities
  const { incremental } = asset
  const cannot =
    [
      write,
      staging,
      ...(asset.partitions.length > 0 ? [partitioned] : []),
      ...(incremental ? [rows, append] : []),
    ].find((each) => each !== true)?.denied ??
    (rows === true ? undefined : await queryProblem(place, rows.denied, datasetOf))
  return cannot && `'${asset.name}' cannot be written to ${dataset.type} ${dataset.address}: ${cannot}.`
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
