import bindings, { type Vector } from '@duckdb/node-bindings'
import { chunkRows } from './chunk.ts'

/** A string of at most 12 bytes as DuckDB lays it out: length, then the bytes, in four words. */
type Inline = readonly [number, number, number, number]

const known = new Map<string, Inline>()
const encoder = new TextEncoder()
const scratch = new Uint8Array(16)
const scratchWords = new Uint32Array(scratch.buffer)

function inline(text: string): Inline | null {
  scratch.fill(0)
  const { read, written } = encoder.encodeInto(text, scratch.subarray(4))
  if (read < text.length || written > 12) return null
  scratchWords[0] = written
  return [scratchWords[0], scratchWords[1]!, scratchWords[2]!, scratchWords[3]!]
}

/** Writes texts into a vector: short ones, which need no memory of their own, in one copy; long ones each by a call. */
export function stringWriter(): {
  readonly begin: () => void
  /** False for a text with half a surrogate pair, which UTF-8 cannot hold. */
  readonly put: (r: number, text: string) => boolean
  readonly flush: (vector: Vector, length: number) => void
} {
  const words = new Uint32Array(chunkRows * 4)
  const rows: number[] = []
  const texts: string[] = []
  return {
    begin() {
      rows.length = 0
      texts.length = 0
      words.fill(0)
    },
    put(r, text) {
      let short = text.length <= 12 ? known.get(text) : null
      if (short === undefined) {
        if (!text.isWellFormed()) return false
        short = inline(text)
        if (short !== null && known.size < 65_536) known.set(text, short)
      } else if (short === null && !text.isWellFormed()) return false
      if (short === null) {
        rows.push(r)
        texts.push(text)
      } else {
        const at = r * 4
        words[at] = short[0]
        words[at + 1] = short[1]
        words[at + 2] = short[2]
        words[at + 3] = short[3]
      }
      return true
    },
    flush(vector, length) {
      bindings.copy_data_to_vector(vector, 0, words.buffer, 0, length * 16)
      for (let i = 0; i < rows.length; i++) bindings.vector_assign_string_element(vector, rows[i]!, texts[i]!)
    },
  }
}
