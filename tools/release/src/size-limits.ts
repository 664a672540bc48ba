/** What each package may weigh packed, in kB: about half more than it does. A new package gets a line. */
export const sizeLimits: Readonly<Record<string, number>> = {
  '@levada/cli': 290,
  '@levada/contract': 85,
  '@levada/core': 385,
  '@levada/create': 50,
  '@levada/io-files': 12,
  '@levada/io-parquet': 12,
  '@levada/io-postgres': 25,
  '@levada/nx': 20,
  '@levada/run-store': 15,
  '@levada/resource-dbt': 75,
  '@levada/resource-duckdb': 130,
  '@levada/resource-postgres': 45,
  '@levada/testing': 80,
  '@levada-examples/airports': 12,
  '@levada-examples/delays': 15,
  '@levada-examples/flights': 15,
}

/** Sentences about a packed package that is too large, or of which nobody has said how large it may be. */
export function sizeProblems(
  name: string,
  bytes: number,
  limits: Readonly<Record<string, number>> = sizeLimits,
): string[] {
  const limit = limits[name]
  if (limit === undefined) return ['has no size limit: give it one in tools/release/src/size-limits.ts']
  return bytes > limit * 1000 ? [`has ${Math.ceil(bytes / 1000)} kB packed, and may have ${limit} kB`] : []
}
