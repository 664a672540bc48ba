const escaped: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

const unescape = (field: string): string =>
  field.replaceAll(/\\(.)/g, (_, character: string) => escaped[character] ?? character)

/** The fields of whole lines of `COPY … TO STDOUT` in text format. */
export function copyFields(lines: string): readonly (readonly (string | null)[])[] {
  const rows = lines.split('\n')
  rows.pop()
  if (!lines.includes('\\')) return rows.map((row) => row.split('\t'))
  return rows.map((row) =>
    row.split('\t').map((field) => (field === '\\N' ? null : field.includes('\\') ? unescape(field) : field)),
  )
}
