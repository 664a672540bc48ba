import bindings from '@duckdb/node-bindings'

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
/** Texts of at most four bytes, by their length and those bytes: codes and flags, of which a column has few. */
const codes = Array.from({ length: 5 }, () => new Map<number, string>())
const mostCodes = 65_536

/** Texts that lie closer to each other have no page of memory between them that might not be there. */
const page = 4096
const longestRun = 16 * 2 ** 20

/**
 * A reader of the texts of a vector, by row. DuckDB keeps each in 16 bytes: its length, then up to 12 bytes in place, or 4 of
 * them and a pointer to all. Only rows that `has` are looked at: the others are no texts.
 */
export function textsOf(
  view: DataView,
  rows: number,
  has: (row: number) => boolean,
): (row: number) => string {
  const { buffer, byteOffset, byteLength } = view
  const words = new Int32Array(buffer, byteOffset, byteLength >>> 2)
  const bytes = new Uint8Array(buffer, byteOffset, byteLength)
  const pointer = (row: number): number => words[row * 4 + 3]! * 4_294_967_296 + (words[row * 4 + 2]! >>> 0)

  // Long texts mostly lie one behind the other. One copy of many costs no more than one of each.
  let start = 0
  let end = 0
  let run: Buffer = Buffer.alloc(0)
  function copyRun(row: number): void {
    start = pointer(row)
    end = start + words[row * 4]!
    for (let r = row + 1; r < rows && end - start < longestRun; r++) {
      const length = words[r * 4]!
      if (length <= 12 || !has(r)) continue
      const from = pointer(r)
      if (from < start || from >= end + page) break
      end = Math.max(end, from + length)
    }
    const data = bindings.get_data_from_pointer(buffer as ArrayBuffer, byteOffset + row * 16 + 8, end - start)
    run = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  }

  return (row) => {
    const length = words[row * 4]!
    if (length > 12) {
      const from = pointer(row)
      if (from < start || from + length > end) copyRun(row)
      return run.toString('utf8', from - start, from - start + length)
    }
    if (length > 4) return short(bytes, row * 16 + 4, length)
    const known = codes[length]!
    const key = words[row * 4 + 1]!
    let text = known.get(key)
    if (text === undefined) {
      text = short(bytes, row * 16 + 4, length)
      if (known.size < mostCodes) known.set(key, text)
    }
    return text
  }
}

/** Short texts are mostly ASCII, for which one call with all codes is faster than a decoder. */
function short(bytes: Uint8Array, from: number, length: number): string {
  for (let i = 0; i < length; i++)
    if (bytes[from + i]! > 127) return decoder.decode(bytes.subarray(from, from + length))
  return ascii(bytes, from, length)
}

function ascii(b: Uint8Array, i: number, length: number): string {
  const code = String.fromCharCode
  switch (length) {
    case 0:
      return ''
    case 1:
      return code(b[i]!)
    case 2:
      return code(b[i]!, b[i + 1]!)
    case 3:
      return code(b[i]!, b[i + 1]!, b[i + 2]!)
    case 4:
      return code(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!)
    default:
      return ascii(b, i, 4) + ascii(b, i + 4, length - 4)
  }
}
