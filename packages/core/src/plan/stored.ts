import {
  grainsOf,
  grainsText,
  partitionId,
  partitionText,
  type AnyAsset,
  type Grains,
  type PartitionKey,
} from '../asset/index.ts'
import { fieldFits, unitFits, type GraphAsset } from '../app/index.ts'
import type { StoredPartition, Version } from '../dataset/index.ts'
import type { ResultColumn } from '../engine/index.ts'
import { didYouMean, LevadaError, nearest } from '../errors/index.ts'
import { fit, showColumn, showSqlType, showType, type Column, type ColumnType } from '../schema/index.ts'
import { backfillCommand, runCommand } from './command.ts'
import { storedKeys } from './read-partitions.ts'

/**
 * Columns as they are read where Levada stored them: one that is younger than a partition has its provider's default there, or
 * NULL where that may stand.
 */
export const storedColumns = (columns: readonly Column[], provider: AnyAsset): readonly Column[] =>
  columns.map((column) => {
    const initial = provider.columns.find(({ name }) => name === column.name)?.default
    if (initial !== undefined) return { ...column, optional: true, default: initial }
    const typed = { ...column, type: storedType(column.type) }
    return column.nullable ? { ...typed, optional: true } : typed
  })

/** A field of an object that may be NULL may be absent where the object was stored without it. */
function storedType(type: ColumnType): ColumnType {
  if (type.kind === 'list') return { ...type, item: { ...type.item, type: storedType(type.item.type) } }
  if (type.kind !== 'struct') return type
  const fields = type.fields.map((field) => ({
    ...field,
    type: storedType(field.type),
    ...(field.nullable && { optional: true }),
  }))
  return { ...type, fields }
}

/** A column of almost the same name that is not declared any more. */
function renamed({ name }: Column, columns: readonly Column[], stored: readonly Column[]): string {
  const gone = stored.filter((each) => columns.every((column) => column.name !== each.name))
  const [near] = nearest(
    name,
    gone.map((each) => each.name),
  )
  return near === undefined ? '' : ` (what was stored has '${near}')`
}

/** What keeps a stored column from being read as one of `columns`, if anything. */
function problemOf(
  column: Column,
  stored: readonly Column[],
  columns: readonly Column[],
): string | undefined {
  const found = stored.find(({ name }) => name === column.name)
  if (found ? fieldFits(column, found, true) && unitFits(column, found) : column.optional) return undefined
  return found
    ? `with ${column.name}: ${showColumn(found)}; it is read as ${showColumn(column)}`
    : `without the column '${column.name}'; it is read as ${showColumn(column)}${renamed(column, columns, stored)}`
}

/** Whether what was stored with some columns can be read as others, as {@link storedColumns} has them. */
export const canRead = (columns: readonly Column[], { columns: stored }: StoredPartition): boolean =>
  columns.every((column) => problemOf(column, stored, columns) === undefined)

/** Whether a stored column has to be built again before it can stand beside what is written now: not when it is only absent. */
export const clashes = (columns: readonly Column[], { columns: stored }: StoredPartition): boolean =>
  columns.some(
    (column) =>
      stored.some(({ name }) => name === column.name) && problemOf(column, stored, columns) !== undefined,
  )

/** The partitions of a version that are read; all when nothing is said. */
export function partitionsAmong(
  { partitions }: Pick<Version, 'partitions'>,
  keys: readonly PartitionKey[] | undefined,
): readonly StoredPartition[] {
  if (!keys) return partitions
  const names = Object.keys(partitions[0]?.key ?? {})
  const read = new Set(storedKeys(names, partitions, keys).map((key) => partitionId(names, key)))
  return partitions.filter(({ key }) => read.has(partitionId(names, key)))
}

export interface StoredRead {
  /** As it is read. */
  readonly declared: AnyAsset
  readonly known: Pick<GraphAsset, 'role' | 'asset'>
  readonly env: string
  /** What has to be written in the same act as those that are stale. */
  readonly together?: readonly PartitionKey[]
}

/**
 * Stored partitions have to hold the columns that are read; one that is absent reads as its default or NULL, one of another type as
 * the type that is declared where every value of the old one is of it.
 * @throws STALE_SCHEMA with the partitions, what changed, and the ways out
 */
