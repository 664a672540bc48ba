/** The texts that must never be shown, and the way to take them out of any other text. */
export interface Redactor {
  readonly add: (secret: unknown) => void
  readonly redact: Redact
}

/** Takes secrets out of a text, or out of every text in a value, at any depth: itself where there is nothing to be taken out, as nearly always. */
export type Redact = <T>(value: T) => T

/** Shorter ones are taken out only where they stand alone, since `a` or `12` is part of almost every text. */
const shortest = 4
/** Lines of a longer secret (a private key) that are telling on their own. */
const tellingLine = 16

export function createRedactor(): Redactor {
  const known = new Set<string>()
  let pattern: RegExp | undefined
  return {
    add(secret) {
      if (typeof secret !== 'string' && typeof secret !== 'number') return
      for (const form of forms(String(secret))) known.add(form)
      pattern = undefined
    },
    redact(value) {
      if (known.size === 0) return value
      pattern ??= new RegExp(
        [...known]
          .toSorted((a, b) => b.length - a.length)
          .map(toPattern)
          .join('|'),
        'gu',
      )
      return without(value, pattern)
    },
  }
}

function without<T>(value: T, pattern: RegExp): T {
  if (typeof value === 'string') return value.replace(pattern, '***') as T
  if (typeof value !== 'object' || value === null) return value
  let cleaned: Record<string, unknown> | undefined
  for (const key in value) {
    const inner: unknown = value[key]
    const clean = without(inner, pattern)
    if (clean === inner) continue
    cleaned ??= (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string, unknown>
    cleaned[key] = clean
  }
  return (cleaned ?? value) as T
}

/** A secret as it may turn up: plain, in JSON, in a URL, and line by line. */
function forms(secret: string): string[] {
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= tellingLine)
  return [
    secret,
    secret.trim(),
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret.toWellFormed()),
    ...lines,
  ].filter((form) => form.trim() !== '')
}

const toPattern = (secret: string): string => {
  const escaped = secret.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  return secret.length < shortest ? `(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])` : escaped
}
