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

/** ` Did you mean 'x'?` with a leading space, or nothing; ready to end a sentence. */
export function didYouMean(wrong: string, known: Iterable<string>): string {
  const names = nearest(wrong, known).map((name) => `'${name}'`)
  return names.length === 0 ? '' : ` Did you mean ${names.join(' or ')}?`
}
