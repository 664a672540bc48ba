import {
  checkPartition,
  grainsOf,
  grainsText,
  partitionId,
  type AnyAsset,
  type PartitionKey,
} from '../asset/index.ts'
import {
  indexOf,
  lengthOf,
  listed,
  mappingOf,
  type Graph,
  type GraphIndex,
  type GraphNode,
} from '../app/index.ts'
import type { Fingerprint, Provenance, Version } from '../dataset/index.ts'
import { coveredBy, coveredIn, readersFor, unlisted, type Covering } from './covered.ts'
import { decide, type NodeNow, type ToRun } from './decide.ts'
import { readPartitions, storedKeys } from './read-partitions.ts'
import { provenanceNow } from './provenance-now.ts'
import type { Reason } from './reason.ts'
import type { Heads } from './standing.ts'
import type { Fingerprints, States } from './states.ts'

/** `force`: all that is selected. `missing`: what has nothing stored, whatever changed. */
export type Mode = 'changed' | 'force' | 'missing'

export interface DecideRequest {
  readonly graph: Graph
  /** By their place in the graph, in its order. */
  readonly nodes: readonly number[]
  /** The partitions of each that are asked for; undefined for all. */
  readonly partitionsOf: (node: number) => readonly PartitionKey[] | undefined
  readonly mode: Mode
  /** What begins later does not exist yet. @default now */
  readonly now?: Date
  readonly fingerprints: Fingerprints
  readonly states: States
  /** The current versions of outputs. */
  readonly heads: Heads
  /** Whether an output must not be written, as the step will tell. */
  readonly isRefused: (asset: number, head: Version) => boolean | Promise<boolean>
  /** Told as soon as it is known that a node runs. */
  readonly onRun: (node: number) => void
}

/** By the place of a node in the graph: what is absent need not run. */
export type Decided = readonly (ToRun | undefined)[]

/** Decides for each node whether it runs, and why. Neither rows nor engines are asked, but for the state of a table that Levada did not write. */
export async function decideNodes(request: DecideRequest): Promise<Decided> {
  const { graph, nodes, mode, states, heads, onRun } = request
  const index = indexOf(graph)
  const toRun: (ToRun | undefined)[] = Array.from({ length: graph.nodes.length })
  let last: ToRun | undefined
  const run = (number: number, reasons: readonly Reason[]): void => {
    const partitions = request.partitionsOf(number)
    // Most run for the same.
    if (last?.reasons !== reasons || last.partitions !== partitions) last = { reasons, partitions }
    toRun[number] = last
    onRun(number)
  }
  await heads.look(listed(index.writes, nodes))
  const rest: number[] = []
  for (const number of nodes) {
    if (isAlways(graph, index, number)) {
      run(number, always)
      continue
    }
    try {
      if (isMissing(index, number, heads)) run(number, missing)
      else if (await isRefused(request, index, number)) run(number, always)
      else if (request.mode === 'force') run(number, forced)
      else rest.push(number)
    } catch {
      // Whoever plans the step tells what is wrong with what is stored.
      run(number, missing)
    }
  }
  if (mode !== 'force') await states.look(new Set(rest.flatMap((number) => graph.nodes[number]!.reads)))
  const madeBy: MadeBy = (asset) => toRun[index.producers[index.assetNumbers.get(asset)!]!]
  for (const number of rest) {
    const decided = await decideNode(request, number, madeBy)
    if (!decided) continue
    toRun[number] = decided
    onRun(number)
  }
  return toRun
}

/** How this run makes an asset, if it does. */
type MadeBy = (asset: string) => ToRun | undefined

/** Whether an output has no version. @throws what looking at it did */
function isMissing({ writes: { offsets, values } }: GraphIndex, node: number, heads: Heads): boolean {
  let missing = false
  for (let i = offsets[node]!, end = offsets[node + 1]!; i < end; i++)
    if (heads.head(values[i]!) === undefined) missing = true
  return missing
}

async function isRefused(
  { isRefused: isOutputRefused, heads }: DecideRequest,
  { writes: { offsets, values } }: GraphIndex,
  node: number,
): Promise<boolean> {
  for (let i = offsets[node]!, end = offsets[node + 1]!; i < end; i++)
    if (await isOutputRefused(values[i]!, heads.head(values[i]!)!)) return true
  return false
}

