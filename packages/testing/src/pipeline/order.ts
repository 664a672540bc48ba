import type { AnyAsset } from '@levada/core'
import type { Row } from '../rows.ts'

/** Rows in the order of the key of their asset; without one, of all columns. SQL promises none. */
export function orderOf({ key, columns }: AnyAsset, rows: readonly Row[]): readonly Row[] {
  const names = key.length > 0 ? key : columns.map(({ name }) => name)
  return rows.toSorted((a, b) => {
    for (const name of names) {
      const order = compare(a[name], b[name])
      if (order !== 0) return order
    }
    return 0
  })
}

/** NULL comes first; lists, structs and JSON by their text. */
function compare(a: unknown, b: unknown): number {
  const [left, right] = [comparable(a), comparable(b)]
  if (left === right) return 0
  if (left === null || right === null) return left === null ? -1 : 1
  return left < right ? -1 : 1
}

function comparable(value: unknown): number | bigint | string | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string') return value
  return typeof value === 'boolean'
    ? Number(value)
    : JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner))
}
