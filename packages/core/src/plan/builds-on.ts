import { sinceOf, type AnyAsset, type PartitionKey } from '../asset/index.ts'
import type { GraphNode } from '../app/index.ts'
import type { Fingerprint, Version } from '../dataset/index.ts'
import type { Reason } from './reason.ts'

/** Whether a step may add to what is stored: it was computed as it would be now, and all of it is asked for. */
export function buildsOn(
  {
    partitions,
    reasons,
  }: { readonly partitions: readonly PartitionKey[] | undefined; readonly reasons: readonly Reason[] },
  { node }: GraphNode,
  head: Version | undefined,
  now: Fingerprint,
): head is Version {
  if (!head?.whole || head.watermark === undefined || partitions) return false
  const { work } = node
  // Packages count for TypeScript: SQL is computed by an engine, whose type is told.
  const parts = ({ code, schema, engine, params, packages }: Fingerprint): unknown =>
    work.kind === 'sql' || work.version !== undefined
      ? [code, schema, engine, params]
      : [code, schema, engine, params, packages]
  return (
    reasons.every(({ kind }) => kind !== 'forced') &&
    JSON.stringify(parts(head.whole.fingerprint)) === JSON.stringify(parts(now))
  )
}

/** What a step adds to an output, for people; nothing when it makes all rows. */
export interface Follows {
  readonly kind: 'append' | 'merge'
  /** `$since`; 64-bit integers as text. */
  readonly since: string | number
}

export function followsOf({ incremental, columns }: AnyAsset, { watermark }: Version): Follows {
  const since = sinceOf(incremental!, columns, watermark)
  return { kind: incremental!.kind, since: typeof since === 'bigint' ? String(since) : since }
}
