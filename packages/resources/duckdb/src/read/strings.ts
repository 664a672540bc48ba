import bindings from '@duckdb/node-bindings'

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
/** Texts of at most four bytes, by those bytes and their number: codes and flags, of which a column has few. */
const codes = new Map<number, string>()

/**
 * The text of a 16-byte DuckDB string: its length, then up to 12 bytes in place, or 4 of them and a pointer to all.
 */
export function stringAt(view: DataView, offset: number): string {
  const length = view.getUint32(offset, true)
  if (length <= 4) {
    const key = view.getUint32(offset + 4, true) * 8 + length
    let text = codes.get(key)
    if (text === undefined) {
      text = decode(view, offset + 4, length)
      if (codes.size < 65_536) codes.set(key, text)
    }
    return text
  }
  if (length <= 12) return decode(view, offset + 4, length)
  const bytes = bindings.get_data_from_pointer(
    view.buffer as ArrayBuffer,
    view.byteOffset + offset + 8,
    length,
  )
  return decoder.decode(bytes)
}

/** Short texts are mostly ASCII, for which building them is faster than any call. */
function decode(view: DataView, offset: number, length: number): string {
  let text = ''
  for (let i = 0; i < length; i++) {
    const byte = view.getUint8(offset + i)
    if (byte > 127) return decoder.decode(new Uint8Array(view.buffer, view.byteOffset + offset, length))
    text += String.fromCharCode(byte)
  }
  return text
}
