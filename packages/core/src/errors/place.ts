import type { Place } from './error.ts'

/** 1-based line and column of a 0-based UTF-16 offset. */
export function positionAt(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, Math.max(0, offset))
  const line = before.split('\n').length
  return { line, column: before.length - before.lastIndexOf('\n') }
}

/** `file:line:column`, as terminals and editors make it clickable. */
export const formatPlace = ({ file, line, column }: Place): string =>
  [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(':')

/** How much of a line a frame shows. */
const shown = 120

/**
 * The line of a place with one line around it and a caret below; of long lines the part around the column. Empty when the
 * text or line is unknown.
 */
export function codeFrame({ text: whole, line, column }: Place): string {
  if (whole === undefined || line === undefined) return ''
  const lines = whole.split('\n')
  const first = Math.max(1, line - 1)
  const last = Math.min(lines.length, line + 1)
  const width = String(last).length
  const long = (lines[line - 1] ?? '').length > shown + 40
  const from = long && column !== undefined ? Math.max(0, column - 1 - shown / 2) : 0
  const out: string[] = []
  for (let n = first; n <= last; n++) {
    const text = part(lines[n - 1] ?? '', from)
    out.push(`${n === line ? '>' : ' '} ${String(n).padStart(width)} | ${text}`)
    if (n === line && column !== undefined)
      // What is shown of a secret may end before the column.
      out.push(
        `  ${' '.repeat(width)} | ${' '.repeat(Math.min(column - 1 - from + (from > 0 ? 1 : 0), text.length))}^`,
      )
  }
  return out.join('\n')
}

/** What is shown of a line; control characters, which a terminal would obey, are blanks. */
function part(line: string, from: number): string {
  const end = line.length > from + shown + 40 ? from + shown : line.length
  const text = line
    .slice(from, end)
    .replaceAll(/\p{Cc}/gu, ' ')
    .trimEnd()
  return `${from > 0 ? '…' : ''}${text}${end < line.length ? '…' : ''}`
}
