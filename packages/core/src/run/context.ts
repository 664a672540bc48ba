import type { AnyAsset, PartitionKey } from '../asset/index.ts'
import { fieldFits, type App, type Graph } from '../app/index.ts'
import type { Catalog, Engines } from '../catalog/index.ts'
import type { Version } from '../dataset/index.ts'
import type { Relation, Signal } from '../engine/index.ts'
import { LevadaError } from '../errors/index.ts'
import type { ParamValues, Step } from '../plan/index.ts'
import { showField, type Column } from '../schema/index.ts'
import type { Emitter } from './emitter.ts'
import { relationAt } from './relation.ts'

/** What all steps of a run share. */
export interface RunContext {
  readonly runId: string
  readonly app: App
  readonly appDir: string
  readonly graph: Graph
  readonly catalog: Catalog
  readonly engines: Engines
  readonly params: ParamValues
  readonly resources: (name: string) => Promise<unknown>
  readonly signal: Signal
  readonly emitter: Emitter
  /** What this run has published so far, by asset key. */
  readonly made: Map<string, Version>
  readonly redact: (text: string) => string
}

/** The version of an asset that a step reads: of this run, or as pinned by the plan. */
export function versionFor(context: RunContext, step: Step, asset: string): Version | undefined {
  return context.made.get(asset) ?? step.inputs.find((input) => input.asset === asset)?.version
}

/** The rows that a node of the step reads of an asset, as it declares it. @throws STALE_SCHEMA, DATA_MISSING */
export const inputRelation = (context: RunContext, step: Step, declared: AnyAsset): Promise<Relation> =>
  assetRelation(context, step, declared, step.inputs.find(({ asset }) => asset === declared.name)?.partitions)

/** The rows of partitions of an asset, or of all, in the version that the step sees. @throws STALE_SCHEMA, DATA_MISSING */
export async function assetRelation(
  context: RunContext,
  step: Step,
  declared: AnyAsset,
  partitions: readonly PartitionKey[] | undefined,
): Promise<Relation> {
  const { dataset } = context.catalog.entry(declared.name)
  const version = versionFor(context, step, declared.name)
  if (version) checkStored(declared, version)
  const location = await dataset.locate(version, partitions)
  const engine = await context.engines.get(step.engine)
  return relationAt(context.engines, engine, dataset, location, declared.columns, version)
}

/** Stored partitions have to hold the columns that are read; one that is nullable reads as NULL where it is absent. */
function checkStored(declared: AnyAsset, version: Version): void {
  const checked = new Set<readonly Column[]>()
  for (const { columns, key } of version.partitions) {
    if (checked.has(columns)) continue
    checked.add(columns)
    for (const column of declared.columns) {
      const stored = columns.find(({ name }) => name === column.name)
      if (stored ? fieldFits({ ...column, nullable: true }, stored) : column.nullable || column.optional)
        continue
      const partition = Object.entries(key)
        .map(([name, value]) => `${name}=${value}`)
        .join(', ')
      throw new LevadaError(
        'STALE_SCHEMA',
        `'${declared.name}'${partition && ` (${partition} and maybe others)`} was written ${stored ? `with ${column.name}: ${showField(stored)}` : `without the column '${column.name}'`}; it is read as ${showField(column)}.`,
        { hint: `Build it again: levada run ${declared.name}` },
      )
    }
  }
}
