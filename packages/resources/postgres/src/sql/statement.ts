import {
  placeIn,
  rewriteParams,
  unitOffsetOfPoint,
  type BoundParam,
  type Place,
  type Query,
} from '@levada/core/spi'
import { parameterText } from '../values/encode.ts'
import { columnSql } from './types.ts'

/** A piece of a statement: SQL of our own, or an author's text with what its `$name` stand for. */
export type Part = string | { readonly query: Query; readonly text: string }

export interface Statement {
  readonly text: string
  /** Of `$1`, `$2`, … */
  readonly values: readonly (string | null)[]
  /** The place in an author's file of a 1-based position that the server reports, in code points. */
  readonly placeOf: (position: number) => Place | undefined
}

/** Joins the parts; a param is bound once, however often it is used. */
export function statement(...parts: readonly Part[]): Statement {
  const numbers = new Map<BoundParam, number>()
  const values: (string | null)[] = []
  const placeholder = (param: BoundParam): string => {
    if (!numbers.has(param)) numbers.set(param, values.push(parameterText(param)))
    return `cast($${numbers.get(param)} as ${columnSql(param.type)})`
  }
  const authors: { from: number; to: number; query: Query; original: (offset: number) => number }[] = []
  let text = ''
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part
      continue
    }
    const { query } = part
    const rewritten = rewriteParams(part.text, (name) => placeholder(query.params[name]!))
    authors.push({
      from: text.length,
      to: text.length + rewritten.text.length,
      query,
      original: rewritten.original,
    })
    text += rewritten.text
  }
  return {
    text,
    values,
    placeOf(position) {
      const offset = unitOffsetOfPoint(text, position - 1)
      const author = authors.find(({ from, to }) => from <= offset && offset <= to)
      return author && placeIn(author.query.sql, author.original(offset - author.from))
    },
  }
}
