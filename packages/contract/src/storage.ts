import { countPartitions as countBetween } from '@levada/core/spi'
import type { Contract, Field } from './model.ts'

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
  const dimensions = ({ partitions }: Asset): string =>
    JSON.stringify(partitions.map(({ start: _, end: __, values: ___, ...dimension }) => dimension))
  if (dimensions(old) !== dimensions(now)) return 'it is stored by other partitions'
  for (const column of now.columns) {
    const was = old.columns.find(({ name }) => name === column.name)
    if (!was) {
      if (!column.nullable) return `stored rows have no ${column.name}`
      continue
    }
    const problem = storedProblem(was, column)
    if (problem !== undefined) return `${column.name} ${problem}`
    if (was.unit !== column.unit && was.unit !== undefined) return `${column.name} was stored in ${was.unit}`
  }
  return undefined
}

/** What keeps stored values of an old field from being read as the new one. */
function storedProblem(old: Field, now: Field): string | undefined {
  if (old.nullable && !now.nullable) return 'may be NULL in stored rows'
  const [was, is] = [old.type, now.type]
  if (was.kind === 'enum' && is.kind === 'enum')
    return was.values.every((value) => is.values.includes(value)) ? undefined : 'has values that are gone'
  if (was.kind === 'enum' && is.kind === 'string') return undefined
  if (was.kind === 'int' && is.kind === 'float') return undefined
  if (was.kind !== is.kind) return 'was stored with another type'
  if (was.kind === 'decimal' && is.kind === 'decimal')
    return was.scale <= is.scale && was.precision - was.scale <= is.precision - is.scale
      ? undefined
      : 'was stored with other digits'
  if (was.kind === 'list' && is.kind === 'list') return storedProblem(was.item, is.item)
  if (was.kind === 'struct' && is.kind === 'struct') {
    for (const field of is.fields) {
      const stored = was.fields.find(({ name }) => name === field.name)
      // A field inside a stored struct is not made up.
      if (!stored) return `has no ${field.name} in stored rows`
      const problem = storedProblem(stored, field)
      if (problem !== undefined) return `.${field.name} ${problem}`
    }
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
