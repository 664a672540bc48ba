/** Which versions of an asset stay when others have taken their place. A version stays for as long as one of these says so. */
export interface Retention {
  /** The newest so many, the current one among them. */
  readonly versions: number
  /** Those that were current within that time: as far back as one wants to be able to go. */
  readonly ageMs: number
  /** The same for the sake of those who still read them: a run that reads a version may be under way for that long. */
  readonly graceMs: number
}

export const dayMs = 86_400_000

export const defaultRetention: Retention = { versions: 2, ageMs: 0, graceMs: dayMs }

/** A version and when it stopped being current, in milliseconds since 1970; undefined for the current one. */
export interface Aged {
  readonly number: number
  readonly id: string
  readonly runId: string
  readonly replacedAt: number | undefined
}

/** Why a version stays. */
export type Kept = 'current' | 'newest' | 'pinned' | 'age' | 'grace'

/**
 * Why each version stays; those that are absent need not. What was replaced in the future, by a clock that is wrong now or was
 * then, stays.
 * @param newestFirst all versions there are
 * @param pinned ids of versions that unfinished runs read, and of runs whose versions they do
 */
export function keptVersions(
  newestFirst: readonly Aged[],
  { versions, ageMs, graceMs }: Retention,
  now: number,
  pinned: ReadonlySet<string>,
): ReadonlyMap<number, Kept> {
  const kept = new Map<number, Kept>()
  for (const [i, { number, id, runId, replacedAt }] of newestFirst.entries()) {
    const since = replacedAt === undefined ? 0 : now - replacedAt
    if (i === 0) kept.set(number, 'current')
    else if (i < versions) kept.set(number, 'newest')
    else if (pinned.has(id) || pinned.has(runId)) kept.set(number, 'pinned')
    else if (since < ageMs) kept.set(number, 'age')
    else if (since < graceMs) kept.set(number, 'grace')
  }
  return kept
}
