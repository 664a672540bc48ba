import { didYouMean, formatPlace, LevadaError, throwAll, type Place } from '../errors/index.ts'
import { mapScalars, scalars, type ConfigNode, type MapNode } from './node.ts'
import { tokenize } from './template.ts'

export type Bindings = Readonly<Record<string, string>>

export interface PatternMatch {
  readonly key: string
  readonly bindings: Bindings
}

const placeholder = /\{([a-z_]\w*)\}/gi

interface Pattern {
  readonly key: string
  /** What is bound when a name matches. */
  readonly bind: (name: string) => Bindings | undefined
  /** How many characters are literal, and how many placeholders there are. */
  readonly literal: number
  readonly placeholders: number
}

/** The keys of a map, so that a name need not be compared with each. */
interface Keys {
  readonly all: ReadonlySet<string>
  /** The most specific first. */
  readonly patterns: readonly Pattern[]
}

function keysOf(keys: Iterable<string>): Keys {
  const all = new Set(keys)
  const patterns = [...all]
    .filter((key) => key.includes('{'))
    .map((key) => ({
      key,
      bind: binding(key),
      literal: key.replace(placeholder, '').length,
      placeholders: key.match(placeholder)?.length ?? 0,
    }))
  return { all, patterns: patterns.toSorted(bySpecificity) }
}

const bySpecificity = (a: Pattern, b: Pattern): number =>
  b.literal - a.literal || a.placeholders - b.placeholders

/**
 * The most specific keys that match a name; more than one is a tie. `{name}` stands for one or more characters except
 * the dot. An exact key beats a pattern, then more literal characters win, then fewer placeholders.
 */
export const bestMatches = (keys: Iterable<string>, name: string): readonly PatternMatch[] =>
  matchesIn(keysOf(keys), name)

function matchesIn({ all, patterns }: Keys, name: string): readonly PatternMatch[] {
  if (all.has(name)) return [{ key: name, bindings: {} }]
  const best: PatternMatch[] = []
  let first: Pattern | undefined
  for (const pattern of patterns) {
    if (first && bySpecificity(first, pattern) !== 0) break
    const bindings = pattern.bind(name)
    if (!bindings) continue
    first ??= pattern
    best.push({ key: pattern.key, bindings })
  }
  return best
}

const indexed = new WeakMap<MapNode, Keys>()

/**
 * The one key of a map that matches an asset best; undefined when none does.
 *
 * @throws CATALOG_AMBIGUOUS when two match equally well.
 */
export function matchPattern(map: MapNode, asset: string): PatternMatch | undefined {
  let keys = indexed.get(map)
  if (!keys) indexed.set(map, (keys = keysOf(map.entries.keys())))
  const matches = matchesIn(keys, asset)
  const [first, second] = [matches[0], matches[1]]
  if (!first || !second) return first
  const [one, other] = [first, second].map(({ key }) => ({ key, place: map.entries.get(key)!.key }))
  throw new LevadaError(
    'CATALOG_AMBIGUOUS',
    `'${asset}' matches '${one!.key}' (${formatPlace(one!.place)}) as well as ` +
      `'${other!.key}' (${formatPlace(other!.place)}).`,
    { place: other!.place },
  )
}

/** A text in pieces: as it stands, or the name of a placeholder. */
export type Pieces = readonly (string | { readonly name: string })[]

/** @param form what stands for a placeholder, with its name as the only group */
export const cut = (text: string, form: RegExp): Pieces =>
  text.split(form).map((piece, i) => (i % 2 === 0 ? piece : { name: piece }))

/** An entry with what stands below it in texts with placeholders. */
interface Template {
  readonly key: string
  readonly texts: ReadonlyMap<ConfigNode, Pieces>
  /** Placeholders that the key does not have. */
  readonly errors: readonly LevadaError[]
}

const templates = new WeakMap<ConfigNode, Template>()

