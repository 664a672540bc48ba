/** What bytes say in UTF-8, or the 1-based line and column where they are not, with what is wrong as the end of a sentence. */
export type Decoded =
  | { readonly text: string }
  | { readonly fault: string; readonly line: number; readonly column: number }

export function decodeUtf8(bytes: Buffer): Decoded {
  if (isUtf16(bytes)) return { fault: 'is UTF-16, and has to be UTF-8', line: 1, column: 1 }
  if (isUtf8(bytes)) return { text: bytes.toString('utf8') }
  let start = 0
  for (let line = 1; ; line++) {
    const newline = bytes.indexOf('\n', start)
    const part = bytes.subarray(start, newline < 0 ? bytes.length : newline)
    if (!isUtf8(part)) return { fault: 'is not UTF-8', line, column: faultIn(part) + 1 }
    start = newline + 1
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function isUtf8(bytes: Buffer): boolean {
  try {
    decoder.decode(bytes)
    return true
  } catch {
    return false
  }
}

/** By its mark, or by the zeros of plain letters. */
function isUtf16([first, second]: Buffer): boolean {
  const marked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
  return marked || (first === 0) !== (second === 0)
}

function faultIn(line: Buffer): number {
  const text = line.toString('utf8')
  let at = text.indexOf('\ufffd')
  // One that is written as such is no fault.
  while (isUtf8(line.subarray(0, Buffer.byteLength(text.slice(0, at + 1)))))
    at = text.indexOf('\ufffd', at + 1)
  return at
}
