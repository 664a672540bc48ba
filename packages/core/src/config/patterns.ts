import { didYouMean, formatPlace, LevadaError, throwAll, type Place } from '../errors/index.ts'
import { mapScalars, type ConfigNode, type MapNode } from './node.ts'
import { tokenize } from './template.ts'

export type Bindings = Readonly<Record<string, string>>

export interface PatternMatch {
  readonly key: string
  readonly bindings: Bindings
}

const placeholder = /\{([a-z_]\w*)\}/gi

/**
 * The most specific keys that match a name; more than one is a tie. `{name}` stands for one or more characters except
 * the dot. An exact key beats a pattern, then more literal characters win, then fewer placeholders.
 */
export function bestMatches(keys: Iterable<string>, name: string): readonly PatternMatch[] {
  let best: PatternMatch[] = []
  let bestRank = [0, 0, 0]
  for (const key of keys) {
    if (!key.includes('{') && key !== name) continue
    const found = toRegExp(key).exec(name)
    if (!found) continue
    const order = compare(rank(key, name), bestRank)
    if (best.length > 0 && order < 0) continue
    if (best.length === 0 || order > 0) best = []
    bestRank = rank(key, name)
    best.push({ key, bindings: { ...found.groups } })
  }
  return best
}

/**
 * The one key of a map that matches an asset best; undefined when none does.
 *
 * @throws CATALOG_AMBIGUOUS when two match equally well.
 */
export function matchPattern(map: MapNode, asset: string): PatternMatch | undefined {
  const [first, second] = bestMatches(map.entries.keys(), asset)
  if (!first || !second) return first
  const [one, other] = [first, second].map(({ key }) => ({ key, place: map.entries.get(key)!.key }))
  throw new LevadaError(
    'CATALOG_AMBIGUOUS',
    `'${asset}' matches '${one!.key}' (${formatPlace(one!.place)}) as well as ` +
      `'${other!.key}' (${formatPlace(other!.place)}).`,
    { place: other!.place },
  )
}

/** Puts the bindings of a pattern in the place of `{name}` in every text below a node; `${…}` is left untouched. */
function substitute(node: ConfigNode, key: string, bindings: Bindings): ConfigNode {
  const names = Object.keys(bindings)
  if (names.length === 0) return node
  const errors: LevadaError[] = []
  const bind = (text: string, place: Place): string =>
    text.replace(placeholder, (whole, name: string) => {
      if (Object.hasOwn(bindings, name)) return bindings[name]!
      errors.push(
        new LevadaError(
          'CONFIG_INVALID',
          `${whole} is no placeholder of '${key}'.${didYouMean(name, names)}`,
          { place, hint: 'Use a placeholder of the key; under the key of one asset, braces are plain text.' },
        ),
      )
      return whole
    })
  const substituted = mapScalars(node, (scalar) => {
    if (typeof scalar.value !== 'string' || scalar.state === 'resolved') return scalar
    const tokens = tokenize(scalar.value)
    if ('problem' in tokens) return scalar
    const value = tokens.map(({ kind, raw }) => (kind === 'text' ? bind(raw, scalar.origin) : raw)).join('')
    return value === scalar.value ? scalar : { ...scalar, value, written: scalar.value }
  })
  throwAll(errors)
  return substituted
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

function rank(key: string, name: string): number[] {
  const placeholders = key.match(placeholder)?.length ?? 0
  return [key === name ? 1 : 0, key.replace(placeholder, '').length, -placeholders]
}

const compare = (a: readonly number[], b: readonly number[]): number =>
  a.map((n, i) => n - b[i]!).find((difference) => difference !== 0) ?? 0
