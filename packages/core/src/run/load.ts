import type { AnyAsset, PartitionKey } from '../asset/index.ts'
import type { Graph } from '../app/index.ts'
import type { Catalog, Engines } from '../catalog/index.ts'
import type { Batch, Dataset, Location, Version } from '../dataset/index.ts'
import type { Engine, Relation } from '../engine/index.ts'
import { LevadaError } from '../errors/index.ts'
import {
  checkGrains,
  checkRequest,
  checkStored,
  partitionsAmong,
  partitionsFor,
  runCommand,
  storedColumns,
  type PartitionRequest,
  type Reading,
} from '../plan/index.ts'
import type { Column } from '../schema/index.ts'
import { eachRow } from './each-row.ts'
import { withRebuildHint } from './managed.ts'
import { relationAt } from './relation.ts'
import { collectRows } from './rows.ts'

/** What reading assets outside of a run needs. */
export interface ReadContext {
  readonly catalog: Catalog
  readonly engines: Engines
  readonly reading: Reading
  readonly graph: Graph
  readonly env: string
}

/** An asset that can be read: its current version, or some partitions of it. */
export interface LoadedAsset<R> {
  readonly columns: readonly Column[]
  /** @throws NOT_MATERIALIZED, STALE_SCHEMA, DATA_MISSING */
  rows(options?: { readonly limit?: number }): Promise<R[]>
  /** All rows, streamed. */
  stream(): AsyncIterable<R>
  batches(): AsyncIterable<Batch>
  count(): Promise<number>
  /** Where the rows are; of files, their paths. */
  location(): Promise<Location>
  /** Undefined for datasets without versions. */
  version(): Promise<Version | undefined>
  /** Those that are read, whether they are stored or not; undefined for all. @throws PARTITION_UNKNOWN */
  partitions(): Promise<readonly PartitionKey[] | undefined>
}

/** Where an asset's rows are now. @throws NOT_MATERIALIZED, DATA_MISSING */
async function stored(
  { reading, graph, env }: ReadContext,
  asset: AnyAsset,
  partition: PartitionRequest | undefined,
): Promise<{
  dataset: Dataset
  location: Location
  version: Version | undefined
  partitions: readonly PartitionKey[] | undefined
}> {
  const { dataset } = await reading.find(asset.name)
  const known = graph.assets.get(asset.name)!
  const version = await dataset.head()
  if (known.role !== 'source' && !version && !(await dataset.exists())) {
    throw new LevadaError('NOT_MATERIALIZED', `'${asset.name}' has not been built in environment '${env}'.`, {
      hint: `Build it first: ${runCommand(`+${asset.name}`, env)}`,
    })
  }
  if (partition !== undefined) checkRequest(partition, [known.asset])
  const partitions = partition === undefined ? undefined : partitionsFor(partition, [known.asset])
  if (version && partitions) checkGrains(known.asset, version, env)
  return { dataset, version, partitions, location: await dataset.locate(version, partitions) }
}

/** The rows of an asset for an engine. @throws NOT_MATERIALIZED, STALE_SCHEMA, DATA_MISSING, NOT_SUPPORTED */
export async function relationOf(
  context: ReadContext,
  engine: Engine,
  asset: AnyAsset,
  partition?: PartitionRequest,
): Promise<Relation> {
  const { dataset, location, version, partitions } = await stored(context, asset, partition)
  const known = context.graph.assets.get(asset.name)!
  if (version) checkStored({ declared: asset, known, env: context.env }, partitionsAmong(version, partitions))
  const columns = version ? storedColumns(asset.columns, known.asset) : asset.columns
  return relationAt({ engines: context.reading.engines, engine }, dataset, location, columns)
}

export function loadAsset(
  context: ReadContext,
  asset: AnyAsset,
  partition: PartitionRequest | undefined,
): LoadedAsset<unknown> {
  const { columns } = asset
  const open = async () => {
    const engine = await context.engines.get(context.engines.nameFor(asset.name))
    const relation = await relationOf(context, engine, asset, partition)
    return { relation, session: await engine.open() }
  }
  const query = async (text: string, result: readonly Column[]) => {
    const { relation, session } = await open()
    await using _ = session
    const sql = { text, file: `rows of ${asset.name}`, line: 1, column: 1 }
    return await collectRows(
      await session.read(
        { kind: 'query', name: asset.name, sql, inputs: { rows: relation }, params: {} },
        result,
      ),
    )
  }
  return {
    columns,
    rows: ({ limit } = {}) =>
      withRebuildHint(context, () =>
        query(
          `select * from "rows"${limit === undefined ? '' : ` limit ${Math.max(0, Math.trunc(limit))}`}`,
          columns,
        ),
      ),
    stream: () =>
      eachRow(async function* () {
        const { relation, session } = await open()
        await using _ = session
        yield* (await session.read(relation, columns)).rows()
      }),
    async *batches() {
      const { relation, session } = await open()
      await using _ = session
      yield* (await session.read(relation, columns)).batches()
    },
    async count() {
      const [row] = await query('select count(*) as n from "rows"', [
        { name: 'n', type: { kind: 'int' }, nullable: false },
      ])
      return row!['n'] as number
    },
    location: async () => (await stored(context, asset, partition)).location,
    version: async () => (await stored(context, asset, partition)).version,
    partitions: async () => (await stored(context, asset, partition)).partitions,
  }
}
