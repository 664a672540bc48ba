import { createEventParser } from '@levada/resource-dbt'
import { random } from '../random.ts'
import { weighted } from '../weighted.ts'
import { artifactMutators, artifactOf, judgeArtifact, mutateArtifact, type Artifact } from './artifacts.ts'
import { eventMutators, eventsIn, judgeEvents, linesOf, mutateEvents, type Line } from './events.ts'
import { readRecordings, type Recording } from './recordings.ts'

/** What dbt wrote, after something has happened to it. */
export interface DbtCase {
  readonly number: number
  readonly mutator: string
  /** `1.11.16/build/log.jsonl` */
  readonly recording: string
  readonly done: string
  /** What the parser gets. */
  readonly input: () => Buffer | string
  /** Why it has not passed; undefined when it has. */
  readonly judge: () => string | undefined
}

const isLog = ({ name }: Recording): boolean => name.endsWith('.jsonl')
const kinds = [
  ...eventMutators.map(({ name, weight }) => ({ name: `events: ${name}`, weight })),
  ...artifactMutators.map(({ name, weight }) => ({ name: `artifacts: ${name}`, weight })),
]

/** What was read of recordings already. */
const [logs, artifacts] = [new Map<string, readonly Line[]>(), new Map<string, Artifact>()]
function kept<T>(read: Map<string, T>, name: string, make: () => T): T {
  const found = read.get(name) ?? make()
  read.set(name, found)
  return found
}
const linesIn = ({ name, bytes }: Recording): readonly Line[] => kept(logs, name, () => linesOf(bytes))
const artifactIn = ({ name, bytes }: Recording): Artifact =>
  kept(artifacts, name, () => artifactOf(name.split('/').at(-1)!, bytes.toString('utf8')))

/** Makes the cases of a seed, each alone by its number; the first go through all mutators. */
export function dbtCases(
  seed: number,
  recordings: readonly Recording[] = readRecordings(),
): (number: number) => DbtCase {
  // Of a few events not much can be mixed up.
  const long = recordings.filter((each) => isLog(each) && eventsIn(linesIn(each)).length > 2)
  const others = recordings.filter((each) => !isLog(each))
  return (number) => {
    const source = random(seed, number)
    const drawn = weighted(
      kinds.map((kind) => [kind.weight, kind] as const),
      source.int(2 ** 20) / 2 ** 20,
    )
    const { name: mutator } = kinds[number] ?? drawn
    const [kind, name] = mutator.split(': ') as [string, string]
    const recording = source.pick(kind === 'events' ? long : others)
    const made = { number, mutator, recording: recording.name }
    if (kind === 'events') {
      const stream = mutateEvents(linesIn(recording), name, source)
      const judge = (): string | undefined => judgeEvents(stream, createEventParser())
      return { ...made, done: stream.done, input: () => Buffer.concat(stream.chunks), judge }
    }
    const mutated = mutateArtifact(artifactIn(recording), name, source)
    return { ...made, done: mutated.done, input: () => mutated.content, judge: () => judgeArtifact(mutated) }
  }
}

/** Why a case has not passed, also when it threw. */
export function runDbtCase({ judge }: DbtCase): string | undefined {
  try {
    return judge()
  } catch (error) {
    return `it throws ${String(error)}`
  }
}
