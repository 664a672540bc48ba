import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ConfigNode, MapEntry, MapNode, Origin, Scalar } from './node.ts'
import { parseConfig, type Parsed, type Source } from './parse.ts'

/** A node as JSON: line, column and what it holds. */
type Packed =
  | readonly [line: number, column: number, value: Scalar, source?: string]
  | readonly [line: number, column: number, items: { readonly list: readonly Packed[] }]
  | readonly [
      line: number,
      column: number,
      entries: { readonly map: readonly (readonly [name: string, line: number, column: number, Packed])[] },
    ]

interface Kept {
  readonly format: 1
  /** The file, byte for byte: nothing else makes what is kept right. */
  readonly text: string
  readonly root: Packed
}

/** Files that are parsed faster than what is kept of them is read. */
const small = 4096

/**
 * As {@link parseConfig}; a large catalog that has not changed is not parsed again. Other files, and those of conf/local, may
 * hold secrets in plain text, of which there is no second copy.
 */
export function parseCached(appDir: string, text: string, source: Source): Parsed {
  if (source.section !== 'catalog' || source.layer === 'local' || text.length < small)
    return parseConfig(text, source)
  const file = join(appDir, '.levada/cache/conf', `${source.layer}.${source.section}.json`)
  const kept = read(file)
  if (kept?.format === 1 && kept.text === text)
    return { root: unpack(kept.root, source.section, source, text) as MapNode, errors: [] }
  const parsed = parseConfig(text, source)
  if (parsed.errors.length === 0) write(file, { format: 1, text, root: pack(parsed.root) })
  return parsed
}

function pack(node: ConfigNode): Packed {
  const { line = 1, column = 1 } = node.origin
  if (node.kind === 'scalar')
    return node.source === undefined ? [line, column, node.value] : [line, column, node.value, node.source]
  if (node.kind === 'list') return [line, column, { list: node.items.map(pack) }]
  const map = [...node.entries].map(
    ([name, { key, value }]) => [name, key.line ?? 1, key.column ?? 1, pack(value)] as const,
  )
  return [line, column, { map }]
}

function unpack(
  [line, column, held, written]: Packed,
  path: string,
  source: Source,
  text: string,
): ConfigNode {
  const at = (l: number, c: number): Origin => ({
    file: source.file,
    layer: source.layer,
    line: l,
    column: c,
    text,
  })
  const base = { path, origin: at(line, column), overridden: [] }
  if (held === null || typeof held !== 'object')
    return { ...base, kind: 'scalar', value: held, ...(written !== undefined && { source: written }) }
  if ('list' in held)
    return {
      ...base,
      kind: 'list',
      items: held.list.map((item, i) => unpack(item, `${path}.${i}`, source, text)),
    }
  const entries = new Map(
    held.map.map(([name, l, c, value]): [string, MapEntry] => [
      name,
      { key: at(l, c), value: unpack(value, `${path}.${name}`, source, text) },
    ]),
  )
  return { ...base, kind: 'map', entries }
}

function read(file: string): Kept | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Kept
  } catch {
    return undefined
  }
}

function write(file: string, kept: Kept): void {
  const temporary = `${file}.${process.pid}.tmp`
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(temporary, JSON.stringify(kept))
    renameSync(temporary, file)
  } catch {
    // An app in a folder that cannot be written is read all the same.
    rmSync(temporary, { force: true })
  }
}
