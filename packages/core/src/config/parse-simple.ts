import type { ConfigNode, MapEntry, MapNode, Origin, Scalar } from './node.ts'
import type { Page } from './page.ts'
import { isPlainName } from './words.ts'

/** What YAML treats in ways of its own: tabs, other line ends, controls and marks. */
const special = /[^\n -~\u00a0-\u2027\u202a-\ufefe]/
const quoted = /"[^"\\\n]*"|'[^'\n]*'(?!')/y
const plainKey = /[A-Za-z_][\w.$*/{}-]*(?=:[ \n]|:$)/y
const keyInFlow = /[A-Za-z_][\w.$*/-]*(?=: )/y
const plainText = /-?[\w.$/~\u00a0-\ufefe](?:[^\n:#]|:(?![ \n]|$)|(?<! )#)*/y
const plainInFlow = /-?[\w.$/~\u00a0-\ufefe](?:[^\n:#,[\]{}]|:(?![ \n,[\]{}]|$)|(?<! )#)*/y
const words = /^(?:~|null|true|false)$/i
const number = /^-?(?:0|[1-9]\d{0,14})(?:\.\d+)?$/
/** Other spellings of numbers, and what is close to one. */
const likeNumber = /^[-+]?(?:0[ox]|[\d.]+(?:e[-+]?\d*)?$|\.(?:inf|nan)$)/i
const deepest = 50
const none: readonly Origin[] = []

/**
 * Reads the YAML that configuration is mostly written in, many times faster than the library does: block maps and lists,
 * texts on one line, lists and maps of such on one line, comments. It gives up at the first sign of anything else, be it a fault or not: what
 * is wrong, the library says.
 *
 * @param section the path of the whole
 * @param discreet whether a key that is no plain name is left out of paths
 * @returns the nodes that the library gives; undefined when it gave up
 */
export function parseSimple(
  text: string,
  place: Page,
  section: string,
  discreet: boolean,
): MapNode | undefined {
  if (special.test(text)) return undefined
  try {
    return new SimpleParser(text, place, discreet).document(section)
  } catch (error) {
    if (error === otherwise) return undefined
    throw error
  }
}

/** The value of a text that is one plain scalar; undefined for any other, as of {@link parseSimple}. */
export function scalarOf(text: string): { readonly value: Scalar; readonly source: string } | undefined {
  plainText.lastIndex = 0
  if (special.test(text) || plainText.exec(text)?.[0] !== text || text.endsWith(' ')) return undefined
  const value = valueOf(text)
  return value === undefined ? undefined : { value, source: text }
}

const otherwise = Symbol('another kind of YAML')

class SimpleParser {
  readonly #text: string
  readonly #place: Page
  readonly #discreet: boolean
  #at = 0
  #line = 1
  #lineStart = 0
  /** Of the content at `#at`, from 0; -1 at the end of the text. */
  #column = 0
  #depth = 0

  constructor(text: string, place: Page, discreet: boolean) {
    this.#text = text
    this.#place = place
    this.#discreet = discreet
  }

  document(section: string): MapNode {
    this.#nextLine(true)
    const begins = this.#column === 0
    const root = this.#map(section)
    if (!begins || this.#column >= 0) throw otherwise
    return root
  }

  /** From the end of a value to the next content; blanks and comments are all that may stand between. */
  #nextLine(fresh = false): void {
    const text = this.#text
    let at = this.#at
    for (let begun = fresh; ;) {
      const char = text[at]
      if (char === ' ') at++
      else if (char === '\n') {
        begun = true
        this.#line++
        this.#lineStart = ++at
      } else if (char === undefined) {
        this.#column = -1
        break
      } else if (char === '#' && (at === this.#lineStart || text[at - 1] === ' ')) {
        const end = text.indexOf('\n', at)
        at = end < 0 ? text.length : end
      } else if (begun) {
        this.#column = at - this.#lineStart
        break
      } else throw otherwise
    }
    this.#at = at
  }

  /** A map or list that begins here, each of whose keys or dashes stands in this column. */
  #block(path: string): ConfigNode {
    if (++this.#depth > deepest) throw otherwise
    const block = this.#isDash() ? this.#list(path) : this.#map(path)
    this.#depth--
    return block
  }

  #isDash = (): boolean => this.#text[this.#at] === '-' && this.#text[this.#at + 1] === ' '

  #map(path: string): MapNode {
    const column = this.#column
    const origin = this.#here()
    const entries = new Map<string, MapEntry>()
    while (this.#column === column && !(entries.size > 0 && this.#isDash())) {
      const key = this.#here()
      const name = this.#key()
      if (entries.has(name)) throw otherwise
      entries.set(name, { key, value: this.#valueOf(this.#below(path, name), column) })
      if (this.#column > column) throw otherwise
    }
    return { kind: 'map', path, origin, overridden: none, entries }
  }

  /** What follows the colon of a key in this column. */
  #valueOf(path: string, column: number): ConfigNode {
    this.#skipBlanks()
    const char = this.#text[this.#at]
    if (char !== '\n' && char !== undefined && char !== '#') return this.#lineOf(path)
    const origin = this.#here()
    this.#nextLine()
    if (this.#column > column || (this.#column === column && this.#isDash())) return this.#block(path)
    return { kind: 'scalar', path, origin, overridden: none, value: null }
  }

  #list(path: string): ConfigNode {
    const column = this.#column
    const origin = this.#here()
    const items: ConfigNode[] = []
    while (this.#column === column && this.#isDash()) {
      this.#at++
      this.#skipBlanks()
      const inner = `${path}.${items.length}`
      if (this.#isKey()) {
        this.#column = this.#at - this.#lineStart
        items.push(this.#block(inner))
      } else items.push(this.#lineOf(inner))
      if (this.#column > column) throw otherwise
    }
    return { kind: 'list', path, origin, overridden: none, items }
  }

  /** A value that is all of the rest of its line. */
  #lineOf(path: string): ConfigNode {
    const value = this.#value(path, plainText)
    this.#nextLine()
    return value
  }

  #value(path: string, plain: RegExp): ConfigNode {
    const char = this.#text[this.#at]
    if (char === '[' || char === '{') return this.#flow(path, char)
    const origin = this.#here()
    if (char === '"' || char === "'")
      return { kind: 'scalar', path, origin, overridden: none, value: this.#quoted() }
    const written = trimmed(this.#take(plain))
    const value = valueOf(written)
    if (value === undefined) throw otherwise
    return {
      kind: 'scalar',
      path,
      origin,
      overridden: none,
      value,
      ...(typeof value === 'number' && { source: written }),
    }
  }

  /** A list or map on one line. */
  #flow(path: string, open: '[' | '{'): ConfigNode {
    if (++this.#depth > deepest) throw otherwise
    const origin = this.#here()
    const items: ConfigNode[] = []
    const entries = new Map<string, MapEntry>()
    const close = open === '[' ? ']' : '}'
    this.#at++
    this.#skipBlanks()
    while (this.#text[this.#at] !== close) {
      if (open === '[') items.push(this.#value(`${path}.${items.length}`, plainInFlow))
      else {
        const key = this.#here()
        const name = this.#key(keyInFlow)
        if (entries.has(name)) throw otherwise
        this.#skipBlanks()
        entries.set(name, { key, value: this.#value(this.#below(path, name), plainInFlow) })
      }
      this.#skipBlanks()
      if (this.#text[this.#at] === ',') {
        this.#at++
        this.#skipBlanks()
        // A comma before the end.
        if (this.#text[this.#at] === close) throw otherwise
      } else if (this.#text[this.#at] !== close) throw otherwise
    }
    this.#at++
    this.#depth--
    return open === '['
      ? { kind: 'list', path, origin, overridden: none, items }
      : { kind: 'map', path, origin, overridden: none, entries }
  }

  #isKey(): boolean {
    const at = this.#at
    try {
      this.#key()
      return true
    } catch {
      return false
    } finally {
      this.#at = at
    }
  }

  /** A key with its colon. */
  #key(plain = plainKey): string {
    const char = this.#text[this.#at]
    const name = char === '"' || char === "'" ? this.#quoted() : this.#take(plain)
    const after = this.#text[this.#at + 1]
    if (this.#text[this.#at] !== ':' || (after !== ' ' && after !== '\n' && after !== undefined))
      throw otherwise
    this.#at++
    return name
  }

  #quoted(): string {
    const text = this.#take(quoted)
    return text.slice(1, -1)
  }

  #take(what: RegExp): string {
    what.lastIndex = this.#at
    const found = what.exec(this.#text)
    if (!found) throw otherwise
    this.#at += found[0].length
    return found[0]
  }

  #skipBlanks(): void {
    while (this.#text[this.#at] === ' ') this.#at++
  }

  #here = (): Origin => this.#place(this.#line, this.#at - this.#lineStart + 1)

  #below = (path: string, name: string): string =>
    `${path}.${this.#discreet && !isPlainName(name) ? '***' : name}`
}

function trimmed(text: string): string {
  let end = text.length
  while (text[end - 1] === ' ') end--
  return text.slice(0, end)
}

/** What a text without quotes means; undefined for spellings that are words or numbers to some and texts to others. */
function valueOf(text: string): Scalar | undefined {
  if (likeNumber.test(text)) return number.test(text) ? Number(text) : undefined
  if (text.length > 5 || !words.test(text)) return text
  if (text === 'true' || text === 'false') return text === 'true'
  return text === 'null' || text === '~' ? null : undefined
}
