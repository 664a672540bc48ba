import type { Random } from '../random.ts'

/** A YAML value: a scalar, a list, a map whose keys may repeat, or text that is taken as it is. */
export type Value = string | number | boolean | null | Raw | readonly Value[] | Tree

/** Text that is written without quotes and looked at no further. */
export interface Raw {
  readonly raw: string
}
export interface Entry {
  key: string
  value: Value
}
export interface Tree {
  readonly entries: Entry[]
}
type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain }

export function toTree(plain: Readonly<Record<string, Plain>>): Tree {
  return { entries: Object.entries(plain).map(([key, value]) => ({ key, value: toValue(value) })) }
}
const toValue = (plain: Plain): Value =>
  Array.isArray(plain)
    ? plain.map(toValue)
    : typeof plain === 'object' && plain !== null
      ? toTree(plain as Readonly<Record<string, Plain>>)
      : (plain as Value)

export const isTree = (value: Value): value is Tree =>
  typeof value === 'object' && value !== null && 'entries' in value && !Array.isArray(value)
const isRaw = (value: Value): value is Raw => typeof value === 'object' && value !== null && 'raw' in value

export interface Written {
  readonly text: string
  /** Offsets of keys and values, by their entry. */
  readonly keys: ReadonlyMap<Entry, number>
  readonly values: ReadonlyMap<Entry, number>
  /** Offset and indentation of each line that begins with a key, in the block style. */
  readonly lines: readonly { readonly at: number; readonly indent: number; readonly entry: Entry }[]
}

export interface Style {
  /** Maps below the top are written in blocks. */
  readonly block?: boolean
  /** Quotes, comments and empty lines vary. @default true */
  readonly varied?: boolean
}

const plainKey = /^[a-z_][\w.-]*$/i
const plainText = /^[a-z./][\w./-]*$/i
const words = /^(true|false|null|yes|no|on|off|~)$/i

/** Writes a tree in one of the many ways in which YAML says the same, and tells where everything came to stand. */
export function writeYaml(tree: Tree, random: Random, { block, varied = true }: Style = {}): Written {
  const keys = new Map<Entry, number>()
  const values = new Map<Entry, number>()
  const lines: { at: number; indent: number; entry: Entry }[] = []
  const step = varied ? random.pick([2, 2, 2, 4, 3]) : 2
  let out = ''
  const maybe = (probability: number): boolean => varied && random.chance(probability)

  const quoted = (text: string): string => {
    const double = JSON.stringify(text)
    const single = `'${text.replaceAll("'", "''")}'`
    return maybe(0.5) ? double : single
  }
  const scalar = (value: string | number | boolean | null): string => {
    if (typeof value !== 'string') return String(value)
    return plainText.test(value) && !words.test(value) && !maybe(0.4) ? value : quoted(value)
  }
  const comment = (indent: number): void => {
    if (maybe(0.08)) out += '\n'
    if (maybe(0.1))
      out += `${' '.repeat(indent)}# ${random.pick(['a: b', '"', "it's", '${globals:x}', '- {', '日本 🎈'])}\n`
  }
  const flow = (value: Value): void => {
    if (isRaw(value)) out += value.raw
    else if (isTree(value)) {
      out += maybe(0.5) ? '{' : '{ '
      value.entries.forEach((entry, i) => {
        if (i > 0) out += maybe(0.3) ? ',   ' : ', '
        key(entry)
        out += ' '
        values.set(entry, out.length)
        flow(entry.value)
      })
      out += ' }'
    } else if (Array.isArray(value)) {
      out += '['
      value.forEach((item: Value, i) => {
        if (i > 0) out += ', '
        flow(item)
      })
      out += ']'
    } else out += scalar(value as string)
  }
  const key = (entry: Entry): void => {
    keys.set(entry, out.length)
    out += plainKey.test(entry.key) && !words.test(entry.key) && !maybe(0.3) ? entry.key : quoted(entry.key)
    out += ':'
  }
  const blockMap = ({ entries }: Tree, indent: number): void => {
    for (const entry of entries) {
      comment(indent)
      lines.push({ at: out.length, indent, entry })
      out += ' '.repeat(indent)
      key(entry)
      if (isTree(entry.value) && entry.value.entries.length > 0 && (block ?? maybe(0.5))) {
        out += maybe(0.15) ? ' # below\n' : '\n'
        const [first] = entry.value.entries
        blockMap(entry.value, indent + step)
        values.set(entry, keys.get(first!)!)
        continue
      }
      out += maybe(0.1) ? '   ' : ' '
      values.set(entry, out.length)
      flow(entry.value)
      if (maybe(0.1)) out += ' # so it is'
      out += '\n'
    }
  }
  if (maybe(0.1)) out += '---\n'
  blockMap(tree, 0)
  return { text: out, keys, values, lines }
}
