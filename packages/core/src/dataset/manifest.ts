import { readFileSync } from 'node:fs'
import { LevadaError } from '../errors/index.ts'
import type { StoredPartition } from './dataset.ts'
import type { KeptHeads } from './kept-heads.ts'
import type { FileFormat, FormatOptions } from './location.ts'
import { osCode, refused } from './os.ts'
import type { StoredVersion } from './publish.ts'
import type { Provenance } from './provenance.ts'
import {
  numbering,
  packVersion,
  statesOfPartitions,
  unpackVersion,
  type PackedVersion,
} from './version-json.ts'

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
 * What a manifest holds as JSON. Partitions name their columns and encoding by index: 182 of them take 28 KB. They come last, and
 * before them what only they were made from, on lines of their own: what a plan asks most often is told without parsing those. A
 * digest of all of it ends the file.
 */
export interface ManifestHead extends Omit<PackedVersion<FilePartition>, 'partitions'> {
  readonly format: number
  readonly asset: string
  readonly encodings: readonly Encoding[]
  /** How long the text of the partitions is, so that one that is cut off is told from a whole one. */
  readonly length: number
}

const format = 1
/** A line ends in no JSON text, so that these are found nowhere else. */
const seam = ',\n"partitions":'
const moreSeam = ',\n"moreStates":'
const seal = ',\n"digest":"'
const sealLength = seal.length + 18

/**
 * What ends a manifest after its first `length` bytes. Where one of them is another, it is another for sure, and after other
 * accidents nearly so. It guards against nobody who means it, and takes much less time than parsing.
 */
function sealOf(bytes: Uint8Array, length: number): string {
  const whole = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes)
  const words = new Int32Array(whole.buffer, whole.byteOffset, length >>> 2)
  // Mixed where they stand, as whole numbers: by a function that shares them each word would make an object of both.
  let a = 0x9e3779b9 | 0
  let b = 0x85ebca6b | 0
  // Not by an iterator: that takes ten times as long.
  for (let i = 0; i < words.length; i++) {
    a = Math.imul(a ^ words[i]!, 0x01000193)
    b = Math.imul(b ^ words[i]!, 0x5bd1e995) ^ (b >>> 15)
  }
  for (let i = words.length * 4; i < length; i++) {
    a = Math.imul(a ^ whole[i]!, 0x01000193)
    b = Math.imul(b ^ whole[i]!, 0x5bd1e995) ^ (b >>> 15)
  }
  return `${seal}${[a, b].map((part) => (part >>> 0).toString(16).padStart(8, '0')).join('')}"}`
}

/** @param asset names the asset for people who look at the file */
export function encodeManifest(asset: string, manifest: Manifest): string {
  const encodings = numbering<Encoding>()
  const { partitions, states = [], ...rest } = packVersion(manifest)
  const encoded = ({ encoding, before, ...partition }: Packed): PackedFilePartition => ({
    ...partition,
    encoding: encodings.indexOf(encoding),
    ...(before && { before: before.map((part) => encoded(part as Packed)) }),
  })
  const body = JSON.stringify(partitions.map(encoded))
  const own = statesOfPartitions(rest)
  const head: ManifestHead = {
    format,
    asset,
    ...rest,
    ...(states.length > 0 && { states: states.slice(0, own) }),
    encodings: encodings.list,
    length: body.length,
  }
  const more = states.length > own ? `${moreSeam}${JSON.stringify(states.slice(own))}` : ''
  const text = `${JSON.stringify(head).slice(0, -1)}${more}${seam}${body}`
  const bytes = Buffer.from(text)
  return text + sealOf(bytes, bytes.length)
}

/** What somebody has put there instead, by what the system says when it is read. */
const inItsPlace: Readonly<Record<string, string>> = {
  EISDIR: 'a folder stands in its place',
  ELOOP: 'it is a link that leads to itself',
  ENOENT: 'it was removed meanwhile',
}

/** A manifest's head, and what is parsed when it is asked for. */
interface Parts {
  readonly head: ManifestHead
  readonly more: () => readonly Provenance['inputs'][]
  readonly partitions: () => readonly PackedFilePartition[]
}

/**
 * Partitions are parsed when they are asked for.
 * @param kept what was read of its head before, which is then not read again
 * @returns undefined when it is not there
 * @throws MANIFEST_DAMAGED, STORAGE, NOT_SUPPORTED when a newer Levada wrote it
 */
