import { isLevadaError, LevadaError } from '@levada/core/spi'
import { createReadStream } from 'node:fs'

/** A cell that generated SQL refused: its file, its place in the row and its text. */
export interface BadCell {
  readonly file: string
  readonly index: number
  readonly delimiter: string
  readonly value: string
}

/** Adds the line to an error about a cell of a CSV file; DuckDB's reader counts lines only where it casts itself. */
export async function withLine(failure: unknown): Promise<unknown> {
  if (!isLevadaError(failure)) return failure
  const error = failure
  const cell = error.details['cell'] as BadCell | undefined
  if (cell === undefined) return error
  const line = await findLine(cell).catch(() => undefined)
  if (line === undefined) return error
  const { cell: _, ...facts } = error.details
  return new LevadaError(
    error.code,
    error.message.replace(`file '${cell.file}'`, `file '${cell.file}' line ${line}`),
    {
      hint: error.hint,
      details: { ...facts, file: cell.file, line, value: cell.value },
    },
  )
}

/** The line of the first row whose cell has this text. */
async function findLine({ file, index, delimiter, value }: BadCell): Promise<number | undefined> {
  let line = 1
  let cells = 0
  let text = ''
  let quoted = false
  let start = 1
  const ends = (): boolean => cells === index && text.trim() === value.trim()
  for await (const part of createReadStream(file, 'utf8') as AsyncIterable<string>) {
    for (const c of part) {
      if (c === '"') quoted = !quoted
      if (c === '\n') line++
      if (quoted || (c !== delimiter && c !== '\n')) {
        if (c !== '"') text += c
        continue
      }
      if (ends()) return start
      text = ''
      cells = c === '\n' ? 0 : cells + 1
      if (c === '\n') start = line
    }
  }
  return ends() ? start : undefined
}
