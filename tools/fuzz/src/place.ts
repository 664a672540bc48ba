/** 1-based line and column of an offset. Own code: what is judged must not judge itself. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  let line = 1
  let start = 0
  for (let i = 0; i < offset; i++)
    if (text[i] === '\n') {
      line++
      start = i + 1
    }
  return { line, column: offset - start + 1 }
}
