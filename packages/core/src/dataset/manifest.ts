import { LevadaError } from '../errors/index.ts'
import type { StoredPartition } from './dataset.ts'
import type { FileFormat, FormatOptions } from './location.ts'
import type { StoredVersion } from './publish.ts'
import { numbering, packVersion, unpackVersion, valueAt, type PackedVersion } from './version-json.ts'

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
interface ManifestFile extends Omit<PackedVersion<FilePartition>, 'partitions'> {
  readonly format: number
  readonly asset: string
  readonly encodings: readonly Encoding[]
  readonly partitions: readonly (Omit<PackedVersion<FilePartition>['partitions'][number], 'encoding'> & {
    readonly encoding: number
  })[]
}

const format = 1

/** @param asset names the asset for people who look at the file */
export function encodeManifest(asset: string, manifest: Manifest): string {
  const encodings = numbering<Encoding>()
  const { partitions, ...rest } = packVersion(manifest)
  const file: ManifestFile = {
    format,
    asset,
    ...rest,
    partitions: partitions.map((partition) => ({
      ...partition,
      encoding: encodings.indexOf(partition.encoding),
    })),
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
  encodings,
  partitions,
  ...rest
}: ManifestFile): Manifest {
  return unpackVersion<FilePartition>({
    ...rest,
    partitions: partitions.map((partition) => ({
      ...partition,
      encoding: valueAt(encodings, partition.encoding),
    })),
  })
}
