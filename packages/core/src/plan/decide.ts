import { partitionId, type PartitionKey } from '../asset/index.ts'
import type { Fingerprint, Provenance, Version } from '../dataset/index.ts'
import type { Reason } from './reason.ts'

/** One output of a node: what is stored, and what the node would make it from now. */
export interface OutputNow {
  /** Names of its partition columns, in order. */
  readonly partitionBy: readonly string[]
  readonly base: Version | undefined
  /** Of one partition, or of all in one piece. Without, whatever is stored will do. */
  readonly wanted?: (key?: PartitionKey) => Provenance
  /** The partitions of which the base says what they were made from. */
  readonly covered: () => readonly PartitionKey[]
  /** What a partition that the base lists nowhere was made from. */
  readonly unlisted?: (key: PartitionKey) => Provenance | undefined
}

export interface NodeNow {
  readonly outputs: readonly OutputNow[]
  /** The partitions that are asked for; undefined for all. */
  readonly partitions: readonly PartitionKey[] | undefined
  /** Inputs that this run makes anew, as far as some partitions of the outputs read them; all of it without a key. */
  readonly madeAnew: (key?: PartitionKey) => readonly string[]
  /** Inputs with a partition that no stored one of the outputs was made from: a day that has just arrived. */
  readonly newInputs: () => readonly string[]
  /** The partitions of the outputs that those belong to; undefined where that cannot be told, and all has to be written. */
  readonly arrived: () => readonly PartitionKey[] | undefined
}

export interface ToRun {
  readonly reasons: readonly Reason[]
  /** Those of the partitions asked for that have to be written; undefined for all. */
  readonly partitions: readonly PartitionKey[] | undefined
  /** Why some of the partitions do, where not all of them do so for the same. */
  readonly reasonsOf?: (partitions: readonly PartitionKey[]) => readonly Reason[]
}

/** Why a node has to run, and for which partitions; undefined when all is stored as it would be made. No I/O. */
export function decide(node: NodeNow): ToRun | undefined {
  if (node.partitions) return decidePartitions(node, node.partitions)
  const whole = decideWhole(node)
  return whole && (narrowed(node, whole) ?? whole)
}

/** Of a run of all, the partitions alone that changed or arrived; undefined when those are all, or others cannot be left out. */
function narrowed(node: NodeNow, { reasons }: ToRun): ToRun | undefined {
  const { outputs } = node
  if (outputs.some(({ base, partitionBy, wanted }) => !base || !wanted || partitionBy.length === 0))
    return undefined
  const names = outputs[0]!.partitionBy
  const all = new Map<string, PartitionKey>()
  for (const { covered } of outputs) for (const key of covered()) all.set(partitionId(names, key), key)
  const arrived = node.arrived()
  const changed = decidePartitions(node, [...all.values()])
  const found = [...(changed?.partitions ?? []), ...(arrived ?? [])]
  const partitions = [...new Map(found.map((key) => [partitionId(names, key), key])).values()]
  if (!arrived || partitions.length === 0 || changed?.partitions?.length === all.size) return undefined
  const others = arrived.length > 0 ? reasons.filter(({ kind }) => kind === 'input' || kind === 'made') : []
  const stored = (key: PartitionKey): boolean => all.has(partitionId(names, key))
  return {
    reasons: merged([...(changed?.reasons ?? []), ...others]),
    partitions,
    reasonsOf: (keys) =>
      merged([...(changed?.reasonsOf?.(keys.filter(stored)) ?? []), ...(keys.every(stored) ? [] : others)]),
  }
}

function decidePartitions(
  { outputs, madeAnew }: NodeNow,
  partitions: readonly PartitionKey[],
): ToRun | undefined {
  const reasons: Reason[] = []
  const stored = outputs.map(storedIn)
  const reasonsFor = (key: PartitionKey): readonly Reason[] => {
    const found = outputs.flatMap((output, i) => {
      // What has no partitions is written as a whole, whatever partition is asked for.
      const own = output.partitionBy.length > 0 ? key : undefined
      return changesOf(stored[i]!(own), output.wanted?.(own))
    })
    found.push(...anew(madeAnew(key)))
    return found
  }
  const changed = partitions.filter((key) => {
    const found = reasonsFor(key)
    reasons.push(...found)
    return found.length > 0
  })
  if (changed.length === 0) return undefined
  const reasonsOf = (keys: readonly PartitionKey[]): readonly Reason[] => merged(keys.flatMap(reasonsFor))
  return { reasons: merged(reasons), partitions: changed, reasonsOf }
}

