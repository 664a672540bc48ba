import { nextPartition } from './calendar.ts'
import { oncePerList } from './once.ts'
import { grainOf, type Dimension, type PartitionKey } from './partition.ts'

/**
 * Partitions in pieces that one step each can write: all combinations of some values, those of time one after the other
 * without a gap, since a step is told where time begins and ends.
 * @param most of the first dimension of time in one piece
 */
export function splitPartitions(
  dimensions: readonly Dimension[],
  keys: readonly PartitionKey[],
  most?: number,
): readonly (readonly PartitionKey[])[] {
  return cut(keys, { dimensions, most })
}

interface Cut {
  readonly dimensions: readonly Dimension[]
  readonly most: number | undefined
}

const cut = oncePerList(
  (keys, { dimensions, most = Infinity }: Cut): readonly (readonly PartitionKey[])[] => {
    const [time, ...others] = dimensions.toSorted(
      (a, b) => Number(a.kind === 'static') - Number(b.kind === 'static'),
    )
    if (!time) return [keys]
    const otherOf = (key: PartitionKey): PartitionKey =>
      Object.fromEntries(others.map(({ column }) => [column, key[column]!]))
    const rows = Map.groupBy(keys, (key) => JSON.stringify(otherOf(key)))
    // Where time is cut is the same for all other values: one that lacks some of it does not move the others.
    const pieces = runsOf(time, [...new Set(keys.map((key) => key[time.column]!))].toSorted(), most)
    const pieceOf = new Map(pieces.flatMap((values, i) => values.map((value) => [value, i] as const)))
    // What is to be written of each run of time, and of which other values.
    const runs = new Map<string, { readonly values: readonly string[]; readonly others: PartitionKey[] }>()
    for (const some of rows.values()) {
      for (const values of runsOf(
        time,
        [...new Set(some.map((key) => key[time.column]!))].toSorted(),
        pieceOf,
      )) {
        const id = JSON.stringify(values)
        const run = runs.get(id) ?? { values, others: [] }
        runs.set(id, run)
        run.others.push(otherOf(some[0]!))
      }
    }
    return [...runs.values()]
      .toSorted((a, b) => (a.values[0]! < b.values[0]! ? -1 : 1))
      .flatMap(({ values, others: rest }) =>
        (others.length === 0 ? [[{}]] : splitPartitions(others, rest)).map((some) =>
          values.flatMap((value) =>
            some.map((other) => ordered(dimensions, { ...other, [time.column]: value })),
          ),
        ),
      )
  },
)

const ordered = (dimensions: readonly Dimension[], key: PartitionKey): PartitionKey =>
  Object.fromEntries(dimensions.map(({ column }) => [column, key[column]!]))

/**
 * Values that follow one another; static ones all together.
 * @param within how many of them at most, or by value which ones may be together
 */
function runsOf(
  dimension: Dimension,
  values: readonly string[],
  within: number | ReadonlyMap<string, number>,
): readonly (readonly string[])[] {
  const grain = grainOf(dimension)
  if (!grain) return [values]
  const isIn = (run: readonly string[], value: string): boolean =>
    typeof within === 'number' ? run.length < within : within.get(run[0]!) === within.get(value)
  const runs: string[][] = []
  for (const value of values) {
    const last = runs.at(-1)
    if (last && isIn(last, value) && nextPartition(grain, last.at(-1)!) === value) last.push(value)
    else runs.push([value])
  }
  return runs
}
