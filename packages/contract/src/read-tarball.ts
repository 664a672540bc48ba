import { createGunzip } from 'node:zlib'
import { LevadaError } from '@levada/core/spi'
import { maxContractBytes } from './parse-contract.ts'

const mega = 1024 * 1024
const maxPacked = 64 * mega
const maxUnpacked = 512 * mega
/** Source code is packed to a fifth; a thousandth is what an attack has. */
const maxRatio = 100
const maxEntries = 50_000
const maxHeader = mega
const block = 512

/** What is read of a package's tarball; nothing is written, and nothing else is kept. */
export interface PackedPackage {
  readonly packageJson: string | undefined
  readonly contract: string | undefined
  /** Paths inside the package, in the order of the tarball. */
  readonly files: readonly string[]
}

/**
 * Reads a package's tarball as it comes, in bounded memory.
 * @param where names it in messages
 * @throws TARBALL_INVALID
 */
export async function readTarball(bytes: AsyncIterable<Uint8Array>, where: string): Promise<PackedPackage> {
  const invalid = (what: string, cause?: unknown): LevadaError =>
    new LevadaError('TARBALL_INVALID', `The tarball ${where} ${what}.`, { cause })
  let packed = 0
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const part of bytes) {
      packed += part.length
      if (packed > maxPacked) throw invalid(`has more than ${maxPacked / mega} MB`)
      yield part
    }
  }
  const reader = new EntryReader(invalid)
  let unpacked = 0
  const gunzip = createGunzip()
  const source = feed(counted(), gunzip)
  try {
    for await (const part of gunzip as AsyncIterable<Buffer>) {
      unpacked += part.length
      if (unpacked > maxUnpacked || (unpacked > 10 * mega && unpacked > packed * maxRatio))
        throw invalid(`unpacks to more than ${Math.floor(unpacked / mega)} MB out of ${packed} bytes`)
      reader.push(part)
    }
    await source
  } catch (error) {
    gunzip.destroy()
    // Its end is told by the error here.
    await source.catch(() => {})
    if (error instanceof LevadaError) throw error
    const { code } = error as { code?: string }
    throw code?.startsWith('Z_') === true
      ? invalid('is damaged, or no tarball: it cannot be unpacked', error)
      : error
  }
  return reader.end()
}

/** Writes into the unpacker at its pace. */
async function feed(
  bytes: AsyncIterable<Uint8Array>,
  gunzip: ReturnType<typeof createGunzip>,
): Promise<void> {
  try {
    for await (const part of bytes) {
      if (gunzip.destroyed) return
      if (!gunzip.write(part))
        await new Promise<void>((resolve) => {
          gunzip.once('drain', resolve)
          gunzip.once('close', resolve)
        })
    }
    gunzip.end()
  } catch (error) {
    gunzip.destroy(error as Error)
    throw error
  }
}

interface Header {
  readonly path: string
  readonly size: number
  readonly type: string
}

type Kept = 'package.json' | 'contract.json'

/** Entries of a tar stream: ustar, with the long names of pax and GNU. */
class EntryReader {
  readonly #invalid: (what: string) => LevadaError
  readonly #kept = new Map<Kept, string>()
  readonly #files: string[] = []
  #rest: Buffer = Buffer.alloc(0)
  #entry:
    | { readonly type: string; readonly keep: Kept | 'header' | undefined; readonly parts: Buffer[] }
    | undefined
  #left = 0
  #padding = 0
  #entries = 0
  #longPath: string | undefined
  #longSize: number | undefined
  #ended = false

  constructor(invalid: (what: string) => LevadaError) {
    this.#invalid = invalid
  }