const always: readonly Reason[] = [{ kind: 'always', names: [] }]
const missing: readonly Reason[] = [{ kind: 'missing', names: [] }]
const forced: readonly Reason[] = [{ kind: 'forced', names: [] }]

/** A node that acts, and one that fetches from a service and reads nothing that Levada knows. */
const isAlways = ({ nodes }: Graph, { reads, writes }: GraphIndex, number: number): boolean =>
  lengthOf(writes, number) === 0 ||
  (lengthOf(reads, number) === 0 && Object.keys(nodes[number]!.node.resources).length > 0)

type DecideOne = Omit<DecideRequest, 'nodes' | 'isRefused' | 'onRun'>

/**
 * Decides anew of a node that a run of all is about to write as a whole, by what it reads as it is by then; undefined when nothing
 * that is stored would become another.
 */
export const decideAgain = (
  request: Pick<DecideRequest, 'graph' | 'fingerprints' | 'states' | 'heads' | 'now'>,
  node: number,
): Promise<ToRun | undefined> =>
  decideNode({ ...request, mode: 'changed', partitionsOf: () => undefined }, node, () => undefined)

async function decideNode(
  { graph, mode, states, fingerprints, partitionsOf, heads, now = new Date() }: DecideOne,
  number: number,
  madeBy: MadeBy,
): Promise<ToRun | undefined> {
  const node = graph.nodes[number]!
  const assets = node.outputs
  const { offsets, values } = indexOf(graph).writes
  const headOf = (i: number): Version => heads.head(values[offsets[number]! + i]!)!
  const partitions = partitionsOf(number)
  // What is stored by other partitions has none that could be kept.
  if (!partitions && assets.some((asset, i) => isCutOtherwise(asset, headOf(i))))
    return { reasons: [{ kind: 'schema', names: [] }], partitions: undefined }
  const madeAnew = (key?: PartitionKey): readonly string[] =>
    node.reads.filter((name) => isMade(graph, node, name, key, madeBy))
  const readsElse = ({ fingerprint, inputs }: Provenance, key: PartitionKey): boolean =>
    Object.entries(provenanceNow(graph, node, fingerprint, states)(key).inputs).some(
      ([name, state]) => inputs[name] !== state,
    )
  const outputs: NodeNow['outputs'][number][] = []
  try {
    for (const [i, asset] of assets.entries()) {
      const base = headOf(i)
      const made = unlisted(base)
      outputs.push({
        partitionBy: asset.partitions.map(({ column }) => column),
        base,
        covered: lazily(() => coveredIn(asset, base, now)),
        ...(mode === 'changed'
          ? {
              wanted: wantedOf(
                { graph, node, asset, states },
                await fingerprints.of(node, asset),
                made && now,
              ),
              unlisted: () => made,
            }
          : made && {
              // Without rows, it is missing as soon as inputs have something else for it.
              unlisted: (key: PartitionKey) =>
                madeAnew(key).length > 0 || readsElse(made, key) ? undefined : made,
            }),
      })
    }
  } catch {
    // Its code cannot be read; the step tells why.
    return { reasons: [{ kind: 'code', names: [] }], partitions }
  }
  const stored = (): Stored => ({ covered: outputs.flatMap(({ covered }) => covered()), states, madeBy, now })
  return decide({
    outputs,
    partitions,
    madeAnew: mode === 'changed' ? madeAnew : () => [],
    newInputs: () => node.reads.filter((name) => arrivedIn(graph, node, name, stored()).length > 0),
    // What is brought up to date by what is new says by itself what it writes.
    arrived: () =>
      assets.some(({ incremental }) => incremental) ? undefined : arrivedFor(graph, node, stored()),
  })
}

/**
 * What each partition would be made from.
 * @param now when partitions without anything to read may be many: they are all made from the same, which is looked up once
 */
