import { StringDecoder } from 'node:string_decoder'

/** What is kept of one line; the rest of a longer one is dropped, so that no line can take all memory. */
const longestLine = 64 * 1024 * 1024

/** Cuts a stream of bytes into lines, whatever its chunks are. */
export interface LineSplitter {
  /** The lines that end in this chunk, without their line breaks. */
  push(chunk: Uint8Array): readonly string[]
  /** What is left at the end of the stream: a line without a break, or nothing. */
  end(): readonly string[]
}

/** Bytes that are no UTF-8 become U+FFFD, as everywhere in Node. */
export function createLineSplitter(): LineSplitter {
  const decoder = new StringDecoder('utf8')
  let open: string[] = []
  let openLength = 0
  const keep = (part: string): void => {
    if (part === '' || openLength >= longestLine) return
    open.push(part)
    openLength += part.length
  }
  const close = (): string => {
    const line = open.length === 1 ? open[0]! : open.join('')
    open = []
    openLength = 0
    return line.endsWith('\r') ? line.slice(0, -1) : line
  }
  return {
    push(chunk) {
      const text = decoder.write(chunk)
      const lines: string[] = []
      let from = 0
      for (let to = text.indexOf('\n'); to !== -1; to = text.indexOf('\n', from)) {
        keep(text.slice(from, to))
        lines.push(close())
        from = to + 1
      }
      keep(text.slice(from))
      return lines
    },
    end() {
      keep(decoder.end())
      return openLength === 0 ? [] : [close()]
    },
  }
}
