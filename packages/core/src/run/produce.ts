import { partitionId, partitionText, type AnyAsset, type PartitionKey } from '../asset/index.ts'
import { leafAssets, type GraphNode } from '../app/index.ts'
import type { Written } from '../dataset/index.ts'
import type { Engine, EngineSession, Query, Relation } from '../engine/index.ts'
import { isLevadaError, LevadaError, placed, throwAll } from '../errors/index.ts'
import { boundsOf, queryBuilder, sinceBound, type Step } from '../plan/index.ts'
import type { RunContext } from './context.ts'
import { runFunction } from './function-node.ts'
import { atNode } from './node-place.ts'
import { namingAsset, type OutputTarget } from './output.ts'
import { writeBatches } from './relation.ts'
import { resultProblems } from './result-fit.ts'
import { unchecked } from './unchecked.ts'

export interface Production {
  readonly context: RunContext
  readonly step: Step
  readonly node: GraphNode
  readonly engine: Engine
  readonly session: EngineSession
  readonly writes: readonly OutputTarget[]
  /** The rows that the node reads of an asset, as it declares it. */
  readonly input: (asset: AnyAsset) => Promise<Relation>
  /** `$since` of an incremental output; the lowest value when left out. */
  readonly since?: string | number | bigint
  /** An SQL node: which of its rows are written, as a condition over the columns of the output. */
  readonly limit?: string
}

/** Runs the node itself, so that its rows stand in the targets. */
export async function produce(production: Production): Promise<readonly Written[]> {
  try {
    return await made(production)
  } catch (error) {
    if (!isLevadaError(error) || error.code !== 'ROW_INVALID') throw error
    throw placed(error, atNode(production.node, production.context.appDir).place)
  }
}

async function made({
  context,
  step,
  node,
  engine,
  session,
  writes,
  input,
  since,
  limit,
}: Production): Promise<readonly Written[]> {
  const inputs = Object.values(node.node.inputs)
  const relations = new Map<AnyAsset, Relation>()
  for (const asset of leafAssets(inputs)) relations.set(asset, await input(asset))
  const partitioned = writes.find(({ asset }) => asset.partitions.length > 0)?.asset
  const builder = queryBuilder({
    dialect: engine.dialect.name,
    root: context.appDir,
    params: context.params[node.pipeline] ?? {},
    bounds: {
      ...boundsOf(partitioned, step.partitions),
      ...sinceBound(Object.values(node.node.outputs), since),
    },
    scan: (asset) => relations.get(asset)!,
  })
  const { work } = node.node
  if (work.kind === 'function')
    return runFunction({ context, step, node, engine, writes, since, relation: builder.relation })
  const { asset, dataset, target } = writes[0]!
  const own = builder.query(node.node, work.sql)
  throwAll(resultProblems(own, await session.bind(own), asset))
  const query = limit === undefined ? own : limited(own, asset, engine, limit)
  const { signal } = context
  if (engine.canWrite(target))
    return [await namingAsset(asset, () => session.write(query, asset.columns, target, { signal }))]
  const columns = asset.columns.map(unchecked)
  const cursor = await session.read(query, columns, { signal })
  const { engines } = context
  return [
    await namingAsset(asset, () => writeBatches(engines, dataset, target, columns, cursor.batches(), signal)),
  ]
}

/** Some rows of a query, of which the asset's columns are known to be there. */
function limited(query: Query, { columns }: AnyAsset, { dialect }: Engine, limit: string): Query {
  const list = columns.map(({ name }) => dialect.identifier(name)).join(', ')
  const text = `select ${list} from made where ${limit}`
  const sql = { text, file: query.sql.file, line: 1, column: 1 }
  return { kind: 'query', name: query.name, sql, inputs: { made: query }, params: {}, trusted: true }
}

/** @throws ROW_OUT_OF_RANGE */
export function checkRange(
  { node, context, step: { partitions } }: Pick<Production, 'node' | 'context' | 'step'>,
  asset: AnyAsset,
  written: Written,
): void {
  const names = asset.partitions.map(({ column }) => column)
  const asked = partitions && new Set(partitions.map((key) => partitionId(names, key)))
  const outside = written.partitions.filter(({ key }) =>
    asked
      ? names.length > 0 && !asked.has(partitionId(names, key))
      : asset.partitions.some(({ column, start, end, values }) => {
          const value = key[column]!
          return (
            (start !== undefined && value < start) ||
            (end !== undefined && value >= end) ||
            values?.includes(value) === false
          )
        }),
  )
  if (outside.length === 0) return
  const rows = outside.reduce((sum, { rows: n }) => sum + n, 0)
  const lie = rows === 1 ? '1 row' : `${rows} rows`
  const some = outside.slice(0, 3).map(({ key }) => partitionId(names, key))
  const range = partitions ? partitionText(names, partitions) : 'the bounds of its partitions'
  throw new LevadaError(
    'ROW_OUT_OF_RANGE',
    `${lie} of '${asset.name}' ${rows === 1 ? 'lies' : 'lie'} outside ${range}: ${some.join(', ')}${outside.length > 3 ? ' …' : ''}.`,
    { ...rangeHint(node, asset, outside, partitions), ...atNode(node, context.appDir) },
  )
}

/** What keeps such rows away; nothing where that is a matter of time in SQL. */
function rangeHint(
  { node: { work } }: GraphNode,
  { name, partitions: dimensions }: AnyAsset,
  outside: Written['partitions'],
  asked: readonly PartitionKey[] | undefined,
): { readonly hint?: string } {
  for (const { column, values } of dimensions) {
    const found = values && [...new Set(outside.map(({ key }) => key[column]!))]
    const unknown = found?.filter((value) => !values!.includes(value)) ?? []
    if (unknown.length > 0)
      return {
        hint: `Leave such rows out in the node, or add ${unknown.map((value) => `'${value}'`).join(', ')} to the values of '${column}' where '${name}' declares its partitions.`,
      }
    const isAsked = (value: string): boolean => !asked || asked.some((key) => key[column] === value)
    if (work.kind === 'sql' && found && !found.every(isAsked))
      return { hint: `Filter by it in the node: where ${column} = any($partition_values_${column}).` }
  }
  return work.kind === 'function'
    ? { hint: 'Write only the rows of the partitions that the node is given as `partitions`.' }
    : {}
}
