import type { Dataset, Location, Version } from '../dataset/index.ts'
import type { Relation } from '../engine/index.ts'
import type { Column } from '../schema/index.ts'

/**
 * The rows at a location of a dataset as a relation. In what Levada stored (`version`), a nullable column may be younger
 * than a partition: it reads as NULL there.
 */
export function relationAt(
  dataset: Dataset,
  location: Location,
  columns: readonly Column[],
  version: Version | undefined,
): Relation {
  const read = version
    ? columns.map((column) => (column.nullable ? { ...column, optional: true } : column))
    : columns
  if (!dataset.read) return { kind: 'scan', location, columns: read }
  const batches = dataset.read.bind(dataset)
  return { kind: 'batches', columns: read, batches: () => batches(location, read) }
}
