import { partitionId, type PartitionKey } from '../asset/index.ts'
import type { Column } from '../schema/index.ts'
import type { Batch } from './dataset.ts'

/** The rows of one partition. */
export interface PartitionRows {
  readonly key: PartitionKey
  readonly rows: Batch
}

/** All rows by their partitions, in memory: for datasets that store them themselves. Without dimensions, one partition when there are rows. */
export async function groupByPartition(
  partitionBy: readonly string[],
  columns: readonly Column[],
  batches: AsyncIterable<Batch>,
): Promise<readonly PartitionRows[]> {
  const at = partitionBy.map((name) => columns.findIndex((column) => column.name === name))
  const groups = new Map<string, { readonly key: PartitionKey; readonly values: unknown[][] }>()
  for await (const { length, columns: given } of batches) {
    for (let r = 0; r < length; r++) {
      const key = Object.fromEntries(partitionBy.map((name, i) => [name, String(given[at[i]!]![r])]))
      const id = partitionId(partitionBy, key)
      const group = groups.get(id) ?? { key, values: columns.map(() => []) }
      groups.set(id, group)
      group.values.forEach((values, c) => values.push(given[c]![r]))
    }
  }
  return [...groups.values()].map(({ key, values }) => ({
    key,
    rows: { length: values[0]?.length ?? 0, columns: values },
  }))
}
