import {
  partitionBounds,
  valuesOf,
  type AnyAsset,
  type Bounds,
  type Partition,
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
 * `$partition_start` and `$partition_end` of the range of a step, half-open, of the first dimension, and `$partition_start_<column>` for
 * each; -infinity and infinity where nothing bounds them. None for assets without partitions.
 */
export function boundsOf(
  dimensions: readonly Partition[],
  partitions: readonly PartitionKey[] | undefined,
): Record<string, BoundParam> {
  const type = { kind: 'date' } as const
  return Object.fromEntries(
    dimensions.flatMap((dimension, i) => {
      const { start, end } = rangeBounds(dimension, partitions)
      const from = { type, value: start ?? '-infinity' }
      const to = { type, value: end ?? 'infinity' }
      const named: [string, BoundParam][] = [
        [`partition_start_${dimension.column}`, from],
        [`partition_end_${dimension.column}`, to],
      ]
      return i === 0 ? [['partition_start', from] as const, ['partition_end', to] as const, ...named] : named
    }),
  )
}

/** The bounds of what some partitions span in one dimension. */
function rangeBounds(dimension: Partition, partitions: readonly PartitionKey[] | undefined): Bounds {
  const values = valuesOf(dimension.column, partitions ?? [])
  return partitionBounds(dimension, values[0], values.at(-1))
}
