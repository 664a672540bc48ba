import { LevadaError } from '../errors/index.ts'
import type { StoredPartition } from './dataset.ts'
import type { FileFormat, FormatOptions } from './location.ts'
import type { StoredVersion } from './publish.ts'
import { numbering, packVersion, unpackVersion, type PackedVersion } from './version-json.ts'

/** How files are to be read. A partition keeps the one that it was written with. */
export interface Encoding {
  readonly format: FileFormat
  readonly options: FormatOptions
}

export interface FilePartition extends StoredPartition {
  readonly encoding: Encoding
  /** Relative to the folder of the version that wrote them. */
  readonly files: readonly string[]
  readonly before?: readonly FilePartition[]
}

/** A version with its files. */
export type Manifest = StoredVersion<FilePartition>

type Packed = PackedVersion<FilePartition>['partitions'][number]
type PackedFilePartition = Omit<Packed, 'encoding' | 'before'> & {
  readonly encoding: number
  readonly before?: readonly PackedFilePartition[]
}

/**
 * What a manifest holds as JSON. Partitions name their columns and encoding by index: 182 of them take 28 KB. They come last, on
 * a line of their own: what a plan asks most often is told without parsing them.
 */
interface ManifestHead extends Omit<PackedVersion<FilePartition>, 'partitions'> {
  readonly format: number
  readonly asset: string
  readonly encodings: readonly Encoding[]
  /** How long the text of the partitions is, so that one that is cut off is told from a whole one. */
  readonly length: number
}

const format = 1
/** A line ends in no JSON text, so that it is found nowhere else. */
const seam = ',\n"partitions":'

/** @param asset names the asset for people who look at the file */
export function encodeManifest(asset: string, manifest: Manifest): string {
  const encodings = numbering<Encoding>()
  const { partitions, ...rest } = packVersion(manifest)
  const encoded = ({ encoding, before, ...partition }: Packed): PackedFilePartition => ({
    ...partition,
    encoding: encodings.indexOf(encoding),
    ...(before && { before: before.map((part) => encoded(part as Packed)) }),
  })
  const body = JSON.stringify(partitions.map(encoded))
  const head: ManifestHead = { format, asset, ...rest, encodings: encodings.list, length: body.length }
  return `${JSON.stringify(head).slice(0, -1)}${seam}${body}}`
}

/** Partitions are parsed when they are asked for. @throws MANIFEST_DAMAGED, NOT_SUPPORTED when a newer Levada wrote it */
export function decodeManifest(path: string, text: string): Manifest {
  const readable = <T>(read: () => T): T => {
    try {
      return read()
    } catch (cause) {
      throw new LevadaError(
        'MANIFEST_DAMAGED',
        `The manifest ${path} cannot be read: ${(cause as Error).message}`,
        { cause },
      )
    }
  }
  const { head, partitions } = readable(() => parts(text))
  if (head.format > format)
    throw new LevadaError(
      'NOT_SUPPORTED',
      `The manifest ${path} has format ${head.format}; this version of Levada knows ${format}.`,
      { hint: 'A newer Levada wrote it: upgrade @levada/core.' },
    )
  const { format: _format, asset: _asset, length: _length, encodings, ...packed } = head
  return readable(() =>
    unpackVersion<FilePartition>(packed, (unpack) =>
      readable(() =>
        partitions().map(function decoded({ before, ...partition }: PackedFilePartition): FilePartition {
          const encoding = encodings[partition.encoding]
          if (!encoding || !Array.isArray(partition.files)) throw new TypeError('it is not complete')
          return { ...unpack(partition as never), encoding, ...(before && { before: before.map(decoded) }) }
        }),
      ),
    ),
  )
}

function parts(text: string): {
  readonly head: ManifestHead
  readonly partitions: () => readonly PackedFilePartition[]
} {
  const at = text.indexOf(seam)
  if (at < 0) {
    const { partitions, ...head } = JSON.parse(text) as ManifestHead & { partitions: PackedFilePartition[] }
    if (!(head.format > format) && !Array.isArray(partitions)) throw new TypeError('it has no partitions')
    return { head, partitions: () => partitions }
  }
  const head = JSON.parse(`${text.slice(0, at)}}`) as ManifestHead
  const body = text.slice(at + seam.length, -1)
  if (body.length !== head.length || !text.endsWith('}')) throw new TypeError('it is cut off')
  return { head, partitions: () => JSON.parse(body) as PackedFilePartition[] }
}
