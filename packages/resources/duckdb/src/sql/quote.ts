import { fileURLToPath } from 'node:url'

/** A quoted identifier. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A quoted text. */
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** A path on this machine, for a path or a `file:` URL. */
export const localPath = (uri: string): string => (uri.startsWith('file:') ? fileURLToPath(uri) : uri)

/** The files as a list literal, each taken as it is written although readers expand `*`, `?` and `[`. */
export const fileList = (uris: readonly string[]): string =>
  `[${uris.map((uri) => quoteText(localPath(uri).replaceAll(/[[*?]/g, '[$&]'))).join(', ')}]`

/** DuckDB ignores case in names: the first two that it takes for one. */
export function sameName(names: readonly string[]): readonly [string, string] | undefined {
  const seen = new Map<string, string>()
  for (const name of names) {
    const other = seen.get(name.toLowerCase())
    if (other !== undefined) return [other, name]
    seen.set(name.toLowerCase(), name)
  }
  return undefined
}
