import { partitionText, type AnyAsset, type PartitionKey } from '../asset/index.ts'
import type { Dataset, PublishRequest, Staging, Version, WriteTarget } from '../dataset/index.ts'
import { isLevadaError, LevadaError } from '../errors/index.ts'
import type { Step } from '../plan/index.ts'

/** Where a node's rows of one output go. */
export interface OutputTarget {
  readonly asset: AnyAsset
  readonly dataset: Pick<Dataset, 'type' | 'address' | 'append'>
  readonly target: WriteTarget
}

/** One output of a step on its way: staged, then checked, then published. */
export interface OutputWrite extends OutputTarget {
  readonly dataset: Dataset
  readonly base: Version | undefined
  readonly staging: Staging
  /** Of an incremental output, how far it reaches when this is published. */
  readonly upTo?: NonNullable<PublishRequest['upTo']>
  /** What is staged is not all that readers will see, though no partitions were asked for. */
  readonly partial?: boolean
  /** The checks are others than those that the stored rows have passed. */
  readonly recheck?: boolean
  /** The partitions that are replaced beside those of the step. */
  readonly replaces?: readonly PartitionKey[]
}

/** Errors about values get the name of the asset that they were written for. */
export async function namingAsset<T>(asset: AnyAsset, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (cause) {
    if (!isLevadaError(cause) || (cause.code !== 'ROW_INVALID' && cause.code !== 'VALUE_RANGE')) throw cause
    const { code, hint, place, message } = cause
    throw new LevadaError(code, `'${asset.name}': ${message}`, { hint, cause, ...(place && { place }) })
  }
}

export interface StepFacts {
  readonly step_id: string
  readonly pipeline: string
  readonly node: string
  readonly partition?: PartitionKey
  readonly partitions?: string
}

/** `flight_date=2001-01-01..2001-03-31`: what a step for many partitions writes. */
const stepRange = ({ partitions = [] }: Pick<Step, 'partitions'>): string =>
  partitionText(Object.keys(partitions[0] ?? {}), partitions)

/** What every event of a step carries. */
export const stepFacts = (step: Pick<Step, 'id' | 'pipeline' | 'node' | 'partitions'>): StepFacts => ({
  step_id: step.id,
  pipeline: step.pipeline,
  node: step.node,
  ...(step.partitions?.length === 1 && { partition: step.partitions[0]! }),
  ...(step.partitions && step.partitions.length > 1 && { partitions: stepRange(step) }),
})
