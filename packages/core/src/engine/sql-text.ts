import { LevadaError, positionAt, type Place } from '../errors/index.ts'

/** A piece of an author's SQL and where it stands, so that an engine's position maps back to the file. */
export interface SqlText {
  readonly text: string
  /** The file, or what names the text when it stands in code. */
  readonly file: string
  /** 1-based line and column of the first character in the file. */
  readonly line: number
  readonly column: number
  /** The whole text of the file, where the SQL is only a part of it; for code frames. */
  readonly context?: string | undefined
}

export interface ParamUse {
  readonly name: string
  /** 0-based offsets of `$name` in the text. */
  readonly start: number
  readonly end: number
}

const word = /[A-Za-z0-9_$\u0080-\uffff]/
const tagged = /\$[A-Za-z_\u0080-\uffff]?[A-Za-z0-9_\u0080-\uffff]*\$/y

/** Skips one string, quoted name, dollar-quoted text or comment that starts at `i`; returns `i` when none does. */
function skip(text: string, i: number): number {
  const c = text[i]
  if (c === "'" || c === '"') {
    const escapes = c === "'" && /(^|[^A-Za-z0-9_])[eE]$/.test(text.slice(Math.max(0, i - 2), i))
    for (let j = i + 1; j < text.length; j++) {
      if (escapes && text[j] === '\\') j++
      else if (text[j] === c) {
        if (text[j + 1] === c) j++
        else return j + 1
      }
    }
    return text.length
  }
  if (text.startsWith('--', i)) {
    const end = text.indexOf('\n', i)
    return end < 0 ? text.length : end
  }
  if (text.startsWith('/*', i)) {
    let depth = 0
    for (let j = i; j < text.length; j++) {
      if (text.startsWith('/*', j)) {
        depth++
        j++
      } else if (text.startsWith('*/', j)) {
        j++
        if (--depth === 0) return j + 1
      }
    }
    return text.length
  }
  if (c === '$' && !(i > 0 && word.test(text[i - 1]!))) {
    tagged.lastIndex = i
    const open = tagged.exec(text)
    if (open && open[0].length >= 2) {
      const end = text.indexOf(open[0], i + open[0].length)
      if (end >= 0) return end + open[0].length
    }
  }
  return i
}

/** Every `$name` outside of strings, quoted names, dollar-quoted text and comments. */
export function paramUses(text: string): readonly ParamUse[] {
  const uses: ParamUse[] = []
  for (let i = 0; i < text.length;) {
    const next = skip(text, i)
    if (next > i) {
      i = next
      continue
    }
    const name =
      text[i] === '$' && !(i > 0 && word.test(text[i - 1]!))
        ? /^[A-Za-z_][A-Za-z0-9_]*/.exec(text.slice(i + 1, i + 130))?.[0]
        : undefined
    if (name !== undefined) uses.push({ name, start: i, end: i + 1 + name.length })
    i += name === undefined ? 1 : 1 + name.length
  }
  return uses
}

/** Offset of what a sticky pattern first finds outside of strings, quoted names, dollar-quoted text and comments. */
export function findInCode(text: string, pattern: RegExp, from = 0): number | undefined {
  for (let i = from; i < text.length;) {
    const next = skip(text, i)
    pattern.lastIndex = i
    if (next === i && pattern.test(text)) return i
    i = Math.max(next, i + 1)
  }
  return undefined
}

