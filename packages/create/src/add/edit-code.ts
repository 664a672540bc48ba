/** Imports that are one statement each, from the beginning of a line. */
const imports = /^import\s[^;'"`]*?from\s+(['"])[^'"\n]+\1;?$/gm

/** A module with one more import, after the others; undefined where that is not sure. */
export function withImport(text: string, line: string): string | undefined {
  if (text.split('\n').includes(line)) return text
  const last = [...text.matchAll(imports)].at(-1)
  if (!last) return undefined
  const end = last.index + last[0].length
  return `${text.slice(0, end)}\n${line}${text.slice(end)}`
}

/** Plain names and calls: nothing that could hold a bracket of its own, a text or a comment. */
const list = (key: string): RegExp => new RegExp(`^(.*?\\b)${key}: \\[([\\w\\s,.()$]*)\\]`, 'gm')

/** A module whose list `key: [a, b]` has one more item; undefined where there is no such list, or more than one. */
export function withItem(text: string, key: string, item: string): string | undefined {
  const found = [...text.matchAll(list(key))].filter(([, before]) => isCode(before!))
  if (found.length !== 1) return undefined
  const [whole, before = '', items = ''] = found[0]!
  const names = items
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
  if (names.includes(item)) return text
  const [, indent] = /\n([ \t]*)\S/.exec(items) ?? []
  const made =
    indent === undefined
      ? [...names, item].join(', ')
      : `${items.trimEnd().replace(/,$/, '')},\n${indent}${item},${/\s*$/.exec(items)![0]}`
  return splice(text, found[0]!.index, whole, `${before}${key}: [${made}]`)
}

/** A module whose object `key: { a: a() }` has one more entry. One that is absent goes after `pipelines: […]`. */
export function withEntry(text: string, key: string, entry: string): string | undefined {
  const found = [...text.matchAll(new RegExp(`^([ \\t]*)${key}: \\{([\\w\\s,.:()$]*)\\}`, 'gm'))]
  if (found.length > 1) return undefined
  if (found[0]) {
    const [whole, indent = '', entries = ''] = found[0]
    const names = entries.split(',').map((each) => each.trim())
    if (names.includes(entry)) return text
    if (entries.includes('\n')) return undefined
    const made = [...names.filter((each) => each !== ''), entry].join(', ')
    return splice(text, found[0].index, whole, `${indent}${key}: { ${made} }`)
  }
  if (new RegExp(`\\b${key}\\b`).test(text)) return undefined
  const after = [...text.matchAll(/^([ \t]*)pipelines: \[[\w\s,.()$]*\],\n/gm)]
  if (after.length !== 1) return undefined
  const [whole, indent = ''] = after[0]!
  return splice(text, after[0]!.index, whole, `${whole}${indent}${key}: { ${entry} },\n`)
}

/** Whether a line that begins so is still outside of comments and texts. */
const isCode = (line: string): boolean =>
  !/^\s*\*|\/\/|\/\*|['"`]/.test(line.replaceAll(/'[^'\\]*'|"[^"\\]*"/g, ''))

const splice = (text: string, at: number, old: string, now: string): string =>
  text.slice(0, at) + now + text.slice(at + old.length)
