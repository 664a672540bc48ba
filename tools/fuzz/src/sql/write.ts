import type { Random } from '../random.ts'

/** A word, sign or text of SQL; none is white space. */
export type Token = string

const token = /--[^\n]*|\/\*[^]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$?\w+(?:\.\d+)?|<>|>=|<=|::|\S/g
export const tokensOf = (text: string): Token[] => text.match(token) ?? []

const keywords =
  /^(select|from|where|and|group|by|order|limit|with|as|join|on|case|when|then|else|end|is|distinct|cast|coalesce|sum|count|round)$/

export interface WrittenSql {
  readonly text: string
  /** Offset of each token. */
  readonly at: readonly number[]
}

/** What a gap may hold: nothing in it is looked at. */
const remarks = [
  '-- $nobody; select\n',
  '/* it\'s "so */',
  '-- ";\n',
  '/* $x ; -- */',
  '-- 日本 🎈 ?\n',
  "-- ' $1\n",
]

/** Writes the tokens with other white space, comments and capitals, and tells where each came to stand. */
export function writeSql(tokens: readonly Token[], random: Random): WrittenSql {
  const at: number[] = []
  let text = random.chance(0.2) ? random.pick(['\n', '  ', ...remarks.map((remark) => `${remark}\n`)]) : ''
  const gap = (): string => {
    const blank = random.pick([' ', ' ', ' ', '\n', '\n  ', '  ', '\t'])
    return random.chance(0.05) ? `${blank}${random.pick(remarks)} ` : blank
  }
  tokens.forEach((each, i) => {
    const tight = /^[.,():]/.test(each) || /[.(:]$/.test(tokens[i - 1] ?? '')
    if (i > 0 && !tight) text += gap()
    at.push(text.length)
    text += keywords.test(each) && random.chance(0.3) ? each.toUpperCase() : each
  })
  return { text: text + random.pick(['', '\n', ' ;', ';\n', '; -- the end', '\n;\n;']), at }
}