function makeTemplate(node: ConfigNode, key: string, names: readonly string[]): Template {
  const texts = new Map<ConfigNode, Pieces>()
  const errors: LevadaError[] = []
  const check = (pieces: Pieces, place: Place): Pieces => {
    for (const piece of pieces) {
      if (typeof piece === 'string' || names.includes(piece.name)) continue
      errors.push(
        new LevadaError(
          'CONFIG_INVALID',
          `{${piece.name}} is no placeholder of '${key}'.${didYouMean(piece.name, names)}`,
          { place, hint: 'Use a placeholder of the key; under the key of one asset, braces are plain text.' },
        ),
      )
    }
    return pieces
  }
  for (const scalar of scalars(node)) {
    if (typeof scalar.value !== 'string' || scalar.state === 'resolved') continue
    const tokens = tokenize(scalar.value)
    if ('problem' in tokens) continue
    const pieces = tokens.flatMap(({ kind, raw }) =>
      kind === 'text' ? check(cut(raw, placeholder), scalar.origin) : [raw],
    )
    if (pieces.some((piece) => typeof piece !== 'string')) texts.set(scalar, pieces)
  }
  return { key, texts, errors }
}

/** Puts the bindings of a pattern in the place of `{name}` in every text below a node; `${…}` is left untouched. */
export function substitute(node: ConfigNode, key: string, bindings: Bindings): ConfigNode {
  const names = Object.keys(bindings)
  if (names.length === 0) return node
  const known = templates.get(node)
  const template = known?.key === key ? known : makeTemplate(node, key, names)
  templates.set(node, template)
  const { texts, errors } = template
  throwAll(errors)
  if (texts.size === 0) return node
  return mapScalars(node, (scalar) => {
    const pieces = texts.get(scalar)
    if (!pieces) return scalar
    const value = pieces.map((piece) => (typeof piece === 'string' ? piece : bindings[piece.name]!)).join('')
    return { ...scalar, value, written: scalar.value as string }
  })
}

export interface MatchedEntry extends PatternMatch {
  /** The entry with its bindings filled in, not yet interpolated. */
  readonly node: ConfigNode
}

/** The entry of catalog.yml or engines.yml that holds for an asset. @throws CATALOG_AMBIGUOUS, CONFIG_INVALID for a placeholder that the key does not have */
export function matchEntry(map: MapNode, asset: string): MatchedEntry | undefined {
  const match = matchPattern(map, asset)
  return match && { ...match, node: substitute(map.entries.get(match.key)!.value, match.key, match.bindings) }
}

function binding(key: string): Pattern['bind'] {
  const form = toRegExp(key)
  const parts = key.split('.').map((part) => /^\{([a-z_]\w*)\}$/i.exec(part)?.[1] ?? { literal: part })
  const names = parts.filter((part) => typeof part === 'string')
  const isWhole = parts.every((part) => typeof part === 'string' || !/[{}]/.test(part.literal))
  if (!isWhole || new Set(names).size < names.length || names.includes('__proto__'))
    return (name) => {
      const found = form.exec(name)
      return found ? { ...found.groups } : undefined
    }
  // Between dots are placeholders or literal text, as nearly always: that is told in less time than by the regular expression.
  return (name) => {
    const bindings: Record<string, string> = {}
    let start = 0
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]!
      const dot = name.indexOf('.', start)
      const end = i === parts.length - 1 ? name.length : dot
      if (end <= start || (i === parts.length - 1 && dot >= 0)) return undefined
      const text = name.slice(start, end)
      if (typeof part === 'string') bindings[part] = text
      else if (text !== part.literal) return undefined
      start = end + 1
    }
    return bindings
  }
}

function toRegExp(key: string): RegExp {
  const seen = new Set<string>()
  const pieces = key.split(placeholder).map((piece, i) => {
    if (i % 2 === 0) return piece.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    if (seen.has(piece)) return `\\k<${piece}>`
    seen.add(piece)
    return `(?<${piece}>[^.]+)`
  })
  return new RegExp(`^${pieces.join('')}$`)
}