function decideWhole({ outputs, madeAnew, newInputs }: NodeNow): ToRun | undefined {
  const reasons: Reason[] = anew(madeAnew())
  for (const output of outputs) {
    const { base, partitionBy, wanted } = output
    if (!base) {
      reasons.push({ kind: 'missing', names: [] })
      continue
    }
    if (!wanted) continue
    const { whole } = base
    const isWhole = whole !== undefined && changesOf(whole, wanted()).length === 0
    if (isWhole && !whole.mixed) continue
    for (const { key, version, provenance } of base.partitions)
      if (!isWhole || version !== whole.version)
        reasons.push(
          ...changesOf(provenance ?? 'unrecorded', wanted(partitionBy.length > 0 ? key : undefined)),
        )
    for (const { key, provenance } of base.empty ?? []) reasons.push(...changesOf(provenance, wanted(key)))
    if (!isWhole) {
      reasons.push(...changesOfUnlisted(output))
      const arrived = newInputs()
      if (arrived.length > 0) reasons.push({ kind: 'input', names: arrived })
      // Nothing stored tells what it was made from.
      else if (base.partitions.length === 0 && (base.empty ?? []).length === 0)
        reasons.push(...changesOf(whole ?? 'unrecorded', wanted()))
    }
  }
  return reasons.length > 0 ? { reasons: merged(reasons), partitions: undefined } : undefined
}

/** Of partitions that a write of all left without rows, and that are listed nowhere for that. */
function changesOfUnlisted({ base, partitionBy, covered, wanted, unlisted }: OutputNow): readonly Reason[] {
  if (!base?.whole?.others || !unlisted) return []
  const idOf = (key: PartitionKey): string => partitionId(partitionBy, key)
  const listed = new Set([...base.partitions, ...(base.empty ?? [])].map(({ key }) => idOf(key)))
  return covered().flatMap((key) => (listed.has(idOf(key)) ? [] : changesOf(unlisted(key), wanted?.(key))))
}

const anew = (names: readonly string[]): Reason[] => (names.length > 0 ? [{ kind: 'made', names }] : [])

/** What a partition of an output was made from; of all of it, without a key. */
function storedIn({
  base,
  partitionBy,
  unlisted,
}: OutputNow): (key: PartitionKey | undefined) => Provenance | 'unrecorded' | undefined {
  const idOf = (key: PartitionKey): string => partitionId(partitionBy, key)
  const all = new Map<string, Provenance | 'unrecorded'>()
  for (const { key, provenance } of base?.partitions ?? []) all.set(idOf(key), provenance ?? 'unrecorded')
  for (const { key, provenance } of base?.empty ?? []) all.set(idOf(key), provenance)
  return (key) => all.get(key ? idOf(key) : '') ?? (key && unlisted?.(key))
}

const parts = ['schema', 'code', 'checks', 'engine'] as const

/** What is other now than when it was written. */
function changesOf(
  stored: Provenance | 'unrecorded' | undefined,
  wanted: Provenance | undefined,
): readonly Reason[] {
  if (stored === undefined) return [{ kind: 'missing', names: [] }]
  if (!wanted) return []
  if (stored === 'unrecorded') return [{ kind: 'unrecorded', names: [] }]
  if (isSame(stored, wanted)) return none
  const reasons: Reason[] = [...fingerprintChanges(stored.fingerprint, wanted.fingerprint)]
  const names = namesOf(stored.inputs, wanted.inputs)
  const unknown = names.filter((name) => wanted.inputs[name] === '')
  const changed = names.filter(
    (name) => wanted.inputs[name] !== '' && stored.inputs[name] !== wanted.inputs[name],
  )
  if (changed.length > 0) reasons.push({ kind: 'input', names: changed })
  if (unknown.length > 0) reasons.push({ kind: 'unknown', names: unknown })
  return reasons
}

const none: readonly Reason[] = []

/** What most are; to say what is other takes longer. */
function isSame(stored: Provenance, wanted: Provenance): boolean {
  const [a, b] = [stored.fingerprint, wanted.fingerprint]
  return (
    (a === b ||
      (parts.every((part) => a[part] === b[part]) &&
        isAlike(a.params, b.params) &&
        isAlike(a.packages, b.packages))) &&
    isAlike(stored.inputs, wanted.inputs) &&
    // What cannot be told is no state.
    !Object.values(wanted.inputs).includes('')
  )
}

function isAlike(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  if (a === b) return true
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name])
}

let compared: readonly [stored: Fingerprint, wanted: Fingerprint, reasons: readonly Reason[]] | undefined

/** What is another in the second. Partitions share their fingerprints, so that mostly the same two are compared again. */
export function fingerprintChanges(stored: Fingerprint, wanted: Fingerprint): readonly Reason[] {
  if (compared?.[0] === stored && compared[1] === wanted) return compared[2]
  const reasons: Reason[] = parts
    // A schema that changes moves code and checks, too, and says more.
    .filter(
      (part) =>
        stored[part] !== wanted[part] &&
        (stored.schema === wanted.schema || (part !== 'code' && part !== 'checks')),
    )
    .map((kind) => ({ kind, names: [] }))
  for (const kind of ['params', 'packages'] as const) {
    const names = namesOf(stored[kind], wanted[kind]).filter(
      (name) => stored[kind][name] !== wanted[kind][name],
    )
    if (names.length > 0) reasons.push({ kind, names })
  }
  compared = [stored, wanted, reasons]
  return reasons
}

const namesOf = (a: object, b: object): readonly string[] => [
  ...new Set([...Object.keys(a), ...Object.keys(b)]),
]

/** Each kind once. */
const merged = (reasons: readonly Reason[]): readonly Reason[] =>
  [...Map.groupBy(reasons, ({ kind }) => kind)].map(([kind, all]) => ({
    kind,
    names: [...new Set(all.flatMap(({ names }) => names))].toSorted(),
  }))
