export interface Failure<C> {
  readonly failed: C
  readonly why: string
}
export interface Report<C> {
  readonly cases: number
  readonly failures: readonly Failure<C>[]
  /** By mutator. */
  readonly rows: ReadonlyMap<string, { readonly cases: number; readonly passed: number }>
}

/**
 * Runs cases one after the other; a fault is told when it is found.
 * @param judge why a case has not passed; undefined when it has
 */
export async function judgeAll<C extends { readonly mutator: string }>(
  cases: Iterable<C>,
  judge: (each: C) => Promise<string | undefined> | string | undefined,
  told: { begin?: (each: C) => void; failed?: (failure: Failure<C>) => void } = {},
): Promise<Report<C>> {
  const rows = new Map<string, { cases: number; passed: number }>()
  const failures: Failure<C>[] = []
  let count = 0
  for (const each of cases) {
    told.begin?.(each)
    const why = await judge(each)
    const row = rows.get(each.mutator) ?? { cases: 0, passed: 0 }
    rows.set(each.mutator, { cases: row.cases + 1, passed: row.passed + (why === undefined ? 1 : 0) })
    count++
    if (why === undefined) continue
    failures.push({ failed: each, why })
    told.failed?.({ failed: each, why })
  }
  return { cases: count, failures, rows }
}
