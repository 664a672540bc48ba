/** What bytes say in UTF-8, or the 1-based line and column where they are not, with what is wrong as the end of a sentence. */
export type Decoded =
  | { readonly text: string }
  | { readonly fault: string; readonly line: number; readonly column: number }

export function decodeUtf8(bytes: Uint8Array): Decoded {
  if (isUtf16(bytes)) return { fault: 'is UTF-16, and has to be UTF-8', line: 1, column: 1 }
  const text = decoded(bytes)
  if (text !== undefined) return { text }
  let start = 0
  for (let line = 1; ; line++) {
    const newline = bytes.indexOf(lineFeed, start)
    const part = bytes.subarray(start, newline < 0 ? bytes.length : newline)
    if (decoded(part) === undefined) return { fault: 'is not UTF-8', line, column: faultIn(part) + 1 }
    start = newline + 1
  }
}

const lineFeed = 10
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes)
  } catch {
    return undefined
  }
}

/** By its mark, or by the zeros of plain letters. */
function isUtf16([first, second]: Uint8Array): boolean {
  const marked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
  return marked || (first === 0) !== (second === 0)
}

function faultIn(line: Uint8Array): number {
  const text = lenient.decode(line)
  const encoder = new TextEncoder()
  let at = text.indexOf('\ufffd')
  // One that is written as such is no fault.
  while (decoded(line.subarray(0, encoder.encode(text.slice(0, at + 1)).length)) !== undefined)
    at = text.indexOf('\ufffd', at + 1)
  return at
}
