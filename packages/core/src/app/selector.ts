import { LevadaError } from '../errors/index.ts'
import {
  isGlob,
  parseSelection,
  printSelection,
  type Factor,
  type StateTerm,
  type Term,
} from './selection-syntax.ts'

/** The names that a selection in code may say. */
export interface Names {
  readonly asset: string
  readonly pipeline: string
  readonly tag: string
  readonly domain: string
  readonly resource: string
}

/**
 * A part of a selection as a plain object, so that the compiler checks its names: exactly one of `asset`, `match`, `node`,
 * `pipeline`, `tag`, `domain`, `owner`, `resource`, `state`, `job`, `from` and `to`.
 */
export interface Selector<out N extends Names = Names> {
  readonly asset?: N['asset']
  /** A glob over the keys of assets and the names of nodes: `aviation.*`, `flights/*`. */
  readonly match?: string
  /** `stage-flights`, or `flights/stage-flights`. */
  readonly node?: string
  readonly pipeline?: N['pipeline']
  readonly tag?: N['tag']
  /** All assets `domain.*`. */
  readonly domain?: N['domain']
  readonly owner?: string
  /** Nodes that need this resource. */
  readonly resource?: N['resource']
  readonly state?: StateTerm
  /** What a job of the app selects. */
  readonly job?: string
  /** Only what is made from it; intersects the rest of the selection. */
  readonly from?: N['asset']
  /** Only what it is made from; intersects the rest of the selection. */
  readonly to?: N['asset']
  /** With what it is made from: all of it, or so many levels. */
  readonly up?: boolean | number
  /** With what is made from it: all of it, or so many levels. */
  readonly down?: boolean | number
  /** With all that is made from it, and all that those are made from. */
  readonly around?: boolean
  /** Only what these select, too. */
  readonly and?: Selector<N> | readonly Selector<N>[]
}

/** Text in the grammar of the command line, or objects; several add up. */
export type AnySelection = string | Selector | readonly (string | Selector)[]

const kinds = [
  'asset',
  'match',
  'node',
  'pipeline',
  'tag',
  'domain',
  'owner',
  'resource',
  'state',
  'job',
  'from',
  'to',
] as const
const others = ['up', 'down', 'around', 'and']

/**
 * A selection in code as the command line would say it.
 * @throws SELECTION_SYNTAX
 */
export function selectionText(selection: AnySelection, exclude: AnySelection = []): string {
  const parts = [selection].flat().map(textOf)
  for (const away of [exclude].flat().map(textOf)) {
    const { terms, exclude: nested } = parseSelection(away)
    if (nested.length > 0)
      throw new LevadaError('SELECTION_SYNTAX', `exclude: '${away}' has an --exclude of its own.`)
    parts.push(printSelection({ terms: [], exclude: terms }))
  }
  return printSelection(parseSelection(parts.join(' ')))
}

const textOf = (part: string | Selector): string =>
  typeof part === 'string' ? part : printSelection({ terms: [termOf(part)], exclude: [] })

function termOf(selector: Selector): Term {
  const refuse = (why: string): never => {
    throw new LevadaError('SELECTION_SYNTAX', `${JSON.stringify(selector)} ${why}.`, {
      hint: `Give exactly one of ${kinds.join(', ')}; beside it ${others.join(', ')}.`,
    })
  }
  const given = Object.keys(selector).filter((key) => selector[key as keyof Selector] !== undefined)
  const unknown = given.find((key) => !(kinds as readonly string[]).includes(key) && !others.includes(key))
  if (unknown !== undefined) refuse(`has an unknown key '${unknown}'`)
  const [kind, second] = kinds.filter((key) => selector[key] !== undefined)
  if (kind === undefined || second !== undefined) return refuse('is no part of a selection')
  const value = selector[kind]!
  if (typeof value !== 'string') return refuse(`has a '${kind}' that is no text`)
  if (isGlob(value) !== (kind === 'match') && !(kind === 'owner' || kind === 'tag'))
    refuse(kind === 'match' ? 'has no * or ? in its match' : `has a glob under '${kind}'; write { match: … }`)
  const around = selector.around === true
  if (around && (selector.up || selector.down))
    refuse('has around, which says both directions, beside up or down')
  const factor: Factor = {
    method: kind === 'asset' || kind === 'match' || kind === 'node' ? 'name' : kind,
    value,
    up: levels(selector.up),
    down: levels(selector.down),
    around,
  }
  const printed = printSelection({ terms: [[factor]], exclude: [] })
  const read = parseSelection(printed).terms
  if (read.length !== 1 || read[0]!.length !== 1 || read[0]![0]!.value !== value)
    refuse(`has a '${kind}' that is no name`)
  return [factor, ...[selector.and ?? []].flat().flatMap(termOf)]
}

function levels(given: boolean | number | undefined): number {
  if (typeof given === 'boolean') return given ? Infinity : 0
  const count = given ?? 0
  if (!Number.isInteger(count) || count < 0 || count > 999_999)
    throw new LevadaError('SELECTION_SYNTAX', `${count} is no number of levels.`)
  return count
}