  push(part: Buffer): void {
    let data = this.#rest.length > 0 ? Buffer.concat([this.#rest, part]) : part
    for (;;) {
      if (this.#entry) {
        const taken = Math.min(this.#left, data.length)
        if (this.#entry.keep !== undefined) this.#entry.parts.push(data.subarray(0, taken))
        data = data.subarray(taken)
        this.#left -= taken
        if (this.#left > 0) break
        this.#finish()
      }
      if (this.#padding > 0) {
        const taken = Math.min(this.#padding, data.length)
        data = data.subarray(taken)
        this.#padding -= taken
        if (this.#padding > 0) break
      }
      if (data.length < block) break
      this.#begin(data.subarray(0, block))
      data = data.subarray(block)
    }
    this.#rest = this.#entry || this.#padding > 0 ? Buffer.alloc(0) : Buffer.from(data)
  }

  end(): PackedPackage {
    if (this.#entry || this.#padding > 0 || this.#rest.length > 0 || !this.#ended)
      throw this.#invalid('ends in the middle')
    return {
      packageJson: this.#kept.get('package.json'),
      contract: this.#kept.get('contract.json'),
      files: this.#files,
    }
  }

  #begin(head: Buffer): void {
    if (head.every((byte) => byte === 0)) {
      this.#ended = true
      return
    }
    if (this.#ended) throw this.#invalid('goes on behind its end')
    if (++this.#entries > maxEntries) throw this.#invalid(`holds more than ${maxEntries} entries`)
    const { path, size, type } = this.#header(head)
    let keep: Kept | 'header' | undefined
    if ('xgL'.includes(type)) {
      if (size > maxHeader) throw this.#invalid('has a header of more than 1 MB')
      keep = 'header'
    } else if (type === '0' || type === '7') {
      const inside = this.#inside(path)
      this.#files.push(inside)
      keep = this.#keptAs(inside, size)
    } else if (type === '5') this.#inside(path)
    else throw this.#invalid(`holds ${kindOf(type)}: ${shortened(path)}`)
    this.#entry = { type, keep, parts: [] }
    this.#left = size
    this.#padding = (block - (size % block)) % block
    if (size === 0) this.#finish()
  }

  #header(head: Buffer): Header {
    const text = (from: number, length: number): string => {
      const field = head.subarray(from, from + length)
      const end = field.indexOf(0)
      return field.toString('utf8', 0, end < 0 ? length : end)
    }
    const sum = head.reduce((all, byte, i) => all + (i >= 148 && i < 156 ? 32 : byte), 0)
    if (sum !== Number.parseInt(text(148, 8).trim(), 8))
      throw this.#invalid('is damaged: a checksum is wrong')
    const type = text(156, 1) || '0'
    const digits = text(124, 12).trim()
    const size =
      this.#longSize ??
      (digits === '' ? 0 : /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN)
    if (!Number.isSafeInteger(size) || size > maxUnpacked)
      throw this.#invalid('holds an entry of more than 512 MB')
    const prefix = text(257, 5) === 'ustar' ? text(345, 155) : ''
    const short = prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`
    const header = {
      path: this.#longPath ?? short,
      size: 'xgL'.includes(type) ? Number.parseInt(digits, 8) : size,
      type,
    }
    if (!'xgL'.includes(type)) {
      this.#longPath = undefined
      this.#longSize = undefined
    }
    return header
  }

  /** The path inside the package: without its first folder, whatever that is called. */
  #inside(path: string): string {
    const parts = path.split('/').filter((part, i) => (part !== '' || i === 0) && part !== '.')
    // oxlint-disable-next-line no-control-regex -- They end a path, or turn a terminal.
    if (path.startsWith('/') || parts.includes('..') || /[\\\u0000-\u001f]|^[A-Za-z]:/.test(path))
      throw this.#invalid(`holds a path that leads outside: ${shortened(path)}`)
    return parts.slice(1).join('/')
  }

  #keptAs(path: string, size: number): Kept | undefined {
    const name = path.toLowerCase()
    if (name !== 'package.json' && name !== 'contract.json') return undefined
    if (this.#files.filter((file) => file.toLowerCase() === name).length > 1)
      throw this.#invalid(`holds two ${name}`)
    if (name !== path) throw this.#invalid(`holds ${path} instead of ${name}`)
    if (size > maxContractBytes)
      throw this.#invalid(`holds a ${name} of more than ${maxContractBytes / mega} MB`)
    return name
  }

  #finish(): void {
    const { type, keep, parts } = this.#entry!
    this.#entry = undefined
    if (keep === undefined) return
    const data = Buffer.concat(parts)
    if (keep !== 'header') this.#kept.set(keep, data.toString('utf8'))
    else if (type === 'L') this.#longPath = data.toString('utf8').replace(/\0.*$/s, '')
    // A global header of `git archive` tells a commit; paths and sizes in one would concern all that follow.
    else if (type === 'x') this.#pax(data)
    else if (/^\d+ (path|size|linkpath)=/m.test(data.toString('latin1')))
      throw this.#invalid('has one path for all of its entries')
  }

  /** `27 path=package/contract.json\n`: the length counts itself. */
  #pax(data: Buffer): void {
    for (let at = 0; at < data.length;) {
      const space = data.indexOf(32, at)
      const length = Number(data.toString('latin1', at, space))
      if (space < 0 || !(length > space - at)) throw this.#invalid('is damaged: a header cannot be read')
      const [key, ...value] = data.toString('utf8', space + 1, at + length - 1).split('=')
      if (key === 'path') this.#longPath = value.join('=')
      if (key === 'size') this.#longSize = Number(value.join('='))
      at += length
    }
  }
}

const kindOf = (type: string): string =>
  ({ '1': 'a link', '2': 'a link', '3': 'a device', '4': 'a device', '6': 'a pipe' })[type] ??
  `an entry of kind '${shortened(type)}'`

// oxlint-disable-next-line no-control-regex -- A terminal would obey them.
const shortened = (text: string): string => text.replaceAll(/[\u0000-\u001f]/g, '?').slice(0, 200)
