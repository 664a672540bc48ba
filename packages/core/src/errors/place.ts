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

/** The line of a place with one line around it and a caret below; empty when the text or line is unknown. */
export function codeFrame({ text, line, column }: Place): string {
  if (text === undefined || line === undefined) return ''
  const lines = text.split('\n')
  const first = Math.max(1, line - 1)
  const last = Math.min(lines.length, line + 1)
  const width = String(last).length
  const out: string[] = []
  for (let n = first; n <= last; n++) {
    out.push(
      `${n === line ? '>' : ' '} ${String(n).padStart(width)} | ${(lines[n - 1] ?? '').replaceAll('\t', ' ').slice(0, 160)}`,
    )
    if (n === line && column !== undefined)
      out.push(`  ${' '.repeat(width)} | ${' '.repeat(Math.min(column, 160) - 1)}^`)
  }
  return out.join('\n')
}
