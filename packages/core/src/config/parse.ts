import type { Alias, Document, LineCounter, Node, YAMLError, YAMLMap } from 'yaml'
import { LevadaError, type ErrorCode } from '../errors/index.ts'
import { emptyMap } from './lookup.ts'
import { maskValues } from './mask-values.ts'
import type { ConfigNode, MapEntry, MapNode, Origin, Scalar } from './node.ts'
import { pageOf, type Source } from './page.ts'
import { parseSimple, scalarOf } from './parse-simple.ts'
import { isPlainName } from './words.ts'
import { yaml } from './yaml.ts'

export interface Parsed {
  readonly root: MapNode
  readonly errors: readonly LevadaError[]
}

/** Values that aliases may repeat in one file; more is taken for an attack or an accident ("billion laughs"). */
const maxAliased = 10_000

/** Reads one YAML file into nodes that know their place, and collects every error in it. */
export function parseConfig(text: string, source: Source): Parsed {
  const shown = shownText(text, source, noLines)
  const root = parseSimple(text, pageOf(source, shown), source.section, mayHoldSecrets(source))
  return root ? { root, errors: [] } : parseAny(text, source)
}

/** The same for whatever YAML allows, and for what it does not. */
export function parseAny(text: string, source: Source): Parsed {
  const lines = new (yaml().LineCounter)()
  const document = yaml().parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    // Found by the converter: the library compares each key with all before it.
    uniqueKeys: false,
  })
  const page = pageOf(
    source,
    shownText(text, source, () => linesInside(document, lines)),
  )
  const place: Placer = (offset) => {
    const { line, col } = lines.linePos(offset)
    return page(line, col)
  }
  // What follows a fault of the structure is said of a text that nobody has written.
  const problems = [...document.errors.slice(0, 1), ...document.warnings].map((problem) => {
    // YAML's own message may quote the text, and no part of a secret may be quoted.
    const fact = mayHoldSecrets(source) && !unquoting.has(problem.code) ? problem.code : problem.message
    return new LevadaError('CONFIG_SYNTAX', `${source.file} is not valid YAML: ${fact}`, {
      place: place(faultAt(text, problem)),
      ...(isUnquoted(text, problem) && { hint: unquotedHint }),
    })
  })
  const empty = emptyMap(source.section, source.file, source.layer)
  if (problems.length > 0) return { root: empty, errors: problems }

  const contents = document.contents
  if (contents === null || (yaml().isScalar(contents) && contents.value === null))
    return { root: empty, errors: [] }
  if (!yaml().isMap(contents)) {
    const error = new LevadaError(
      'CONFIG_INVALID',
      `${source.file} must hold a map, with a key on every line.`,
      {
        place: place(contents.range?.[0] ?? 0),
        hint: 'Write it as key: value.',
      },
    )
    return { root: empty, errors: [error] }
  }
  return new Converter(document, place, mayHoldSecrets(source)).convert(contents, source.section)
}

/** The value of a text that stands for one YAML scalar; undefined when it is none. */
export function parseScalar(text: string): { value: Scalar; source: string } | undefined {
  const simple = scalarOf(text)
  if (simple) return simple
  const { contents, errors, warnings } = yaml().parseDocument(text, { prettyErrors: false })
  if (contents === null) return { value: null, source: text }
  if (!yaml().isScalar(contents) || errors.length > 0 || warnings.length > 0) return undefined
  return { value: contents.value as Scalar, source: contents.source ?? text }
}

