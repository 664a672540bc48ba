import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ConfigNode, MapEntry, MapNode, Scalar } from './node.ts'
import { ownVersion } from './own-version.ts'
import { pageOf, type Page, type Source } from './page.ts'
import { parseConfig, type Parsed } from './parse.ts'

/** A stretch of the file, from a line and column on. */
type Stretch = readonly [line: number, column: number, length: number]

/** How the value of a stretch is spelled: without quotation marks, within them, or as a word of YAML. */
type Spelling = 'plain' | 'quoted' | 'number' | 'true' | 'false' | 'null'

/** A node without any of its values: where they stand, and how they are spelled. */
type Packed =
  | readonly [...Stretch, Spelling]
  | readonly [line: number, column: number, { readonly list: readonly Packed[] }]
  | readonly [
      line: number,
      column: number,
      { readonly map: readonly (readonly [...key: [...Stretch, 'plain' | 'quoted'], value: Packed])[] },
    ]

/** Files that are parsed faster than what is kept of them is read. */
const small = 4096

/**
 * As {@link parseConfig}; a large catalog that has not changed is not parsed again. What is kept is the places of its
 * values and not one of them: they are read from the file itself.
 */
export function parseCached(appDir: string, text: string, source: Source): Parsed {
  if (source.section !== 'catalog' || text.length < small) return parseConfig(text, source)
  const file = join(appDir, '.levada/cache/conf', `${source.layer}.${source.section}.json`)
  const known = read(file, text, source)
  if (known) return { root: known, errors: [] }
  const parsed = parseConfig(text, source)
  if (parsed.errors.length === 0) {
    const root = new Packer(text).pack(parsed.root)
    if (root) write(file, text, JSON.stringify(root))
  }
  return parsed
}

/** Of the file, of what is kept of it and of what reads both. Its module is large, and loaded for large files only. */
const hashOf = (text: string, packed: string): string =>
  process.getBuiltinModule('node:crypto').hash('sha256', `${ownVersion()}\n${packed}\n${text}`, 'base64url')

class Lines {
  readonly text: string
  readonly #starts: readonly number[]

  constructor(text: string) {
    this.text = text
    const starts = [0]
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
    this.#starts = starts
  }
  at(line: number, column: number): number {
    return this.#starts[line - 1]! + column - 1
  }
  read(line: number, column: number, length: number): string {
    const from = this.at(line, column)
    return this.text.slice(from, from + length)
  }
}

class Packer {
  readonly #lines: Lines

  constructor(text: string) {
    this.#lines = new Lines(text)
  }

  /** Undefined when something is spelled in another way than what it means: escapes, several lines, tags. */
  pack(node: ConfigNode): Packed | undefined {
    const { line = 1, column = 1 } = node.origin
    if (node.kind === 'scalar') return this.#scalar(line, column, node.value, node.source)
    if (node.kind === 'list') {
      const list = node.items.map((item) => this.pack(item))
      return list.every((item) => item !== undefined) ? [line, column, { list }] : undefined
    }
    const map: [...Stretch, 'plain' | 'quoted', Packed][] = []
    for (const [name, { key, value }] of node.entries) {
      const at = this.#text(key.line ?? 1, key.column ?? 1, name)
      const packed = this.pack(value)
      if (!at || !packed) return undefined
      map.push([...at, packed])
    }
    return [line, column, { map }]
  }

  #scalar(line: number, column: number, value: Scalar, written: string | undefined): Packed | undefined {
    if (typeof value === 'string') return this.#text(line, column, value)
    if (typeof value === 'number')
      return written !== undefined && Number(written) === value && this.#stands(line, column, written)
        ? [line, column, written.length, 'number']
        : undefined
    if (value === null) return [line, column, 0, 'null']
    return [line, column, 0, value ? 'true' : 'false']
  }

  #text(line: number, column: number, value: string): readonly [...Stretch, 'plain' | 'quoted'] | undefined {
    if (this.#stands(line, column, value)) return [line, column, value.length, 'plain']
    const quote = this.#lines.read(line, column, 1)
    return (quote === '"' || quote === "'") && this.#stands(line, column, `${quote}${value}${quote}`)
      ? [line, column, value.length, 'quoted']
      : undefined
  }

  #stands = (line: number, column: number, text: string): boolean =>
    this.#lines.text.startsWith(text, this.#lines.at(line, column))
}

class Unpacker {
  readonly #lines: Lines
  readonly #at: Page

  constructor(text: string, source: Source) {
    this.#lines = new Lines(text)
    this.#at = pageOf(source, text)
  }

  unpack(packed: Packed, path: string): ConfigNode {
    const [line, column, held] = packed
    const base = { path, origin: this.#at(line, column), overridden: [] }
    if (typeof held === 'number') {
      const spelling = packed[3] as Spelling
      const written = this.#read(line, column, held, spelling)
      return {
        ...base,
        kind: 'scalar',
        value: valueOf(written, spelling),
        ...(spelling === 'number' && { source: written }),
      }
    }
    if ('list' in held)
      return { ...base, kind: 'list', items: held.list.map((item, i) => this.unpack(item, `${path}.${i}`)) }
    const entries = new Map(
      held.map.map(([keyLine, keyColumn, length, spelling, value]): [string, MapEntry] => {
        const name = this.#read(keyLine, keyColumn, length, spelling)
        return [name, this.#entry(this.#at(keyLine, keyColumn), value, `${path}.${name}`)]
      }),
    )
    return { ...base, kind: 'map', entries }
  }

  /** A command needs few of many entries: a value is made when it is asked for. */
  #entry(key: MapEntry['key'], packed: Packed, path: string): MapEntry {
    const make = (): ConfigNode => this.unpack(packed, path)
    let made: ConfigNode | undefined
    return {
      key,
      get value() {
        return (made ??= make())
      },
    }
  }

  #read = (line: number, column: number, length: number, spelling: Spelling): string =>
    this.#lines.read(line, spelling === 'quoted' ? column + 1 : column, length)
}

function valueOf(written: string, spelling: Spelling): Scalar {
  if (spelling === 'number') return Number(written)
  if (spelling === 'null') return null
  if (spelling === 'true' || spelling === 'false') return spelling === 'true'
  return written
}

function read(file: string, text: string, source: Source): MapNode | undefined {
  try {
    const [hash, packed = ''] = readFileSync(file, 'utf8').split('\n')
    if (hash !== hashOf(text, packed)) return undefined
    return new Unpacker(text, source).unpack(JSON.parse(packed) as Packed, source.section) as MapNode
  } catch {
    return undefined
  }
}

function write(file: string, text: string, packed: string): void {
  const temporary = `${file}.${process.pid}.tmp`
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(temporary, `${hashOf(text, packed)}\n${packed}`)
    renameSync(temporary, file)
  } catch {
    // An app in a folder that cannot be written is read all the same.
    rmSync(temporary, { force: true })
  }
}
