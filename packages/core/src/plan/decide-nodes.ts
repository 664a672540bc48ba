import {
  checkPartition,
  grainsOf,
  grainsText,
  partitionId,
  type AnyAsset,
  type PartitionKey,
} from '../asset/index.ts'
import { mappingOf, type Graph, type GraphNode } from '../app/index.ts'
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
  /** In an order in which they can run. */
  readonly nodes: readonly GraphNode[]
  /** The partitions of each that are asked for; undefined for all. */
  readonly partitionsOf: (node: GraphNode) => readonly PartitionKey[] | undefined
  readonly mode: Mode
  /** What begins later does not exist yet. @default now */
  readonly now?: Date
  readonly fingerprints: Fingerprints
  readonly states: States
  /** The current versions of outputs. */
  readonly heads: Heads
  /** Whether an output must not be written, as the step will tell. */
  readonly isRefused: (asset: string, head: Version) => Promise<boolean>
  /** Told as soon as it is known that a node runs. */
  readonly onRun: (node: GraphNode) => void
}

/** Decides for each node whether it runs, and why; what is absent need not. Neither rows nor engines are asked. */
export async function decideNodes(request: DecideRequest): Promise<ReadonlyMap<GraphNode, ToRun>> {
  const { nodes, states, onRun } = request
  const toRun = new Map<GraphNode, ToRun>()
  const heads = new Map<GraphNode, readonly (Version | undefined)[]>()
  const run = (node: GraphNode, reasons: readonly Reason[]): void => {
    toRun.set(node, { reasons, partitions: request.partitionsOf(node) })
    onRun(node)
  }
  await request.heads.look(nodes.flatMap(({ writes }) => writes))
  for (const node of nodes) {
    if (isAlways(node)) {
      run(node, always)
      continue
    }
    try {
      const found = node.writes.map((asset) => request.heads.head(asset))
      heads.set(node, found)
      if (found.includes(undefined)) run(node, missing)
      else if (await anyRefused(request, node, found)) run(node, always)
      else if (request.mode === 'force') run(node, forced)
    } catch {
      // Whoever plans the step tells what is wrong with what is stored.
      run(node, missing)
    }
  }
  const rest = nodes.filter((node) => !toRun.has(node))
  if (request.mode !== 'force') await states.look(new Set(rest.flatMap(({ reads }) => reads)))
  for (const node of rest) {
    const decided = await decideNode(request, node, heads.get(node)!, toRun)
    if (!decided) continue
    toRun.set(node, decided)
    onRun(node)
  }
  return toRun
}

async function anyRefused(
  { isRefused }: DecideRequest,
  { writes }: GraphNode,
  heads: readonly (Version | undefined)[],
): Promise<boolean> {
  for (const [i, head] of heads.entries()) if (head && (await isRefused(writes[i]!, head))) return true
  return false
}

const always: readonly Reason[] = [{ kind: 'always', names: [] }]
const missing: readonly Reason[] = [{ kind: 'missing', names: [] }]
const forced: readonly Reason[] = [{ kind: 'forced', names: [] }]

/** A node that acts, and one that fetches from a service and reads nothing that Levada knows. */
const isAlways = ({ node, reads, writes }: GraphNode): boolean =>
  writes.length === 0 || (reads.length === 0 && Object.keys(node.resources).length > 0)

async function decideNode(
  { graph, mode, states, fingerprints, partitionsOf, now = new Date() }: DecideRequest,
  node: GraphNode,
  heads: readonly (Version | undefined)[],
  toRun: ReadonlyMap<GraphNode, ToRun>,
): Promise<ToRun | undefined> {
  const assets = Object.values(node.node.outputs)
  // What is stored by other partitions has none that could be kept.
  if (!partitionsOf(node) && assets.some((asset, i) => isCutOtherwise(asset, heads[i])))
    return { reasons: [{ kind: 'schema', names: [] }], partitions: undefined }
  const madeAnew = (key?: PartitionKey): readonly string[] =>
    node.reads.filter((name) => isMade(graph, node, name, key, toRun))
  const readsElse = ({ fingerprint, inputs }: Provenance, key: PartitionKey): boolean =>
    Object.entries(provenanceNow(graph, node, fingerprint, states)(key).inputs).some(
      ([name, state]) => inputs[name] !== state,
    )
  const outputs: NodeNow['outputs'][number][] = []
  try {
    for (const [i, asset] of assets.entries()) {
      const base = heads[i]!
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
    return { reasons: [{ kind: 'code', names: [] }], partitions: partitionsOf(node) }
  }
  const stored = (): Stored => ({ covered: outputs.flatMap(({ covered }) => covered()), states, toRun, now })
  return decide({
    outputs,
    partitions: partitionsOf(node),
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

const isCutOtherwise = (asset: AnyAsset, base: Version | undefined): boolean => {
  if (!base) return false
  const names = asset.partitions.map(({ column }) => column)
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
  toRun: ReadonlyMap<GraphNode, ToRun>,
): boolean {
  const producer = graph.producers.get(name)
  const made = producer && toRun.get(producer)
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
  readonly toRun: ReadonlyMap<GraphNode, ToRun>
  readonly now: Date
}

/** Partitions of an input, stored or made by this run, that no stored one of the outputs was made from. */
function arrivedIn(
  graph: Graph,
  node: GraphNode,
  name: string,
  { covered: keys, states, toRun }: Stored,
): readonly PartitionKey[] {
  const { asset } = graph.assets.get(name)!
  const producer = graph.producers.get(name)
  const made = (producer && toRun.get(producer)?.partitions) ?? []
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
  const outputs = Object.values(node.node.outputs)
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
