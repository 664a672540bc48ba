/** By how much a version has to rise. */
export type Bump = 'none' | 'patch' | 'minor' | 'major'

const rank: readonly Bump[] = ['none', 'patch', 'minor', 'major']

/** The larger of two. */
export const largerBump = (a: Bump, b: Bump): Bump => (rank.indexOf(b) > rank.indexOf(a) ? b : a)

export const isEnough = (given: Bump, needed: Bump): boolean => rank.indexOf(given) >= rank.indexOf(needed)

/** What a change asks of a version: below 1.0 one that breaks asks for a minor, as npm's ranges have it. */
export const requiredBump = (version: string, severity: Bump): Bump =>
  severity === 'major' && version.startsWith('0.') ? 'minor' : severity
