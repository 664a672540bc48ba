import type { CrashBench, Fault, Outcome, Where } from './bench.ts'
import type { Op } from './op.ts'
import { randomFrom } from './power.ts'

export interface Place {
  readonly where: Where
  /** What was not synced is lost, too. */
  readonly power: boolean
}

/** A fault for what can fail so; and the clock may jump at any time, a minute or years, back or forth. */
function faultsOf({ name, phase }: Op, point: number): readonly Fault[] {
  if (phase === 'after') return []
  const jump = ([-50_000, -0.02, 0.02, 50_000] as const)[point % 4]!
  const refused = name.startsWith('postgres') ? (['CUT'] as const) : (['ENOSPC', 'EMFILE', 'EROFS'] as const)
  return [`CLOCK${jump}`, ...(name.startsWith('duckdb') ? [] : refused)]
}

/** All places where a run can be killed, each once more with a loss of power and with steps side by side, and all that can fail for it; or some, drawn by a seed. */
export function placesOf({ ops, files }: CrashBench, seed: number, some?: number): readonly Place[] {
  const kills = [
    ...ops.map((_, point) => ({ point })),
    ...Array.from({ length: files }, (_, i) => ({ file: i + 1 })),
  ]
  const faults = ops.flatMap((op, point) =>
    faultsOf(op, point).map((fault) => ({ where: { point, fault }, power: false })),
  )
  const concurrent = kills.map((where) => ({ where: { ...where, concurrent: true as const }, power: false }))
  const places = [
    ...kills.flatMap((where) => [false, true].map((power) => ({ where, power }))),
    ...concurrent,
    ...faults,
  ]
  if (some === undefined) return places
  const random = randomFrom(seed)
  const drawn = places.map((place) => ({ place, order: random() })).toSorted((a, b) => a.order - b.order)
  return drawn.slice(0, some).map(({ place }) => place)
}

/** Kills a run at each of these places, two runs at a time. */
export async function killAll(
  bench: CrashBench,
  places: readonly Place[],
  seed: number,
  told: (place: Place, outcome: Outcome) => void,
): Promise<void> {
  const rest = places.entries()
  const lane = async (): Promise<void> => {
    for (const [i, place] of rest)
      told(place, await bench.kill(place.where, place.power ? randomFrom(seed * 65_537 + i) : undefined))
  }
  await Promise.all([lane(), lane()])
}
