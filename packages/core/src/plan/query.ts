import {
  dimensionsOf,
  partitionBounds,
  sinceOf,
  valuesOf,
  type AnyAsset,
  type PartitionKey,
} from '../asset/index.ts'
import type { BoundParam, Query, Relation } from '../engine/index.ts'
import type { Input, Inputs, Params, SqlSource } from '../pipeline/index.ts'
import { paramField, type AnySchema } from '../schema/index.ts'
import { readSql } from './sql-source.ts'

/** What a node's SQL is bound to. */
export interface QueryContext {
  readonly dialect: string
  /** The app's folder; paths in messages are relative to it. */
  readonly root: string
  /** Values of the pipeline's params; a missing one is bound as NULL of its type. */
  readonly params: Readonly<Record<string, unknown>>
  /** `$partition_start` and the like. */
  readonly bounds: Readonly<Record<string, BoundParam>>
  /** The rows of an asset as a node declares it: exactly its columns. */
  readonly scan: (asset: AnyAsset) => Relation
}

interface SqlOwner {
  readonly name: string
  readonly inputs: Inputs
  readonly params: Params
}

/** Makes queries of nodes and views. A view that is read twice is one relation. */
export function queryBuilder(context: QueryContext): {
  readonly relation: (input: Input) => Relation
  readonly query: (owner: SqlOwner, sql: SqlSource) => Query
} {
  const made = new Map<Input, Relation>()
  const relation = (input: Input): Relation => {
    const known = made.get(input)
    if (known) return known
    const built = input['~levada'] === 'view@1' ? query(input, input.sql) : context.scan(input)
    made.set(input, built)
    return built
  }
  const query = (owner: SqlOwner, sql: SqlSource): Query => ({
    kind: 'query',
    name: owner.name,
    sql: readSql(`'${owner.name}'`, sql, context.dialect, context.root),
    inputs: Object.fromEntries(
      Object.entries(owner.inputs).map(([alias, input]) => [alias, relation(input)]),
    ),
    params: { ...context.bounds, ...boundParams(owner, context.params) },
  })
  return { relation, query }
}

function boundParams(owner: SqlOwner, values: Readonly<Record<string, unknown>>): Record<string, BoundParam> {
  return Object.fromEntries(
    Object.entries(owner.params).map(([name, schema]) => {
      const { type } = paramField(schema as AnySchema, `param ${name} of '${owner.name}'`)
      return [name, { type, value: values[name] }]
    }),
  )
}

/**
 * `$partition_start` and `$partition_end` of the range of a step, half-open, of the first dimension of time, and
 * `$partition_start_<column>` for each, all of the type of their column; -infinity and infinity where nothing bounds them.
 * `$partition_values_<column>` is the list of those of a static dimension.
 */
export function boundsOf(
  asset: Pick<AnyAsset, 'columns' | 'partitions'> | undefined,
  partitions: readonly PartitionKey[] | undefined,
): Record<string, BoundParam> {
  const dimensions = asset ? dimensionsOf(asset) : []
  const times = dimensions.filter(({ kind }) => kind !== 'static')
  const lists = dimensions
    .filter(({ kind }) => kind === 'static')
    .map(({ column, type, values }): [string, BoundParam] => {
      const chosen = partitions ? valuesOf(column, partitions) : values!
      const isInt = type.kind === 'int'
      const item = { type: { kind: isInt ? 'int' : 'string' }, nullable: false } as const
      return [
        `partition_values_${column}`,
        { type: { kind: 'list', item }, value: isInt ? chosen.map(Number) : chosen },
      ]
    })
  return Object.fromEntries([
    ...lists,
    ...times.flatMap((dimension, i) => {
      const values = valuesOf(dimension.column, partitions ?? [])
      const { start, end } = partitionBounds(dimension, values[0], values.at(-1))
      const from = { type: dimension.type, value: start ?? '-infinity' }
      const to = { type: dimension.type, value: end ?? 'infinity' }
      const named: [string, BoundParam][] = [
        [`partition_start_${dimension.column}`, from],
        [`partition_end_${dimension.column}`, to],
      ]
      return i === 0 ? [['partition_start', from] as const, ['partition_end', to] as const, ...named] : named
    }),
  ])
}

/**
 * `$since` of an output that follows the rows that it had: the lowest value where all are made.
 * @param since what the node is given; the lowest value when left out
 */
export function sinceBound(
  outputs: readonly AnyAsset[],
  since?: string | number | bigint,
): Readonly<Record<string, BoundParam>> {
  const asset = outputs.find(({ incremental }) => incremental)
  if (!asset?.incremental) return {}
  const { by } = asset.incremental
  const { type } = asset.columns.find(({ name }) => name === by)!
  return { since: { type, value: since ?? sinceOf(asset.incremental, asset.columns, undefined) } }
}