export function checkStored(
  { declared, known, env, together = [] }: StoredRead,
  partitions: readonly StoredPartition[],
): void {
  const columns = storedColumns(declared.columns, known.asset)
  const problems = new Map<readonly Column[], readonly string[]>()
  for (const { columns: stored } of partitions)
    if (!problems.has(stored))
      problems.set(
        stored,
        columns.flatMap((column) => problemOf(column, stored, columns) ?? []),
      )
  const stale = partitions.filter(({ columns: stored }) => problems.get(stored)!.length > 0)
  if (stale.length === 0) return
  const { name } = declared
  const names = Object.keys(stale[0]!.key)
  const keys = stale.map(({ key }) => key)
  const which = names.length === 0 ? '' : ` (${shown(names, keys, partitions.length)})`
  const what = new Set(stale.flatMap(({ columns: stored }) => problems.get(stored)!))
  throw new LevadaError('STALE_SCHEMA', `'${name}'${which} was written ${[...what].join(', and ')}.`, {
    hint: waysOut(
      { declared, known, env, together },
      names,
      keys,
      [...what].some((text) => text.startsWith('without')),
    ),
    details: { asset: name, partitions: keys.slice(0, 1000), changes: [...what] },
  })
}

/** `day=2026-01-01..2026-01-30, 30 of 31 partitions` */
function shown(names: readonly string[], keys: readonly PartitionKey[], all: number): string {
  const text = partitionText(names, keys)
  return all === 1 ? text : `${text}, ${keys.length} of ${all} partitions`
}

/** More than these are built in chunks. */
const mostAtOnce = 30

function waysOut(
  { declared: { name }, known: { role }, env, together = [] }: StoredRead,
  names: readonly string[],
  keys: readonly PartitionKey[],
  isAbsent: boolean,
): string {
  if (role !== 'asset')
    return 'Ask its owner to build it again, or install the version of the package that it was built with.'
  const partition = names.length > 0 ? partitionText(names, [...keys, ...together]) : undefined
  const isMany = partition !== undefined && together.length === 0 && keys.length > mostAtOnce
  const command = isMany ? backfillCommand(name, env, partition) : runCommand(name, env, partition)
  const instead = isAbsent ? 'let the column be nullable() or give it a default(…)' : 'declare what is stored'
  return `Build ${names.length > 0 ? 'them' : 'it'} again: ${command}; or ${instead}.`
}

/** Single partitions can be read, and replaced, of what is stored in the same ones. @throws STALE_SCHEMA */
export function checkGrains(
  asset: AnyAsset,
  { grains, partitions }: Pick<Version, 'grains' | 'partitions'>,
  env: string,
): void {
  const [first] = partitions
  if (!first) return
  const names = Object.keys(first.key)
  const columns = asset.partitions.map(({ column }) => column)
  if (names.length === columns.length && grainsText(grains, names) === grainsText(grainsOf(asset), columns))
    return
  const was = shownAs(names, grains)
  const is = shownAs(columns, grainsOf(asset))
  throw new LevadaError('STALE_SCHEMA', `'${asset.name}' is stored ${was}, and declared ${is}.`, {
    hint: `Build all of it again: ${runCommand(asset.name, env)}`,
  })
}

/** `monthly by month, by region`: days of dates are values like others. */
const shownAs = (names: readonly string[], grains: Grains | undefined): string =>
  names.length === 0
    ? 'in one piece'
    : names
        .toSorted()
        .map((name) => {
          const { kind, timeZone, offset } = grains?.[name] ?? {}
          if (kind === undefined) return `by ${name}`
          const more = [timeZone, offset && `offset ${offset}`].filter(Boolean).join(', ')
          return `${kind} by ${name}${more && ` (${more})`}`
        })
        .join(', ')

/** A table that Levada did not write has to have the columns that are read. @throws SOURCE_SCHEMA */
export function checkTable(declared: AnyAsset, address: string, found: readonly ResultColumn[]): void {
  const given = found.map(({ name }) => name)
  for (const column of declared.columns) {
    const there = found.find(({ name }) => name === column.name)
    if (there ? fit(there.type, column.type) !== 'refused' : column.optional) continue
    throw new LevadaError(
      'SOURCE_SCHEMA',
      there
        ? `'${declared.name}' in ${address}: column '${column.name}' is ${showSqlType(there.type)}, expected ${showType(column.type)}.`
        : `'${declared.name}' in ${address} has no column '${column.name}'; there are ${given.join(', ') || 'none'}.${didYouMean(column.name, given)}`,
    )
  }
}
