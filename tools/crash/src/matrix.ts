import type { CrashBench, Fault, Outcome, Scene, Where } from './bench.ts'
import type { Op } from './op.ts'
import { randomFrom } from './power.ts'

/** A kill; a kill with loss of power; something that is refused, or a clock that jumps; the same of what is read; a disk that is full. */
export const kinds = ['kill', 'power', 'fault', 'read', 'disk'] as const
export type Kind = (typeof kinds)[number]

export interface Place {
  readonly scene: Scene
  readonly where: Where
  /** What was not synced is lost, too. */
  readonly power: boolean
}

/** A fault for what can fail so; and the clock may jump at any time, a minute or years, back or forth. */
function faultsOf({ name, phase }: Op, point: number): readonly Fault[] {
  if (phase !== 'before') return []
  const jump = ([-50_000, -0.02, 0.02, 50_000] as const)[point % 4]!
  const refused = name.startsWith('postgres')
    ? (['CUT'] as const)
    : name === 'sync'
      ? (['ENOSPC', 'EIO'] as const)
      : (['ENOSPC', 'EMFILE', 'EROFS'] as const)
  return [`CLOCK${jump}`, ...(name.startsWith('duckdb') ? [] : refused)]
}

/**
 * All places where a command can be killed, each once more with a loss of power, and all that can fail for it; where it has a disk of
 * its own, each block at which that is full instead. In an order of that seed.
 */
function placesIn(scene: Scene, seed: number): readonly Place[] {
  const random = randomFrom(seed)
  return everyPlace(scene)
    .map((place) => ({ place, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ place }) => place)
}

function everyPlace(scene: Scene): readonly Place[] {
  if (scene.blocks !== undefined)
    return Array.from({ length: Math.max(0, scene.blocks) }, (_, blocks) => ({
      scene,
      where: { blocks },
      power: false,
    }))
  const kills: readonly Where[] = [
    ...scene.ops.map((_, point) => ({ point, whole: point % 2 === 1 })),
    ...Array.from({ length: scene.files }, (_, i) => ({ file: i + 1 })),
  ]
  const faults = scene.ops.flatMap((op, point) => faultsOf(op, point).map((fault) => ({ point, fault })))
  const reads = scene.reads.flatMap((_, read) =>
    (['EMFILE', 'EIO'] as const).map((fault) => ({ read, fault })),
  )
  return [
    ...kills.flatMap((where) => [false, true].map((power) => ({ scene, where, power }))),
    ...[...faults, ...reads].map((where) => ({ scene, where, power: false })),
  ]
}

const kindOf = ({ where, power }: Place): Kind =>
  'blocks' in where
    ? 'disk'
    : 'read' in where
      ? 'read'
      : power
        ? 'power'
        : 'point' in where && where.fault
          ? 'fault'
          : 'kill'

/** All places of all scenes, or some, of each scene as many; or those of some kinds. */
export function placesOf(
  { scenes }: CrashBench,
  seed: number,
  some = Infinity,
  of: readonly Kind[] = kinds,
): readonly Place[] {
  const queues = scenes.map((scene, i) =>
    placesIn(scene, seed + i)
      .filter((place) => of.includes(kindOf(place)))
      .values(),
  )
  const places: Place[] = []
  while (places.length < some) {
    const round = queues.flatMap((queue) => queue.next().value ?? [])
    if (round.length === 0) break
    places.push(...round)
  }
  return places.slice(0, some)
}

/** Disturbs a command at each of these places, two at a time. */
export async function disturbAll(
  places: readonly Place[],
  seed: number,
  told: (place: Place, outcome: Outcome) => void,
): Promise<void> {
  const rest = places.entries()
  const lane = async (): Promise<void> => {
    for (const [i, place] of rest) {
      const { scene, where, power } = place
      told(place, await scene.disturb(where, power ? randomFrom(seed * 65_537 + i) : undefined))
    }
  }
  await Promise.all([lane(), lane()])
}

/** How often something happened, by scene. */
export interface Tally {
  places: number
  disturbed: number
  resumed: number
  reads: number
  /** Outcomes that tell of an engine that could not write a file. */
  byEngine: number
  wrong: number
}

/** Disturbs and counts. */
export async function tallyOf(
  bench: CrashBench,
  places: readonly Place[],
  seed: number,
  told: (place: Place, outcome: Outcome) => void = () => {},
): Promise<ReadonlyMap<string, Tally>> {
  const tallies = new Map(
    bench.scenes.map(({ name }) => [
      name,
      { places: 0, disturbed: 0, resumed: 0, reads: 0, byEngine: 0, wrong: 0 },
    ]),
  )
  await disturbAll(places, seed, (place, outcome) => {
    const tally = tallies.get(place.scene.name)!
    tally.places++
    if (outcome.at) tally.disturbed++
    if (outcome.resumed) tally.resumed++
    tally.reads += outcome.reads
    if (/Could not write file/.test(outcome.said)) tally.byEngine++
    if (outcome.wrong.length > 0) tally.wrong++
    told(place, outcome)
  })
  return tallies
}

export function tallyText({ ops, reads: readOps, files, name }: Scene, tally: Tally): string {
  const { places, disturbed, resumed, reads, byEngine, wrong } = tally
  const engine = byEngine > 0 ? `, ${byEngine} that an engine was refused` : ''
  return `${name}: ${ops.length} points, ${readOps.length} reads, ${files} files; disturbed at ${disturbed} of ${places} places${engine}, ${resumed} resumed, ${reads} versions read meanwhile, ${wrong} wrong`
}

export const shownPlace = ({ scene, where, power }: Place): string =>
  [
    scene.name,
    'point' in where
      ? `point ${where.point}`
      : 'file' in where
        ? `file ${where.file}`
        : 'read' in where
          ? `read ${where.read}`
          : `${where.blocks} blocks`,
    ...('fault' in where && where.fault ? [where.fault] : []),
    ...('point' in where && where.whole ? ['all processes'] : []),
    ...(power ? ['power lost'] : []),
  ].join(', ')
