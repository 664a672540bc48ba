import type { Engines } from '../catalog/index.ts'
import type { Batch, Dataset, Location, WriteTarget, Written } from '../dataset/index.ts'
import type { Engine, Query, Relation, Signal } from '../engine/index.ts'
import { LevadaError } from '../errors/index.ts'
import type { Column } from '../schema/index.ts'

/** Who reads, and until when. */
export interface Reader {
  readonly engines: Pick<Engines, 'find'>
  readonly engine: Engine
  readonly signal?: Signal | undefined
}

/**
 * The rows at a location of a dataset as a relation: scanned by the engine, or moved by the dataset or another engine where
 * it cannot, by columns and in bounded memory.
 * @throws NOT_SUPPORTED
 */
export async function relationAt(
  { engines, engine, signal }: Reader,
  dataset: Pick<Dataset, 'type' | 'address' | 'read'>,
  location: Location,
  columns: readonly Column[],
): Promise<Relation> {
  if (engine.canScan(location)) return { kind: 'scan', location, columns }
  if (dataset.read) {
    const batches = dataset.read.bind(dataset)
    return { kind: 'batches', columns, batches: () => batches(location, columns) }
  }
  const other = await engines.find((each) => each.canScan(location))
  if (other) return { kind: 'batches', columns, batches: () => scanned(other, location, columns, signal) }
  throw new LevadaError(
    'NOT_SUPPORTED',
    `Engine '${engine.name}' cannot read ${dataset.type} ${dataset.address}, nor can another engine of the app.`,
  )
}

async function* scanned(
  engine: Engine,
  location: Location,
  columns: readonly Column[],
  signal: Signal | undefined,
): AsyncGenerator<Batch> {
  await using session = await engine.open()
  yield* (await session.read({ kind: 'scan', location, columns }, columns, { signal })).batches()
}

/**
 * Writes rows that come by columns into a target that the step's engine cannot write: the dataset does, or another engine.
 * @throws NOT_SUPPORTED
 */
export async function writeBatches(
  engines: Pick<Engines, 'find'>,
  dataset: Pick<Dataset, 'type' | 'address' | 'append'>,
  target: WriteTarget,
  columns: readonly Column[],
  batches: AsyncIterable<Batch>,
  signal: Signal,
): Promise<Written> {
  if (dataset.append) return dataset.append(target, columns, batches)
  const engine = await engines.find((each) => each.canWrite(target))
  if (!engine)
    throw new LevadaError(
      'NOT_SUPPORTED',
      `No engine of the app can write ${dataset.type} ${dataset.address}.`,
    )
  await using session = await engine.open()
  const query: Query = {
    kind: 'query',
    name: 'rows of another engine',
    sql: { text: 'select * from moved', file: 'moved', line: 1, column: 1 },
    inputs: { moved: { kind: 'batches', columns, batches: () => batches } },
    params: {},
    trusted: true,
  }
  return await session.write(query, columns, target, { signal })
}
