/** Edit distance with transpositions (optimal string alignment), abandoned above `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, before[j - 2]! + 1)
      row.push(best)
    }
    before = previous
    previous = row
  }
  return previous[b.length]!
}

/** The known names closest to a wrong one, best first, at most three. */
export function nearest(wrong: string, known: Iterable<string>): string[] {
  const limit = Math.max(1, Math.floor(wrong.length / 3))
  const lower = wrong.toLowerCase()
  return [...new Set(known)]
    .map((name) => ({ name, d: distance(lower, name.toLowerCase(), limit) }))
    .filter(({ d }) => d <= limit)
    .toSorted((x, y) => x.d - y.d || (x.name < y.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name)
}

/**
 * The asset keys that a wrong one may stand for, best first, at most three: one of its two parts is right and the other one near,
 * or its name is right and its domain another or missing. Where both parts are wrong there are none.
 */
export function nearestKeys(wrong: string, keys: Iterable<string>): string[] {
  const parts = wrong.toLowerCase().split(/[./]/)
  const name = parts.at(-1)!
  const domain = parts.length === 2 ? parts[0]! : undefined
  const near = (a: string, b: string): number => {
    const limit = Math.max(1, Math.floor(a.length / 3))
    const d = distance(a, b, limit)
    return d <= limit && d < a.length ? d : Infinity
  }
  const far = (key: string): number => {
    const [itsDomain, itsName] = key.split('.') as [string, string]
    if (itsName === name) return domain === undefined ? 0 : Math.min(near(domain, itsDomain), 1000)
    return domain === undefined || domain === itsDomain ? near(name, itsName) : Infinity
  }
  return [...new Set(keys)]
    .map((key) => ({ key, d: far(key) }))
    .filter(({ d }) => d < Infinity)
    .toSorted((x, y) => x.d - y.d || (x.key < y.key ? -1 : 1))
    .slice(0, 3)
    .map(({ key }) => key)
}

/** ` Did you mean 'x' or 'y'?` with a leading space, or nothing. */
export function meant(names: readonly string[]): string {
  return names.length === 0 ? '' : ` Did you mean ${names.map((name) => `'${name}'`).join(' or ')}?`
}

/** ` Did you mean 'x'?` with a leading space, or nothing; ready to end a sentence. */
export function didYouMean(wrong: string, known: Iterable<string>): string {
  return meant(nearest(wrong, known))
}