function wantedOf(
  covering: Covering,
  fingerprint: Fingerprint,
  now: Date | undefined,
): (key?: PartitionKey) => Provenance {
  const { graph, node, asset, states } = covering
  const wanted = provenanceNow(graph, node, fingerprint, states)
  if (!now) return wanted
  const names = asset.partitions.map(({ column }) => column)
  const alike = lazily(() => {
    const covered = coveredBy(covering, now)
    const ids = covered && new Set(covered.partitions.map((key) => partitionId(names, key)))
    return ids && { ids, made: { fingerprint, inputs: covered!.others } }
  })
  return (key) => {
    const same = key && alike()
    return same && !same.ids.has(partitionId(names, key)) ? same.made : wanted(key)
  }
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}

const isCutOtherwise = (asset: AnyAsset, base: Version): boolean => {
  const { partitions } = asset
  // Mostly they are the columns' own values, as days of dates.
  if (
    !base.grains &&
    base.partitionBy?.length === partitions.length &&
    partitions.every(({ column }, i) => column === base.partitionBy![i]) &&
    !grainsOf(asset)
  )
    return false
  const names = partitions.map(({ column }) => column)
  // Told without looking at partitions, of which there may be many.
  if (
    base.partitionBy?.join('\n') === names.join('\n') &&
    grainsText(base.grains, names) === grainsText(grainsOf(asset), names)
  )
    return false
  const [first] = base.partitions
  if (!first) return false
  const stored = Object.keys(first.key)
  return (
    stored.length !== names.length ||
    !names.every((name) => stored.includes(name)) ||
    grainsText(base.grains, names) !== grainsText(grainsOf(asset), names)
  )
}

/** Whether this run writes something of an input that is read for a partition. */
function isMade(
  graph: Graph,
  node: GraphNode,
  name: string,
  key: PartitionKey | undefined,
  madeBy: MadeBy,
): boolean {
  const made = madeBy(name)
  if (!made?.partitions || !key) return made !== undefined
  const { asset } = graph.assets.get(name)!
  const read = readPartitions(graph, node, name, [key])
  if (!read) return true
  const names = asset.partitions.map(({ column }) => column)
  const idOf = (each: PartitionKey): string => JSON.stringify(names.map((column) => each[column]))
  const written = new Set(made.partitions.map(idOf))
  const stored = made.partitions.map((each) => ({ key: each }))
  return storedKeys(names, stored, read).some((each) => written.has(idOf(each)))
}

interface Stored {
  readonly covered: readonly PartitionKey[]
  readonly states: States
  readonly madeBy: MadeBy
  readonly now: Date
}

/** Partitions of an input, stored or made by this run, that no stored one of the outputs was made from. */
function arrivedIn(
  graph: Graph,
  node: GraphNode,
  name: string,
  { covered: keys, states, madeBy }: Stored,
): readonly PartitionKey[] {
  const { asset } = graph.assets.get(name)!
  const made = madeBy(name)?.partitions ?? []
  const there = [...(states.version(name)?.partitions ?? []), ...made.map((key) => ({ key }))]
  const names = asset.partitions.map(({ column }) => column)
  const idOf = (key: PartitionKey): string => JSON.stringify(names.map((column) => key[column]))
  const read = readPartitions(graph, node, name, keys)
  if (!read) return []
  const covered = new Set(storedKeys(names, there, read).map(idOf))
  return there.flatMap(({ key }) => (covered.has(idOf(key)) ? [] : [key]))
}

/** The partitions of the outputs that those belong to; undefined where one may not exist, or more than one could be meant. */
function arrivedFor(graph: Graph, node: GraphNode, stored: Stored): readonly PartitionKey[] | undefined {
  const { outputs } = node
  const found = new Map<string, PartitionKey>()
  for (const declared of node.declared) {
    const keys = arrivedIn(graph, node, declared.name, stored)
    if (keys.length === 0) continue
    const mapping = mappingOf(graph, node, declared)
    // What looks back may be written for times that nothing has arrived for.
    if (mapping.some(({ first, last }) => first !== 0 || last !== 0)) return undefined
    const readers = readersFor(outputs[0]!, mapping, keys, stored.now)
    if (!readers) return undefined
    for (const key of readers) {
      try {
        for (const output of outputs) checkPartition(output, key)
      } catch {
        return undefined
      }
      found.set(JSON.stringify(key), key)
    }
  }
  return [...found.values()]
}
