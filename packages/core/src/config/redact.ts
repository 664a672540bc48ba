/** The texts that must never be shown, and the way to take them out of any other text. */
export interface Redactor {
  readonly add: (secret: unknown) => void
  readonly redact: (text: string) => string
}

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
    redact(text) {
      if (known.size === 0) return text
      pattern ??= new RegExp(
        [...known]
          .toSorted((a, b) => b.length - a.length)
          .map(toPattern)
          .join('|'),
        'gu',
      )
      return text.replace(pattern, '***')
    },
  }
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
