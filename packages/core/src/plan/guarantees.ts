import type { Dataset } from '../dataset/index.ts'
import type { Engine } from '../engine/index.ts'

/** What holds for assets of one dataset type that one engine computes; all of it follows from their capabilities. */
export interface Guarantees {
  readonly dataset: string
  readonly engine: string
  /** How rows get from the dataset to the engine: `in place`, or `moved` by columns through this process. */
  readonly reads: 'in place' | 'moved'
  /** How rows get from the engine into the dataset; `no` for what is only read. */
  readonly writes: 'in place' | 'moved' | 'no'
  /** All rows of a step become visible in one act, and only after its checks. */
  readonly atomic: boolean
  /** Single partitions can be replaced. */
  readonly partitioned: boolean
  /** Earlier versions stay readable, and writers are told when they race. */
  readonly versioned: boolean
  /** An earlier version can be published again. */
  readonly restorable: boolean
  /** A statement stops when the run is interrupted. */
  readonly cancellable: boolean
}

export async function guaranteesOf(dataset: Dataset, engine: Engine): Promise<Guarantees> {
  const { write, partitioned, versioned, staging, restorable } = dataset.capabilities
  const way = engine.canScan(await dataset.emptyLocation()) ? 'in place' : 'moved'
  return {
    dataset: dataset.type,
    engine: engine.name,
    reads: way,
    writes: write ? way : 'no',
    atomic: write && staging,
    partitioned: write && partitioned,
    versioned,
    restorable,
    cancellable: engine.capabilities.cancellable,
  }
}

/** One row for each kind, with the assets that it holds for. */
export interface GuaranteesRow extends Guarantees {
  readonly assets: readonly string[]
}

export function groupGuarantees(
  all: readonly { readonly asset: string; readonly holds: Guarantees }[],
): readonly GuaranteesRow[] {
  return [...Map.groupBy(all, ({ holds }) => JSON.stringify(holds)).values()].map((group) => ({
    ...group[0]!.holds,
    assets: [...new Set(group.map(({ asset }) => asset))],
  }))
}
