import { grainsOf, partitionId, type AnyAsset, type PartitionKey } from '../asset/index.ts'
import { partitionKeys, type Batch, type Dataset, type Location, type Written } from '../dataset/index.ts'
import type { OutputTarget } from './output.ts'
import type { Row } from './rows.ts'

/** Rows that a node makes to be looked at: held in memory, never published. */
export interface Scratch extends OutputTarget {
  readonly dataset: Pick<Dataset, 'type' | 'address' | 'append' | 'read'>
  readonly location: Location
  rows(limit: number): readonly Row[]
  /** How many rows the node made, as far as they were read. */
  readonly count: number
  /** The node made more than are held. */
  readonly cut: boolean
}

/**
 * An output that nobody else sees. No engine scans or writes memory, so its rows come and go by columns.
 * @param most how many rows are held
 * @param stop whether to stop reading there; a node that writes its rows itself cannot be stopped
 */
export function scratchOutput(asset: AnyAsset, most: number, stop: boolean): Scratch {
  const { columns } = asset
  const location = { kind: 'memory', id: `rows of ${asset.name}` } as const
  const partitionBy = asset.partitions.map(({ column }) => column)
  const held: Batch[] = []
  let count = 0
  let cut = false

  async function append(batches: AsyncIterable<Batch>): Promise<Written> {
    const counts = partitionCounts(asset, partitionBy)
    for await (const batch of batches) {
      const room = Math.max(0, most - count)
      count += batch.length
      counts.add(batch)
      cut ||= batch.length > room
      held.push({
        length: Math.min(room, batch.length),
        columns: batch.columns.map((values) => values.slice(0, room)),
      })
      if (cut && stop) break
    }
    return { rows: count, sizeBytes: 0, files: [], partitions: counts.list() }
  }
  return {
    asset,
    location,
    target: { ...location, partitionBy },
    dataset: {
      type: 'memory',
      address: location.id,
      append: (_target, _columns, batches) => append(batches),
      async *read() {
        yield* held
      },
    },
    rows(limit) {
      const rows: Row[] = []
      for (const { length, columns: values } of held)
        for (let r = 0; r < length && rows.length < limit; r++)
          rows.push(Object.fromEntries(columns.map(({ name }, c) => [name, values[c]![r]])))
      return rows
    },
    get count() {
      return count
    },
    get cut() {
      return cut
    },
  }
}

function partitionCounts(
  asset: AnyAsset,
  partitionBy: readonly string[],
): { add(batch: Batch): void; list(): Written['partitions'] } {
  const { columns } = asset
  const grains = grainsOf(asset)
  const keyOf = partitionKeys(partitionBy, columns, grains)
  const found = new Map<string, { key: PartitionKey; rows: number; sizeBytes: number }>()
  return {
    add(batch) {
      for (let r = 0; r < batch.length; r++) {
        const key = keyOf(batch.columns, r)
        const id = partitionId(partitionBy, key)
        const known = found.get(id) ?? { key, rows: 0, sizeBytes: 0 }
        known.rows++
        found.set(id, known)
      }
    },
    list: () => [...found.values()],
  }
}
