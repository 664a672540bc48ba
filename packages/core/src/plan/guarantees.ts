import type { Capability, Dataset, Denied } from '../dataset/index.ts'
import type { Engine } from '../engine/index.ts'

/** What holds for assets of one dataset type that one engine computes; all of it follows from their capabilities. */
export interface Guarantees {
  readonly dataset: string
  readonly engine: string
  /** How rows get from the dataset to the engine: `in place`, or `moved` by columns through this process. */
  readonly reads: 'in place' | 'moved'
  /** How rows get from the engine into the dataset. */
  readonly writes: 'in place' | 'moved' | Denied
  /** All rows of a step become visible in one act, and only after its checks. */
  readonly atomic: Capability
  /** Rows are kept; otherwise the query of the node is, and its rows follow its inputs. */
  readonly rows: Capability
  /** Single partitions can be replaced. */
  readonly partitioned: Capability
  /** Earlier versions stay readable, of the rows or, where none are kept, of the query; and writers are told when they race. */
  readonly versioned: Capability
  /** An earlier version can be published again, the rows or the query. */
  readonly restorable: Capability
  /** Rows are added without writing again what is there. */
  readonly append: Capability
  /** Several outputs of a step become visible in one act, where all are stored at one place; otherwise one after the other. */
  readonly together: Capability
  /** Rows are put in the place of those with the same key: the partitions in which these are, or all of them, are written again. */
  readonly merge: Capability
  /** A statement stops when the run is interrupted. */
  readonly cancellable: Capability
}

export async function guaranteesOf(dataset: Dataset, engine: Engine): Promise<Guarantees> {
  return guaranteesBy(dataset, engine, !engine.canScan(await dataset.emptyLocation()))
}

/** What holds, as one value for all datasets that can do the same. */
export function guaranteesOnce(): (dataset: Dataset, engine: Engine, moved: boolean) => Guarantees {
  const known: { capabilities: object; type: string; engine: Engine; moved: boolean; holds: Guarantees }[] =
    []
  return (dataset, engine, moved) => {
    const { capabilities, type } = dataset
    const found = known.find(
      (each) =>
        each.capabilities === capabilities &&
        each.type === type &&
        each.engine === engine &&
        each.moved === moved,
    )
    if (found) return found.holds
    const holds = guaranteesBy(dataset, engine, moved)
    // There are a few kinds; where each dataset says for itself what it can do, the latest are enough.
    known.unshift({ capabilities, type, engine, moved, holds })
    if (known.length > 16) known.pop()
    return holds
  }
}

function guaranteesBy(dataset: Dataset, engine: Engine, moved: boolean): Guarantees {
  const { write, rows, partitioned, versioned, staging, restorable, append, atomicGroup } =
    dataset.capabilities
  const way = moved ? 'moved' : 'in place'
  const elsewhere: Denied = {
    denied: `${dataset.type} keeps the query of a node, which engine '${engine.name}' cannot write there`,
  }
  return {
    dataset: dataset.type,
    engine: engine.name,
    reads: way,
    writes: write !== true ? write : rows !== true && way === 'moved' ? elsewhere : way,
    atomic: write === true ? staging : write,
    rows,
    partitioned: write === true ? partitioned : write,
    versioned,
    restorable,
    append: write === true ? append : write,
    together: write === true ? atomicGroup : write,
    merge: write !== true ? write : rows !== true ? rows : staging,
    cancellable: engine.capabilities.cancellable,
  }
}

/** The cells of a row of the table, by their heads, for people. Of what keeps no rows, versions are those of the query. */
export const guaranteeCells = (
  holds: Guarantees,
): Readonly<Record<string, Capability | 'in place' | 'moved' | 'query'>> => {
  const ofRows = (can: Capability): Capability | 'query' =>
    can === true && holds.rows !== true ? 'query' : can
  return {
    reads: holds.reads,
    writes: holds.writes,
    atomic: holds.atomic,
    rows: holds.rows,
    partitions: holds.partitioned,
    versions: ofRows(holds.versioned),
    restore: ofRows(holds.restorable),
    append: holds.append,
    together: holds.together,
    merge: holds.merge,
    cancel: holds.cancellable,
  }
}

/** Why something does not hold, with the heads that it is the reason for. */
export function denials(
  holds: Guarantees,
): readonly { readonly reason: string; readonly of: readonly string[] }[] {
  const all = Object.entries(guaranteeCells(holds)).flatMap(([of, value]) =>
    typeof value === 'object' ? [{ of, reason: value.denied }] : [],
  )
  return [...Map.groupBy(all, ({ reason }) => reason)].map(([reason, group]) => ({
    reason,
    of: group.map(({ of }) => of),
  }))
}

/** One row for each kind, with the assets that it holds for. */
export interface GuaranteesRow extends Guarantees {
  readonly assets: readonly string[]
}

export function groupGuarantees(
  all: readonly { readonly asset: string; readonly holds: Guarantees }[],
): readonly GuaranteesRow[] {
  const held = new Map<Guarantees, Set<string>>()
  for (const { asset, holds } of all) {
    const group = held.get(holds)
    if (group) group.add(asset)
    else held.set(holds, new Set([asset]))
  }
  return groupedGuarantees(held)
}

/** @param held assets by what holds for them; what is the same may be there more than once */
export function groupedGuarantees(held: ReadonlyMap<Guarantees, Iterable<string>>): readonly GuaranteesRow[] {
  return [...Map.groupBy(held, ([holds]) => JSON.stringify(holds)).values()].map((group) => ({
    ...group[0]![0],
    assets: group.length === 1 ? [...group[0]![1]] : [...new Set(group.flatMap(([, assets]) => [...assets]))],
  }))
}
