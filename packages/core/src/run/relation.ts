import type { Dataset, Location, Version } from '../dataset/index.ts'
import type { Engine, Relation } from '../engine/index.ts'
import { LevadaError } from '../errors/index.ts'
import type { Column } from '../schema/index.ts'

/**
 * The rows at a location of a dataset as a relation: scanned by the engine, or moved by the dataset where the engine
 * cannot. In what Levada stored (`version`), a nullable column may be younger
 * than a partition: it reads as NULL there.
 * @throws NOT_SUPPORTED
 */
export function relationAt(
  engine: Engine,
  dataset: Dataset,
  location: Location,
  columns: readonly Column[],
  version: Version | undefined,
): Relation {
  const read = version
    ? columns.map((column) => (column.nullable ? { ...column, optional: true } : column))
    : columns
  if (engine.canScan(location)) return { kind: 'scan', location, columns: read }
  if (!dataset.read) {
    throw new LevadaError(
      'NOT_SUPPORTED',
      `Engine '${engine.name}' cannot read ${dataset.type} ${dataset.address}.`,
    )
  }
  const batches = dataset.read.bind(dataset)
  return { kind: 'batches', columns: read, batches: () => batches(location, read) }
}