/** Offset at which the first statement begins that is no SELECT, or one too many. */
export function notSelectAt(text: string): number {
  const first = findInCode(text, /[^\s;]/y) ?? 0
  if (!/^(select|with|from|values|table|pivot|unpivot|\()/i.test(text.slice(first, first + 8))) return first
  const end = findInCode(text, /;/y, first)
  return (end === undefined ? undefined : findInCode(text, /[^\s;]/y, end)) ?? first
}

export interface Rewritten {
  readonly text: string
  /** Offset in the author's text for an offset in the rewritten one. */
  readonly original: (offset: number) => number
}

/** Replaces every `$name` and keeps track of the offsets. */
export function rewriteParams(text: string, replacement: (name: string) => string): Rewritten {
  const marks: { at: number; shift: number }[] = []
  let out = ''
  let last = 0
  for (const { name, start, end } of paramUses(text)) {
    out += text.slice(last, start) + replacement(name)
    last = end
    marks.push({ at: out.length, shift: end - out.length })
  }
  out += text.slice(last)
  const original = (offset: number): number => {
    const mark = marks.findLast(({ at }) => at <= offset)
    const next = marks.find(({ at }) => at > offset)
    const plain = offset + (mark?.shift ?? 0)
    return next === undefined ? plain : Math.min(plain, next.at + next.shift)
  }
  return { text: out, original }
}

/** A block comment whose inner ones are closed too. */
function isClosedComment(text: string): boolean {
  if (!text.startsWith('/*')) return false
  const ends = text.match(/\/\*|\*\//g) ?? []
  return ends.filter((end) => end === '/*').length === ends.filter((end) => end === '*/').length
}

/** The text without the semicolons, white space and comments behind its last statement. */
export function trimStatement(text: string): string {
  let end = 0
  for (let i = 0; i < text.length;) {
    const next = skip(text, i)
    // A comment that is never closed is a fault, which has to stay.
    const comment = next > i && (text.startsWith('--', i) || isClosedComment(text.slice(i, next)))
    if (next === i) {
      if (!/[\s;]/.test(text[i]!)) end = i + 1
      i++
    } else {
      if (!comment) end = next
      i = next
    }
  }
  return text.slice(0, end)
}

/** A character that stands for itself, alone; the others are of words, of operators, or white space. */
const punctuation = 0
const spelled = 1
const operator = 2
const space = 3
type Kind = typeof punctuation | typeof spelled | typeof operator | typeof space

const kindOf = (character: string): Kind => {
  if (/\s/.test(character)) return space
  if (/[(),;[\]{}]/.test(character)) return punctuation
  return /[A-Za-z0-9_$'"\u0080-\uffff]/.test(character) ? spelled : operator
}
/** Of ASCII. */
const kinds: readonly Kind[] = Array.from({ length: 128 }, (_, code) => kindOf(String.fromCharCode(code)))
const kindAt = (text: string, at: number): Kind => kinds[text.charCodeAt(at)] ?? kindOf(text[at]!)
/** What a string, quoted name, dollar-quoted text or comment begins with. */
const opening = new Set(Array.from(`'"$-/`, (character) => character.charCodeAt(0)))

/**
 * The text without its comments and without the white space that separates nothing: two texts that differ in form only
 * have the same. It is for comparing, not for running.
 */
export function normalSql(text: string): string {
  let out = ''
  /** Where what is not in `out` yet begins, and the character before the last gap. */
  let from = 0
  let before = -1
  for (let i = 0; i < text.length;) {
    const begin = i
    const kind = kindAt(text, i)
    const end = opening.has(text.charCodeAt(i)) ? skip(text, i) : i
    i = Math.max(end, i + 1)
    const isGap = kind === space || (end > begin && kind === operator)
    if (!isGap) {
      // Would they be read as one word, or as one operator, without what stands between them?
      if (before >= 0 && kind !== punctuation && kindAt(text, before) === kind) out += ' '
      before = -1
      continue
    }
    out += text.slice(from, begin)
    // Of several gaps, the first.
    if (before < 0 && from < begin) before = begin - 1
    from = i
  }
  out += text.slice(from)
  return out.replace(/;+$/, '')
}

/** A place in the author's file, for an offset in the text. */
export function placeIn(sql: SqlText, offset: number): Place {
  const { line, column } = positionAt(sql.text, offset)
  return {
    file: sql.file,
    line: sql.line + line - 1,
    column: line === 1 ? sql.column + column - 1 : column,
    text: sql.context ?? '\n'.repeat(sql.line - 1) + ' '.repeat(sql.column - 1) + sql.text,
  }
}

/** Refuses U+0000, at which parsers and servers take the text to end. @throws SQL_SYNTAX */
export function checkNul(name: string, sql: SqlText): void {
  const at = sql.text.indexOf('\0')
  if (at >= 0)
    throw new LevadaError('SQL_SYNTAX', `${name}: the text holds the character U+0000.`, {
      place: placeIn(sql, at),
      hint: 'Remove it; a file that is full of them is UTF-16 and has to be saved as UTF-8.',
    })
}

/** Where the first word stands, behind comments and white space. */
export function startOf(sql: SqlText): Place {
  const gap = /^(\s|--[^\n]*(\n|$)|\/\*[^]*?\*\/)*/.exec(sql.text)![0].length
  return placeIn(sql, gap)
}

/** For parsers that count UTF-8 bytes: the offset in UTF-16 units, as JavaScript counts. */
export const unitOffset = (text: string, bytes: number): number =>
  Buffer.from(text).subarray(0, bytes).toString().length

/** For parsers that count code points: the offset in UTF-16 units. */
export const unitOffsetOfPoint = (text: string, points: number): number =>
  [...text].slice(0, points).join('').length
