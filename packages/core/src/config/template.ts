/** A piece of a text: as it stands, the escape `$${`, or a reference `${…}`. */
export type Token =
  | { readonly kind: 'text'; readonly raw: string }
  | { readonly kind: 'escape'; readonly raw: '$${' }
  | Reference

export interface Reference {
  readonly kind: 'reference'
  readonly raw: string
  /** `globals`, `env` …; undefined for a reference within the same file. */
  readonly resolver: string | undefined
  readonly argument: string
  /** The text after the first comma that is in no braces. */
  readonly default: string | undefined
}

/** What is wrong with a template, as the end of a sentence. */
export interface Malformed {
  readonly problem: string
}

/** Cuts a text into its pieces; joined, their `raw` is the text again. */
export function tokenize(text: string): readonly Token[] | Malformed {
  const tokens: Token[] = []
  let start = 0
  for (let i = text.indexOf('$'); i !== -1; i = text.indexOf('$', i)) {
    const escaped = text.startsWith('$${', i)
    if (!escaped && text[i + 1] !== '{') {
      i++
      continue
    }
    if (i > start) tokens.push({ kind: 'text', raw: text.slice(start, i) })
    const token = escaped ? ({ kind: 'escape', raw: '$${' } as const) : readReference(text, i)
    if ('problem' in token) return token
    tokens.push(token)
    start = i += token.raw.length
  }
  if (start < text.length) tokens.push({ kind: 'text', raw: text.slice(start) })
  return tokens
}

/** A template with `***` for its texts and for the defaults of its references. */
export function withoutTexts(template: string | undefined): string | undefined {
  const tokens = template === undefined ? undefined : tokenize(template)
  if (!tokens || 'problem' in tokens) return undefined
  return tokens.map((token) => (token.kind === 'reference' ? withoutDefault(token) : '***')).join('')
}

/** A reference as it is written, but for its default, which may be a secret. */
export function withoutDefault({ raw, resolver, argument, default: text }: Reference): string {
  if (text === undefined) return raw
  return `\${${resolver === undefined ? '' : `${resolver}:`}${argument}, ***}`
}

function readReference(text: string, start: number): Reference | Malformed {
  let depth = 0
  let comma: number | undefined
  for (let i = start + 2; i < text.length; i++) {
    const char = text[i]
    if (char === '$' && text[i + 1] === '{' && comma === undefined)
      return { problem: 'a ${…} inside another may stand in its default only' }
    if (char === '{') depth++
    else if (char === ',' && depth === 0) comma ??= i
    else if (char === '}' && depth-- === 0)
      return toReference(text.slice(start, i + 1), comma && comma - start)
  }
  return { problem: 'a ${ is never closed by }' }
}

function toReference(raw: string, comma: number | undefined): Reference | Malformed {
  const head = raw.slice(2, comma ?? -1).trim()
  const colon = head.indexOf(':')
  const argument = head.slice(colon + 1).trim()
  if (argument === '') return { problem: `${raw} refers to nothing` }
  return {
    kind: 'reference',
    raw,
    resolver: colon === -1 ? undefined : head.slice(0, colon).trim(),
    argument,
    default: comma === undefined ? undefined : raw.slice(comma + 1, -1).trim(),
  }
}