export function readManifest(path: string, number: number, kept?: KeptHeads): Manifest | undefined {
  const readable = <T>(read: () => T): T => {
    try {
      return read()
    } catch (cause) {
      const code = osCode(cause)
      // A disk that cannot be read, or too many open files, tell nothing of the manifest.
      if (code !== undefined && !(code in inItsPlace)) throw refused(`Reading the manifest ${path}`, cause)
      kept?.forget()
      const problem = inItsPlace[code ?? ''] ?? (cause as Error).message.replace(/\.$/, '')
      throw new LevadaError('MANIFEST_DAMAGED', `The manifest ${path} cannot be read: ${problem}.`, {
        cause,
        details: { problem },
      })
    }
  }
  const known = kept?.get(path)
  const file = known ? undefined : readable(() => fileAt(path))
  if (!known && !file) return undefined
  const { head, more, partitions } = known ? later(known, path) : readable(() => parts(file!))
  if (head.format > format)
    throw new LevadaError(
      'NOT_SUPPORTED',
      `The manifest ${path} has format ${head.format}; this version of Levada knows ${format}.`,
      { hint: 'A newer Levada wrote it: upgrade @levada/core.' },
    )
  const manifest = readable(() => {
    if (head.number !== undefined && head.number !== number)
      throw new TypeError(`it is that of version ${head.number}`)
    const { format: _format, asset: _asset, length: _length, encodings, ...packed } = head
    return unpackVersion<FilePartition>(
      packed,
      (unpack) =>
        readable(() =>
          partitions().map(function decoded({ before, ...partition }: PackedFilePartition): FilePartition {
            const encoding = encodings[partition.encoding]
            if (!encoding || !Array.isArray(partition.files)) throw new TypeError('it is not complete')
            return { ...unpack(partition as never), encoding, ...(before && { before: before.map(decoded) }) }
          }),
        ),
      () => readable(more),
    )
  })
  if (!known) kept?.keep(path, head)
  return manifest
}

/** Undefined when it is not there. Small files are read in less time than another thread takes to be asked. */
function fileAt(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if (osCode(error) !== 'ENOENT') throw error
    return undefined
  }
}

/** What a head that is known already leaves out. */
function later(head: ManifestHead, path: string): Parts {
  const read = memo(() => {
    const found = parts(readFileSync(path))
    if (found.head.id !== head.id) throw new TypeError('another has taken its place meanwhile')
    return found
  })
  return { head, more: () => read().more(), partitions: () => read().partitions() }
}

function parts(file: Buffer): Parts {
  const end = file.length - sealLength
  const isSealed = end > 0 && file.toString('latin1', end, end + seal.length) === seal
  if (isSealed && file.toString('latin1', end) !== sealOf(file, end))
    throw new TypeError('it is not as it was written')
  const start = isSealed ? file.indexOf(seam) : -1
  if (start >= 0) {
    // It is whole: what nobody asks for is not made a text.
    const more = file.subarray(0, start).indexOf(moreSeam)
    const states = memo((): readonly Provenance['inputs'][] =>
      more < 0
        ? []
        : (JSON.parse(file.toString('utf8', more + moreSeam.length, start)) as Provenance['inputs'][]),
    )
    return {
      head: JSON.parse(`${file.toString('utf8', 0, more < 0 ? start : more)}}`) as ManifestHead,
      more: states,
      partitions: () => JSON.parse(file.toString('utf8', start + seam.length, end)) as PackedFilePartition[],
    }
  }
  const all = file.toString()
  const text = isSealed ? `${all.slice(0, -sealLength)}}` : all
  const at = text.indexOf(seam)
  if (at < 0) {
    const found = JSON.parse(text) as (ManifestHead & { partitions: PackedFilePartition[] }) | null
    if (typeof found !== 'object' || found === null) throw new TypeError('it is no JSON object')
    const { partitions, ...head } = found
    if (!(head.format > format) && !Array.isArray(partitions)) throw new TypeError('it has no partitions')
    return { head, more: () => [], partitions: () => partitions }
  }
  const moreAt = text.indexOf(moreSeam)
  const head = JSON.parse(`${text.slice(0, moreAt < 0 ? at : moreAt)}}`) as ManifestHead
  const body = text.slice(at + seam.length, -1)
  if (body.length > head.length) throw new TypeError('it is not as it was written')
  if (body.length < head.length || !text.endsWith('}')) throw new TypeError('it is cut off')
  return {
    head,
    more: memo(() =>
      moreAt < 0 ? [] : (JSON.parse(text.slice(moreAt + moreSeam.length, at)) as Provenance['inputs'][]),
    ),
    partitions: () => JSON.parse(body) as PackedFilePartition[],
  }
}

function memo<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