/** The parser tells some faults of indentation at the value before the line that is wrong. */
function faultAt(text: string, { code, pos: [start] }: YAMLError): number {
  const line = text.indexOf('\n', start)
  const early = code === 'BLOCK_AS_IMPLICIT_KEY' && !/: /.test(text.slice(start, line))
  const from = early ? line : start
  if (from < 0 || (!early && code !== 'BAD_INDENT')) return start
  const gap = /(?:\s|#[^\n]*(?:\n|$))*/y
  gap.lastIndex = from
  gap.test(text)
  return gap.lastIndex < text.length ? gap.lastIndex : start
}

/** A brace in a text that lacks its quotes: to YAML it begins a map. */
function isUnquoted(text: string, { code, pos: [start] }: YAMLError): boolean {
  const from = text.lastIndexOf('\n', start - 1) + 1
  const end = text.indexOf('\n', start)
  const line = text.slice(from, end < 0 ? undefined : end).replaceAll(/"[^"]*"|'[^']*'/g, '')
  return code === 'UNEXPECTED_TOKEN' && /\$\{|\{[\w.]+\}|\S\{/.test(line)
}
const unquotedHint = 'Put a text that has ${…} or {…} in quotes: "data/{table}".'

/** Files whose values may be secrets that no schema has marked yet. */
const mayHoldSecrets = ({ section }: Source): boolean => section === 'credentials' || section === 'resources'

/** Faults whose message says nothing of the text. */
const unquoting: ReadonlySet<string> = new Set([
  'BAD_INDENT',
  'BLOCK_AS_IMPLICIT_KEY',
  'BLOCK_IN_FLOW',
  'MISSING_CHAR',
  'MULTILINE_IMPLICIT_KEY',
  'TAB_AS_INDENT',
])

/** What code frames may show of a file: nothing of credentials, and of resources the keys only. */
function shownText(text: string, { section }: Source, inside: () => ReadonlySet<number>): string | undefined {
  if (section === 'credentials') return undefined
  return section === 'resources' ? maskValues(text, inside()) : text
}

const noLines = (): ReadonlySet<number> => new Set()

/** The lines that continue a value. */
function linesInside(document: Document.Parsed, lines: LineCounter): ReadonlySet<number> {
  const inside = new Set<number>()
  yaml().visit(document, {
    Scalar(_, { range }) {
      if (!range) return
      const last = lines.linePos(range[1] - 1).line
      for (let line = lines.linePos(range[0]).line + 1; line <= last; line++) inside.add(line)
    },
  })
  return inside
}

type Placer = (offset: number) => Origin

class Converter {
  readonly #document: Document.Parsed
  readonly #place: Placer
  readonly #discreet: boolean
  readonly #errors: LevadaError[] = []
  readonly #open = new Set<Node>()
  #aliased = 0
  /** The alias in the file itself that all others that are open stand below. */
  #outer: { readonly path: string; readonly origin: Origin } | undefined

  constructor(document: Document.Parsed, place: Placer, discreet: boolean) {
    this.#document = document
    this.#place = place
    this.#discreet = discreet
  }

  convert(map: YAMLMap, path: string): Parsed {
    return { root: this.#map(map, path, this.#place(map.range?.[0] ?? 0)), errors: this.#errors }
  }

  #node(node: Node | null, path: string, origin: Origin): ConfigNode {
    if (yaml().isAlias(node)) return this.#alias(node, path, origin)
    if (this.#open.size > 0 && ++this.#aliased > maxAliased) {
      const outer = this.#outer ?? { path, origin }
      const message = `${outer.path}: the aliases of this file repeat more than ${maxAliased} values.`
      if (this.#aliased === maxAliased + 1)
        this.#fail('CONFIG_SYNTAX', message, outer.origin, 'Write out fewer of them, or none.')
      return this.#null(path, origin)
    }
    if (yaml().isMap(node)) return this.#map(node, path, origin)
    if (yaml().isSeq(node)) {
      const items = node.items.map((item, i) =>
        this.#node(item as Node | null, `${path}.${i}`, this.#at(item as Node | null, origin)),
      )
      return { kind: 'list', path, origin, overridden: [], items }
    }
    if (!yaml().isScalar(node)) return this.#null(path, origin)
    const { value, source } = node
    if (typeof value === 'string' && value.includes('\0')) this.#nul(path, origin)
    if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
      this.#fail(
        'CONFIG_INVALID',
        `${path}: the number is too large to be kept exactly.`,
        origin,
        'Put it in quotes.',
      )
    }
    const written = typeof value === 'number' && source !== undefined && { source }
    return { kind: 'scalar', path, origin, overridden: [], value: value as Scalar, ...written }
  }

  #map(map: YAMLMap, path: string, origin: Origin): MapNode {
    const entries = new Map<string, MapEntry>()
    for (const pair of map.items) {
      const keyNode = pair.key as Node
      const name = String(yaml().isScalar(keyNode) ? keyNode.value : keyNode)
      const key = this.#at(keyNode, origin)
      if (name.includes('\0')) this.#nul(path, key)
      const value = pair.value as Node | null
      const other = entries.get(name)
      // `password:secret`, without the blank, is a key.
      const inner = `${path}.${this.#discreet && !isPlainName(name) ? '***' : name}`
      if (other)
        this.#fail(
          'CONFIG_SYNTAX',
          `${inner}: keys are unique, and line ${other.key.line} has this one already.`,
          key,
          'Remove one of the two.',
        )
      entries.set(name, { key, value: this.#node(value, inner, this.#at(value, key)) })
    }
    return { kind: 'map', path, origin, overridden: [], entries }
  }

  #alias(alias: Alias, path: string, origin: Origin): ConfigNode {
    const target = alias.resolve(this.#document)
    if (target === undefined) {
      // The name is not quoted: in credentials.yml it is the start of a password that lacks its quotes.
      this.#fail(
        'CONFIG_SYNTAX',
        `${path}: the alias has no anchor before it.`,
        origin,
        'Put a text that begins with * in quotes.',
      )
      return this.#null(path, origin)
    }
    if (this.#open.has(target)) {
      this.#fail('CONFIG_SYNTAX', `${path}: the alias repeats itself without end.`, origin)
      return this.#null(path, origin)
    }
    if (this.#open.size === 0) this.#outer = { path, origin }
    this.#open.add(target)
    const node = this.#node(target, path, origin)
    this.#open.delete(target)
    return node
  }

  /** No path and no name of anything can have it, and systems tell it badly or not at all. */
  #nul(path: string, place: Origin): void {
    this.#fail(
      'CONFIG_INVALID',
      `${path}: a text cannot hold the character U+0000.`,
      place,
      'Remove the \\0.',
    )
  }

  #null = (path: string, origin: Origin): ConfigNode => ({
    kind: 'scalar',
    path,
    origin,
    overridden: [],
    value: null,
  })

  #at = (node: Node | null, otherwise: Origin): Origin =>
    node?.range ? this.#place(node.range[0]) : otherwise

  #fail(code: ErrorCode, message: string, place: Origin, hint?: string): void {
    this.#errors.push(new LevadaError(code, message, { place, ...(hint !== undefined && { hint }) }))
  }
}
