import { partitionText } from '@levada/core/run'
import { count } from './style.ts'

/** `partition day=2001-03-04`, or `90 partitions day=2001-01-01..2001-03-31`. */
export function partitionsText(keys: readonly Readonly<Record<string, string>>[]): string {
  const text = partitionText(Object.keys(keys[0] ?? {}), keys)
  return keys.length === 1 ? `partition ${text}` : `${count(keys.length)} partitions ${text}`
}
