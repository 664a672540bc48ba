type Kind = 'dependencies' | 'devDependencies'
type Manifest = Partial<Record<Kind, Record<string, string>>>

/** A package.json with one more dependency; undefined where its form would change. */
export function withDependency(text: string, kind: Kind, name: string, range: string): string | undefined {
  const manifest = parse(text)
  if (!manifest) return undefined
  if (manifest[kind]?.[name] !== undefined) return text
  const indent = /^\{\n([ \t]+)"/.exec(text)?.[1]
  if (indent === undefined || format(manifest, indent) !== text) return undefined
  const entries = Object.entries({ ...manifest[kind], [name]: range })
  return format(
    { ...manifest, [kind]: Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))) },
    indent,
  )
}

const format = (manifest: Manifest, indent: string): string => `${JSON.stringify(manifest, null, indent)}\n`

function parse(text: string): Manifest | undefined {
  try {
    return JSON.parse(text) as Manifest
  } catch {
    return undefined
  }
}
