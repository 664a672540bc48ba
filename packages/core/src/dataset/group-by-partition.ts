import { partitionAt, partitionId, type Grains, type PartitionKey } from '../asset/index.ts'
import type { Column } from '../schema/index.ts'
import type { Batch } from './dataset.ts'

/** The rows of one partition. */
export interface PartitionRows {
  readonly key: PartitionKey
  readonly rows: Batch
}

/** The partition of a row of a batch. */
export function partitionKeys(
  partitionBy: readonly string[],
  columns: readonly Column[],
  grains: Grains | undefined,
): (values: Batch['columns'], row: number) => PartitionKey {
  const dimensions = partitionBy.map((name) => ({
    name,
    at: columns.findIndex((column) => column.name === name),
    grain: grains?.[name],
  }))
  return (values, row) =>
    Object.fromEntries(
      dimensions.map(({ name, at, grain }) => {
        const text = String(values[at]![row])
        return [name, grain ? partitionAt(grain, timeOf(text)) : text]
      }),
    )
}

/** A date, timestamp or instant in the text of its type; of those without a zone as if in UTC. */
const timeOf = (text: string): number =>
  Date.parse(text.length === 10 || text.endsWith('Z') ? text : `${text}Z`)

/** All rows by their partitions, in memory: for datasets that store them themselves. Without dimensions, one partition when there are rows. */
export async function groupByPartition(
  partitionBy: readonly string[],
  columns: readonly Column[],
  batches: AsyncIterable<Batch>,
  grains?: Grains,
): Promise<readonly PartitionRows[]> {
  const keyOf = partitionKeys(partitionBy, columns, grains)
  const groups = new Map<string, { readonly key: PartitionKey; readonly values: unknown[][] }>()
  for await (const { length, columns: given } of batches) {
    for (let r = 0; r < length; r++) {
      const key = keyOf(given, r)
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
