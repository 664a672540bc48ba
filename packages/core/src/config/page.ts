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

/** A catalog has a hundred thousand places: the getter is not theirs, but their class's. */
class RedactedPlace implements Origin {
  readonly file: string
  readonly layer: string
  readonly line: number
  readonly column: number
  readonly #page: SafePage

  constructor(page: SafePage, line: number, column: number) {
    this.file = page.file
    this.layer = page.layer
    this.line = line
    this.column = column
    this.#page = page
  }

  /** Which values are secrets is known only when schemas were read, often after the place was made. */
  get text(): string {
    return this.#page.redact(this.#page.text)
  }
}

interface SafePage extends Source {
  readonly text: string
  readonly redact: (text: string) => string
}

export type Page = (line: number, column: number) => Origin

/** Makes the places of one file. `text` is what code frames may show of it; without it there are none. */
export function pageOf(source: Source, text: string | undefined): Page {
  const { file, layer, redact } = source
  if (text === undefined) return (line, column) => ({ file, layer, line, column })
  if (!redact) return (line, column) => ({ file, layer, line, column, text })
  const page: SafePage = { ...source, text, redact }
  return (line, column) => new RedactedPlace(page, line, column)
}
