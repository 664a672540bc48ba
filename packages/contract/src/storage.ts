import { countPartitions as countBetween, fieldFits, showField, unitFits } from '@levada/core/spi'
import type { Contract } from './model.ts'
import { partitionCut } from './partitioning.ts'

type Asset = Contract['provides'][string]

/** Partitions of an asset that have to be written anew before it can be read by its new contract. */
export interface StorageVerdict {
  readonly asset: string
  /** How many may exist, where the contract bounds them; otherwise what is stored says it. */
  readonly partitions: number | 'all'
  readonly reason: string
}

/** What stored rows of the old contract lack under the new one. A NULL that a reader tolerates needs nothing. */
export function storageOf(old: Contract['provides'], now: Contract['provides']): readonly StorageVerdict[] {
  return Object.entries(now).flatMap(([asset, is]) => {
    const was = old[asset]
    const reason = was && reasonFor(was, is)
    return reason === undefined ? [] : [{ asset, partitions: countPartitions(is.partitions), reason }]
  })
}

function reasonFor(old: Asset, now: Asset): string | undefined {
  const dimensions = ({ partitions }: Asset): string => JSON.stringify(partitions.map(partitionCut))
  if (dimensions(old) !== dimensions(now)) return 'it is stored by other partitions'
  for (const column of now.columns) {
    const was = old.columns.find(({ name }) => name === column.name)
    if (!was) {
      // Rows that are older read as NULL, or have the default.
      if (!column.nullable && column.default === undefined) return `stored rows have no ${column.name}`
      continue
    }
    const { name } = column
    if (!unitFits(column, was)) return `${name} was stored in ${was.unit}`
    if (fieldFits(column, was, true)) continue
    return fieldFits({ ...column, nullable: true }, was, true)
      ? `${name} may be NULL in stored rows`
      : `${name} was stored as ${showField(was)}`
  }
  return undefined
}

function countPartitions(partitions: Asset['partitions']): number | 'all' {
  const counts = partitions.map(({ kind, start, end, values, timeZone }) => {
    if (kind === 'static') return values?.length ?? Number.NaN
    return start === undefined || end === undefined
      ? Number.NaN
      : countBetween({ kind, ...(timeZone !== undefined && { timeZone }) }, start, end) - 1
  })
  const product = counts.reduce((all, each) => all * each, 1)
  return counts.length > 0 && Number.isFinite(product) ? product : 'all'
}
