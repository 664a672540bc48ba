import { didYouMean, LevadaError } from '../errors/index.ts'

export const states = ['changed', 'missing', 'failed', 'stale'] as const
/** What `state:` may say of an asset. */
export type StateTerm = (typeof states)[number]

const methods = ['pipeline', 'tag', 'domain', 'owner', 'resource', 'from', 'to', 'state', 'job'] as const
export type Method = 'name' | (typeof methods)[number]

/** One name, glob or predicate, with what is around it in the graph. */
export interface Factor {
  readonly method: Method
  readonly value: string
  /** Levels of what it is made from; Infinity for all. */
  readonly up: number
  /** Levels of what is made from it; Infinity for all. */
  readonly down: number
  /** `@x`: x, all that is made from it, and all that those are made from. */
  readonly around: boolean
}

/** What all of its factors name. */
export type Term = readonly Factor[]

/** What some term names, but for what is excluded. Without terms it is everything. */
export interface Selection {
  readonly terms: readonly Term[]
  readonly exclude: readonly Term[]
}

export const isGlob = (name: string): boolean => /[*?]/.test(name)

const exclude = '--exclude'
const bareName = /[\w.*?/-]/
/** A value that needs no quotes. */
const bareValue = /[^\s,"+]/

/**
 * Reads a selection: terms with a blank between them add up, factors with a comma between them intersect, `+` and `@` bind
 * tightest, and `--exclude` takes the term behind it away.
 *
 * @throws SELECTION_SYNTAX with the place
 */
export function parseSelection(text: string): Selection {
  let at = 0
  const refuse = (message: string, column = at, hint?: string): never => {
    throw new LevadaError('SELECTION_SYNTAX', message, {
      place: { file: 'selection', line: 1, column: column + 1, text: text.replaceAll(/\s/g, ' ') },
      ...(hint !== undefined && { hint }),
    })
  }
  const isBlank = (i = at): boolean => i >= text.length || /\s/.test(text[i]!)
  const skip = (): void => {
    while (at < text.length && isBlank()) at++
  }
  const take = (pattern: RegExp): string => {
    const from = at
    while (at < text.length && pattern.test(text[at]!)) at++
    return text.slice(from, at)
  }
  const plus = (): boolean => text[at] === '+' && ++at > 0

  /** The remedy for a partition that stands where names do. */
  const partitionAt = (start: number): string | undefined => {
    const [word] = /^(\w+=.+|\d{4}-\d\d\S*)/.exec(text.slice(start).split(/\s/)[0]!) ?? []
    return word === undefined ? undefined : `Partitions are named by an option: --partition ${word}`
  }

  function levels(digits: string, from: number): number {
    if (digits.length > 6) refuse(`${digits} levels are more than any graph has.`, from)
    return digits === '' ? Infinity : Number(digits)
  }

  function factor(): Factor {
    const start = at
    const around = text[at] === '@'
    if (around) at++
    const digits = take(/\d/)
    const hasUp = plus()
    if (digits !== '' && !hasUp)
      refuse(`A name starts with a letter; a number of levels stands before a +.`, start, partitionAt(start))
    if (around && hasUp) refuse('@ says both directions already: leave the + out.', start)
    const up = hasUp ? levels(digits, start) : 0
    const [method, value] = named(
      hasUp ? `The + at column ${start + digits.length + 1}` : around ? 'The @' : '',
    )
    let down = 0
    const end = at
    if (plus()) {
      if (around) refuse('@ says both directions already: leave the + out.', end)
      down = levels(take(/\d/), end + 1)
    }
    if ((up > 0 || down > 0 || around) && (method === 'from' || method === 'to'))
      refuse(
        `${method}: is a direction itself: leave the ${around ? '@' : '+'} out.`,
        around || up > 0 ? start : end,
      )
    return { method, value, up, down, around }
  }

  function named(before: string): readonly [Method, string] {
    const start = at
    const name = take(bareName)
    if (text[at] !== ':') {
      if (name.startsWith('-'))
        refuse(
          `'${name}' is no part of a selection.${didYouMean(name, [exclude])}`,
          start,
          `The only option in a selection is ${exclude} <name>.`,
        )
      if (name === '') refuse(missing(before), at)
      return ['name', name]
    }
    const method = methods.find((each) => each === name)
    if (!method) return refuse(`There is no selector '${name}:'.${didYouMean(name, methods)}`, start, known)
    at++
    const value = text[at] === '"' ? quoted() : take(bareValue)
    if (value === '') refuse(`${method}: is not followed by a name.`)
    if (method === 'state' && !states.some((state) => state === value))
      refuse(
        `There is no state '${value}'.${didYouMean(value, states)}`,
        at - value.length,
        `Use ${states.map((state) => `state:${state}`).join(', ')}.`,
      )
    return [method, value]
  }

  const missing = (before: string): string => {
    const here = at < text.length && !isBlank() ? `'${text[at]!}'` : undefined
    if (before !== '') return `${before} is not followed by a name.`
    return here === undefined ? 'A name is missing.' : `A name is missing before ${here}.`
  }

  function quoted(): string {
    const start = at++
    let value = ''
    while (at < text.length && text[at] !== '"') {
      if (text[at] === '\\') at++
      value += text[at++] ?? ''
    }
    if (at >= text.length) refuse('The quotation mark is not closed.', start)
    at++
    return value
  }

  function term(): Term {
    const factors = [factor()]
    while (text[at] === ',') {
      at++
      if (isBlank()) refuse('The comma is not followed by a name.', at - 1, ofCommas)
      factors.push(factor())
    }
    if (!isBlank())
      refuse(
        text[at] === '+' ? 'One + is enough.' : `'${text[at]!}' is not understood here.`,
        at,
        text[at] === '=' ? partitionAt(text.lastIndexOf(' ', at) + 1) : undefined,
      )
    return factors
  }

  const selection = { terms: [] as Term[], exclude: [] as Term[] }
  for (skip(); at < text.length; skip()) {
    if (text[at] === ',') refuse('A name is missing before the comma.', at, ofCommas)
    const excluded = text.startsWith(exclude, at) && isBlank(at + exclude.length)
    if (!excluded) {
      selection.terms.push(term())
      continue
    }
    const start = at
    at += exclude.length
    skip()
    if (at >= text.length) refuse(`${exclude} is not followed by a name.`, start)
    const from = at
    const away = term()
    if (away.length === 1 && ['from', 'to'].includes(away[0]!.method))
      refuse(`${away[0]!.method}: is a slice of what is selected; write x+ or +x to exclude.`, from)
    selection.exclude.push(away)
  }
  return selection
}

const known = `Use ${methods.map((method) => `${method}:`).join(', ')}, or the name of an asset or a node.`
const ofCommas =
  'Parts with a comma between them intersect, without a blank. To select both, leave the comma out: a b.'

/** The text of a selection; {@link parseSelection} reads the same from it. */
export const printSelection = (selection: Selection): string => selectionWords(selection).join(' ')

/** The words that a command line has for it. */
export const selectionWords = ({ terms, exclude: away }: Selection): readonly string[] => [
  ...terms.map(printTerm),
  ...away.flatMap((term) => [exclude, printTerm(term)]),
]

const printTerm = (term: Term): string => term.map(printFactor).join(',')

export function printFactor({ method, value, up, down, around }: Factor): string {
  const count = (levels: number): string => (levels === Infinity ? '' : String(levels))
  const name = method === 'name' ? value : `${method}:${printValue(value)}`
  return `${around ? '@' : ''}${up > 0 ? `${count(up)}+` : ''}${name}${down > 0 ? `+${count(down)}` : ''}`
}

const printValue = (value: string): string =>
  [...value].every((letter) => bareValue.test(letter))
    ? value
    : `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`
