import { placeIn, unitOffset, type ColumnType, type Place, type SqlText } from '@levada/core/spi'

/** What a stretch of a statement stands for, so that a position in it can be explained. */
export type Mark =
  | {
      readonly kind: 'author'
      readonly sql: SqlText
      readonly text: string
      readonly original: (offset: number) => number
    }
  | { readonly kind: 'column'; readonly name: string; readonly type: ColumnType }

export type Part = string | { readonly text: string; readonly mark: Mark }

export interface Found {
  readonly mark: Mark
  /** 0-based offset in the text that is marked, in UTF-8 bytes. */
  readonly offset: number
}

export interface Statements {
  /** Joins the parts to one statement. */
  join(parts: readonly Part[]): string
  /** The mark at a position that DuckDB reports for any statement made here. */
  find(position: number): Found | undefined
}

/**
 * DuckDB reports a position without saying in which statement: that of a view keeps the offsets of its own CREATE VIEW.
 * So every statement of a session starts, behind spaces, where the one before it ended, and a position names one place.
 */
export function createStatements(): Statements {
  const marks: { from: number; to: number; mark: Mark }[] = []
  let end = 0
  return {
    join(parts) {
      let text = ' '.repeat(end)
      let at = end
      for (const part of parts) {
        const piece = typeof part === 'string' ? part : part.text
        const length = Buffer.byteLength(piece)
        if (typeof part !== 'string') {
          marks.push({ from: at, to: at + length, mark: part.mark })
          end = at + length
        }
        text += piece
        at += length
      }
      // The list of files in front of the last mark is counted, the rest of a statement names no author's text.
      end += 64
      return text
    },
    find(position) {
      const found = marks.find(({ from, to }) => from <= position && position <= to)
      return found && { mark: found.mark, offset: position - found.from }
    },
  }
}

export function placeOf({ mark, offset }: Found): Place | undefined {
  return mark.kind === 'author' ? placeIn(mark.sql, mark.original(unitOffset(mark.text, offset))) : undefined
}
