import type { AnyAsset } from '../asset/index.ts'
import { fieldFits } from '../app/index.ts'
import type { Version } from '../dataset/index.ts'
import { LevadaError } from '../errors/index.ts'
import { showField, type Column } from '../schema/index.ts'

/** Stored partitions have to hold the columns that are read; one that is nullable reads as NULL where it is absent. @throws STALE_SCHEMA */
export function checkStored(declared: AnyAsset, version: Version, hint: string): void {
  const checked = new Set<readonly Column[]>()
  for (const { columns, key } of version.partitions) {
    if (checked.has(columns)) continue
    checked.add(columns)
    for (const column of declared.columns) {
      const stored = columns.find(({ name }) => name === column.name)
      if (stored ? fieldFits({ ...column, nullable: true }, stored) : column.nullable || column.optional)
        continue
      const partition = Object.entries(key)
        .map(([name, value]) => `${name}=${value}`)
        .join(', ')
      throw new LevadaError(
        'STALE_SCHEMA',
        `'${declared.name}'${partition && ` (${partition} and maybe others)`} was written ${stored ? `with ${column.name}: ${showField(stored)}` : `without the column '${column.name}'`}; it is read as ${showField(column)}.`,
        { hint },
      )
    }
  }
}
