// oxlint-disable no-control-regex -- JSON allows no control characters in texts.
const value =
  /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\u0000-\u001f]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null/y
const key = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\u0000-\u001f]*)*"\s*:/y
const blank = /[ \t\r\n]*/y

/**
 * The offset at which a text stops being one JSON value; its length when the end is missing, undefined when nothing is
 * wrong. `JSON.parse` tells it in some of its messages only.
 */
export function jsonFault(text: string): number | undefined {
  const open: ('}' | ']')[] = []
  let at = 0
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    const found = pattern.test(text)
    if (found) at = pattern.lastIndex
    return found
  }
  /** `first` in a list or map that has just been opened, `next` behind a comma, `done` behind a value. */
  let state: 'first' | 'next' | 'done' = 'next'
  for (;;) {
    skip(blank)
    const c = text[at]
    if (state === 'done') {
      if (open.length === 0) return at < text.length ? at : undefined
      if (c === open.at(-1)) {
        open.pop()
        at++
      } else if (c === ',') {
        state = 'next'
        at++
      } else return at
      continue
    }
    if (state === 'first' && c === open.at(-1)) {
      open.pop()
      at++
      state = 'done'
      continue
    }
    if (open.at(-1) === '}') {
      if (!skip(key)) return at
      skip(blank)
    }
    const inner = text[at]
    if (inner === '{' || inner === '[') {
      open.push(inner === '{' ? '}' : ']')
      at++
      state = 'first'
    } else if (skip(value)) state = 'done'
    else return at
  }
}
