import { LevadaError } from '@levada/core/spi'
import { openText } from './line-of.ts'

/** No header is longer: one that is begins with a quote that nothing closes. */
const longest = 2 ** 20

/** A file whose first row Node can read itself. */
export const hasReadableHeader = (file: string): boolean => !file.endsWith('.zst')

/**
 * The cells of the first row; none of an empty file. DuckDB's own detection refuses a file for the faults of later rows,
 * without their line, and passes over a header that it cannot read.
 * @throws DATA_MISSING, DATA_UNREADABLE, STORAGE
 */
export async function firstRow(file: string, delimiter: string): Promise<readonly string[]> {
  let text = ''
  try {
    for await (const part of await openText(file)) {
      text += part
      if (text.length > longest || rowOf(text, delimiter).ended) break
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT')
      throw new LevadaError('DATA_MISSING', `File '${file}' does not exist.`, { details: { file } })
    if (code === 'EACCES' || code === 'EPERM')
      throw new LevadaError('STORAGE', `File '${file}' may not be read: ${code}.`, {
        hint: 'Give the process the right to read it.',
        cause: error,
        details: { file },
      })
    throw new LevadaError('DATA_UNREADABLE', `File '${file}': ${message}.`, { details: { file } })
  }
  if (text === '') return []
  const { cells, open: unclosed } = rowOf(text, delimiter)
  const fault = cells.some((cell) => cell.includes('\ufffd'))
    ? 'the file is not UTF-8'
    : unclosed
      ? 'a quote is not closed'
      : undefined
  if (fault === undefined) return cells
  throw new LevadaError('DATA_UNREADABLE', `File '${file}' line 1: ${fault}.`, { details: { file, line: 1 } })
}

interface Row {
  readonly cells: readonly string[]
  /** A quote is open at the end. */
  readonly open: boolean
  readonly ended: boolean
}

function rowOf(text: string, delimiter: string): Row {
  const cells: string[] = []
  let cell = ''
  let open = false
  for (let i = text.startsWith('\ufeff') ? 1 : 0; i < text.length; i++) {
    const c = text[i]!
    if (open) {
      if (c !== '"') cell += c
      else if (text[i + 1] === '"') cell += text[++i]!
      else open = false
    } else if (c === '"' && cell.trim() === '') {
      cell = ''
      open = true
    } else if (text.startsWith(delimiter, i)) {
      cells.push(cell)
      cell = ''
      i += delimiter.length - 1
    } else if (c === '\n' || c === '\r') return { cells: [...cells, cell], open, ended: true }
    else cell += c
  }
  return { cells: [...cells, cell], open, ended: false }
}

/** Names of columns as DuckDB makes them of a header: none is empty, and no two are one when case is ignored. */
export function headerNames(cells: readonly string[]): readonly string[] {
  const taken = new Set<string>()
  return cells.map((cell, i) => {
    const base = cell.trim() || `column${i}`
    let name = base
    for (let n = 1; taken.has(name.toLowerCase()); n++) name = `${base}_${n}`
    taken.add(name.toLowerCase())
    return name
  })
}
