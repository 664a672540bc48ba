import type { Origin } from './node.ts'

export interface Source {
  /** Relative to the app's folder. */
  readonly file: string
  readonly layer: string
  /** The name of the file without `.yml`; every path starts with it. */
  readonly section: string
  /** Takes out of a text what is known to be secret by the time it is shown. */
  readonly redact?: (text: string) => string
}

export type Page = (line: number, column: number) => Origin

/** Makes the places of one file. `text` is what code frames may show of it; without it there are none. */
export function pageOf({ file, layer, redact }: Source, text: string | undefined): Page {
  if (text === undefined) return (line, column) => ({ file, layer, line, column })
  if (!redact) return (line, column) => ({ file, layer, line, column, text })
  return (line, column) => ({
    file,
    layer,
    line,
    column,
    // Which values are secrets is known only when schemas were read, often after the place was made.
    get text() {
      return redact(text)
    },
  })
}
