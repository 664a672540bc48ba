import type { AnyAsset } from '../asset/index.ts'
import { fieldFits, unitFits } from '../app/index.ts'
import type { Version } from '../dataset/index.ts'
import type { ResultColumn } from '../engine/index.ts'
import { didYouMean, LevadaError } from '../errors/index.ts'
import { fit, showColumn, showSqlType, showType, type Column } from '../schema/index.ts'

/** Stored partitions have to hold the columns that are read; one that is nullable reads as NULL where it is absent. @throws STALE_SCHEMA */
export function checkStored(
  declared: AnyAsset,
  { partitions }: Pick<Version, 'partitions'>,
  hint: string,
): void {
  const checked = new Set<readonly Column[]>()
  for (const { columns, key } of partitions) {
    if (checked.has(columns)) continue
    checked.add(columns)
    for (const column of declared.columns) {
      const stored = columns.find(({ name }) => name === column.name)
      if (
        stored
          ? fieldFits({ ...column, nullable: true }, stored, true) && unitFits(column, stored)
          : column.nullable || column.optional
      )
        continue
      const partition = Object.entries(key)
        .map(([name, value]) => `${name}=${value}`)
        .join(', ')
      throw new LevadaError(
        'STALE_SCHEMA',
        `'${declared.name}'${partition && ` (${partition} and maybe others)`} was written ${stored ? `with ${column.name}: ${showColumn(stored)}` : `without the column '${column.name}'`}; it is read as ${showColumn(column)}.`,
        { hint },
      )
    }
  }
}

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
