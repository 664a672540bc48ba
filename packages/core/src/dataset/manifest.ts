import type { PartitionKey } from '../asset/index.ts'
import { LevadaError } from '../errors/index.ts'
import type { Column } from '../schema/index.ts'
import type { StoredPartition } from './dataset.ts'
import type { FileFormat, FormatOptions } from './location.ts'
import type { StoredVersion } from './publish.ts'

/** How files are to be read. A partition keeps the one that it was written with. */
export interface Encoding {
  readonly format: FileFormat
  readonly options: FormatOptions
}

export interface FilePartition extends StoredPartition {
  readonly encoding: Encoding
  /** Relative to the folder of the version that wrote them. */
  readonly files: readonly string[]
}

/** A version with its files. */
export type Manifest = StoredVersion<FilePartition>

/** What a manifest holds as JSON. Partitions name their columns and encoding by index: 182 of them take 28 KB. */
interface ManifestFile extends Omit<Manifest, 'partitions' | 'columns'> {
  readonly format: number
  readonly asset: string
  readonly columns: number
  readonly schemas: readonly (readonly Column[])[]
  readonly encodings: readonly Encoding[]
  readonly partitions: readonly {
    readonly key: PartitionKey
    readonly rows: number
    readonly sizeBytes: number
    readonly version: string
    readonly columns: number
    readonly encoding: number
    readonly files: readonly string[]
  }[]
}

const format = 1

/** Numbers values by content. Values that are the same object, most of them, are not compared again. */
function numbering<T>(): { readonly list: readonly T[]; readonly indexOf: (value: T) => number } {
  const list: T[] = []
  const known = new Map<T | string, number>()
  const indexOf = (value: T): number => {
    const same = known.get(value)
    if (same !== undefined) return same
    const text = JSON.stringify(value)
    const index = known.get(text) ?? list.push(value) - 1
    known.set(value, index).set(text, index)
    return index
  }
  return { list, indexOf }
}

/** @param asset names the asset for people who look at the file */
export function encodeManifest(asset: string, manifest: Manifest): string {
  const schemas = numbering<readonly Column[]>()
  const encodings = numbering<Encoding>()
  const { partitions, columns, ...rest } = manifest
  const file: ManifestFile = {
    format,
    asset,
    ...rest,
    columns: schemas.indexOf(columns),
    partitions: partitions.map((partition) => ({
      ...partition,
      columns: schemas.indexOf(partition.columns),
      encoding: encodings.indexOf(partition.encoding),
    })),
    schemas: schemas.list,
    encodings: encodings.list,
  }
  return JSON.stringify(file)
}

/** @throws MANIFEST_DAMAGED, NOT_SUPPORTED when a newer Levada wrote it */
export function decodeManifest(path: string, text: string): Manifest {
  let file: ManifestFile
  try {
    file = JSON.parse(text) as ManifestFile
    if (!(file.format > format)) return manifestOf(file)
  } catch (cause) {
    throw new LevadaError(
      'MANIFEST_DAMAGED',
      `The manifest ${path} cannot be read: ${(cause as Error).message}`,
      { cause },
    )
  }
  throw new LevadaError(
    'NOT_SUPPORTED',
    `The manifest ${path} has format ${file.format}; this version of Levada knows ${format}.`,
    {
      hint: 'A newer Levada wrote it: upgrade @levada/core.',
    },
  )
}

function manifestOf({
  format: _format,
  asset: _asset,
  schemas,
  encodings,
  partitions,
  columns,
  ...rest
}: ManifestFile): Manifest {
  const at = <T>(list: readonly T[], index: number): T => {
    const value = list[index]
    if (value === undefined) throw new TypeError('it is not complete')
    return value
  }
  if (typeof rest.id !== 'string' || !Number.isInteger(rest.number)) throw new TypeError('it is not complete')
  return {
    ...rest,
    columns: at(schemas, columns),
    partitions: partitions.map((partition) => ({
      ...partition,
      columns: at(schemas, partition.columns),
      encoding: at(encodings, partition.encoding),
    })),
  }
}
