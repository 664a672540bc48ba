import { evaluate, type Selection } from './selection.ts'
import {
  idOf,
  isRead,
  keysOf,
  nameOf,
  shareTime,
  valuesOf,
  type Asset,
  type Key,
  type Node,
  type Read,
  type World,
} from './world.ts'

/** What something was made from: the code of its node, and every partition that was read with the version that wrote it. */
export interface Made {
  readonly code: number
  readonly read: ReadonlySet<string>
}

/** What is stored of an asset. */
export interface Stored {
  /** By name of the partition. One without rows is made, and nothing is there to be read. */
  readonly partitions: Map<
    string,
    Made & {
      readonly version: string
      readonly key: Key
      readonly rows: boolean
      /** It has no rows, was made with all others, and nothing was there that belongs to it alone. */
      readonly leftOut: boolean
    }
  >
  /** By what all of it was last made in one piece. */
  whole: Made | undefined
}

export interface State {
  /** By id of the node. */
  readonly code: Map<string, number>
  /** How often a source was delivered. */
  readonly sources: Map<string, number>
  readonly stored: Map<string, Stored>
}

export interface Request {
  readonly selection: Selection
  /** Ranges by dimension, both ends included; without, assets are made as a whole. */
  readonly partitions: Readonly<Record<string, readonly [string, string]>> | undefined
  /** The first and the last of some days, in place of `partitions`: all that shares time with them; what has no time is made as a whole. */
  readonly days?: readonly [string, string]
  readonly mode: 'changed' | 'force' | 'missing'
}

/** What a node runs for: some partitions, or all in one piece. */
export type Work = 'whole' | readonly Key[]

export const byId = (world: World, id: string): Node => world.nodes.find((node) => idOf(node) === id)!

/** The partitions of a node's outputs, which all have the same dimensions. */
const outputOf = (world: World, { writes }: Node): Asset | undefined =>
  writes[0] === undefined ? undefined : world.assets.get(writes[0])

const present = ({ sources, stored }: State, name: string): readonly { key: Key; version: string }[] => {
  const delivered = sources.get(name)
  if (delivered !== undefined) return [{ key: {}, version: String(delivered) }]
  return [...(stored.get(name)?.partitions.values() ?? [])].filter(({ rows }) => rows)
}

/** Everything that is read, by name of input, partition and version. */
function readFor(world: World, state: State, node: Node, key: Key | 'whole'): ReadonlySet<string> {
  const output = outputOf(world, node)
  const found = new Set<string>()
  for (const read of node.reads)
    for (const { key: inKey, version } of present(state, read.asset))
      if (!output || isRead(read, world.assets.get(read.asset)!, inKey, output, key))
        found.add(`${read.asset} ${nameOf(inKey)} ${version}`)
  return found
}

/** Whether anything is there to be read for a partition that is not read for all of them. */
function hasOwn(world: World, state: State, node: Node, key: Key): boolean {
  const output = outputOf(world, node)!
  return node.reads.some((read) => {
    const input = world.assets.get(read.asset)!
    const follows = Object.entries(read.by).some(
      ([, way]) => way.kind !== 'all' && output.dimensions.some(({ column }) => column === way.of),
    )
    return follows && present(state, read.asset).some((each) => isRead(read, input, each.key, output, key))
  })
}

const madeNow = (world: World, state: State, node: Node, key: Key | 'whole'): Made => ({
  code: state.code.get(idOf(node))!,
  read: readFor(world, state, node, key),
})

const isSame = (a: Made, b: Made): boolean => a.code === b.code && isSameSet(a.read, b.read)

const isSameSet = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  a.size === b.size && [...a].every((each) => b.has(each))

/** Whether the run makes something anew that is read. */
function readsWork(
  world: World,
  node: Node,
  key: Key | 'whole',
  work: ReadonlyMap<string, Work>,
  reads: readonly Read[] = node.reads,
): boolean {
  const output = outputOf(world, node)
  return reads.some((read) => {
    const maker = world.nodes.find(({ writes }) => writes.includes(read.asset))
    const made = maker && work.get(idOf(maker))
    if (made === undefined) return false
    if (made === 'whole' || !output) return true
    return made.some((inKey) => isRead(read, world.assets.get(read.asset)!, inKey, output, key))
  })
}

/** The partitions of a node that are asked for. */
function asked(world: World, node: Node, { partitions, days }: Request): Work {
  const output = outputOf(world, node)
  if (days) return output ? keysWithin(output, days) : 'whole'
  if (!partitions || !output || output.dimensions.length === 0) return 'whole'
  return keysOf(output).filter((key) =>
    output.dimensions.every(({ column, values }) => {
      const [from, to] = partitions[column]!
      const at = values.indexOf(key[column]!)
      return at >= values.indexOf(from) && at <= values.indexOf(to)
    }),
  )
}

function keysWithin(output: Asset, [first, last]: readonly [string, string]): Work {
  const times = output.dimensions.filter(({ kind }) => kind !== 'static')
  if (times.length === 0) return 'whole'
  const days = valuesOf('daily').filter((day) => day >= first && day <= last)
  return keysOf(output).filter((key) =>
    times.every(({ column, kind }) =>
      days.some((day) => kind !== 'static' && shareTime([kind, key[column]!], ['daily', day])),
    ),
  )
}

/** What of a node has to run, when what is before it runs as `work` says; nothing: it need not. */
function workOf(
  world: World,
  state: State,
  node: Node,
  request: Request,
  work: ReadonlyMap<string, Work>,
): Work | undefined {
  const want = asked(world, node, request)
  if (node.writes.length === 0 || request.mode === 'force') return want
  const stored = node.writes.map((name) => state.stored.get(name))
  if (stored.includes(undefined)) return want
  const isNew = request.mode === 'changed'
  const isMissing = (each: Stored, key: Key): boolean => {
    const made = each.partitions.get(nameOf(key))
    if (!made) return true
    return (
      !isNew &&
      made.leftOut &&
      (readsWork(world, node, key, work) || !isSameSet(made.read, readFor(world, state, node, key)))
    )
  }
  const mustRun = (key: Key): boolean =>
    stored.some((each) => isMissing(each!, key)) ||
    (isNew &&
      (readsWork(world, node, key, work) ||
        stored.some((each) => !isSame(each!.partitions.get(nameOf(key))!, madeNow(world, state, node, key)))))
  if (want === 'whole') {
    if (!isNew || !isWholeStale(world, state, node, work)) return undefined
    return partOfWhole(world, state, node, { work, mustRun }) ?? 'whole'
  }
  const runs = want.filter(mustRun)
  return runs.length > 0 ? runs : undefined
}

/** Where all is asked for: the partitions alone that changed or arrived; undefined when those are all, or it cannot be told. */
function partOfWhole(
  world: World,
  state: State,
  node: Node,
  { work, mustRun }: { readonly work: ReadonlyMap<string, Work>; readonly mustRun: (key: Key) => boolean },
): Work | undefined {
  const output = outputOf(world, node)!
  if (output.dimensions.length === 0) return undefined
  const known = new Map(
    node.writes.flatMap((name) =>
      [...state.stored.get(name)!.partitions.values()].map(({ key }) => [nameOf(key), key] as const),
    ),
  )
  const changed = [...known.values()].filter(mustRun)
  if (changed.length === known.size) return undefined
  const found = new Map(changed.map((key) => [nameOf(key), key]))
  for (const read of node.reads) {
    const input = world.assets.get(read.asset)!
    const maker = world.nodes.find(({ writes }) => writes.includes(read.asset))
    const made = maker && work.get(idOf(maker))
    const there = [
      ...present(state, read.asset).map(({ key }) => key),
      ...(made && made !== 'whole' ? made : []),
    ]
    const arrived = there.filter((inKey) =>
      [...known.values()].every((key) => !isRead(read, input, inKey, output, key)),
    )
    if (arrived.length === 0) continue
    // What looks back may be written for times that nothing has arrived for.
    if (Object.values(read.by).some((way) => way.kind === 'window' && (way.first !== 0 || way.last !== 0)))
      return undefined
    for (const inKey of arrived)
      for (const key of keysOf(output).filter((each) => isRead(read, input, inKey, output, each)))
        found.set(nameOf(key), key)
  }
  return found.size > 0 ? [...found.values()] : undefined
}

/** Whether anything of an asset would be made otherwise now, or more of it. */
function isWholeStale(world: World, state: State, node: Node, work: ReadonlyMap<string, Work>): boolean {
  if (readsWork(world, node, 'whole', work)) return true
  const output = outputOf(world, node)!
  return node.writes.some((name) => {
    const { partitions, whole } = state.stored.get(name)!
    const parts = [...partitions.values()]
    if (parts.some(({ key, ...made }) => !isSame(made, madeNow(world, state, node, keyFor(output, key)))))
      return true
    if (whole && isSame(whole, madeNow(world, state, node, 'whole'))) return false
    // Something has arrived that nothing was made from.
    const covered = parts.flatMap(({ read }) => [...read])
    return [...readFor(world, state, node, 'whole')].some((each) => !covered.includes(each))
  })
}

/** An asset without dimensions is read for as a whole. */
const keyFor = ({ dimensions }: Asset, key: Key): Key | 'whole' => (dimensions.length === 0 ? 'whole' : key)

/** Why nothing can be planned. */
export type Refusal = 'PARTITION_UNKNOWN' | 'NOT_MATERIALIZED'

/** What has to run; or why that cannot be. */
export function plan(world: World, state: State, request: Request): ReadonlyMap<string, Work> | Refusal {
  const selected = evaluate(world, request.selection)
  if (!isPossible(world, selected, request)) return 'PARTITION_UNKNOWN'
  const work = new Map<string, Work>()
  const done = new Set<string>()
  const isReady = (node: Node): boolean =>
    node.reads.every(({ asset }) => {
      const maker = world.nodes.find(({ writes }) => writes.includes(asset))
      return !maker || done.has(idOf(maker))
    })
  while (done.size < world.nodes.length)
    for (const node of world.nodes) {
      const id = idOf(node)
      if (done.has(id) || !isReady(node)) continue
      const found = selected.has(id) ? workOf(world, state, node, request, work) : undefined
      if (found) work.set(id, found)
      done.add(id)
    }
  const running = world.nodes.filter((node) => work.has(idOf(node)))
  const there = new Set([
    ...running.flatMap(({ writes }) => writes),
    ...state.sources.keys(),
    ...state.stored.keys(),
  ])
  return running.every(({ reads: all }) => all.every(({ asset }) => there.has(asset)))
    ? work
    : 'NOT_MATERIALIZED'
}

/** Whether the partitions that are asked for are ones of all that is selected. */
function isPossible(world: World, selected: ReadonlySet<string>, { partitions }: Request): boolean {
  if (!partitions || selected.size === 0) return true
  const outputs = world.nodes.flatMap((node) => {
    const output = selected.has(idOf(node)) ? outputOf(world, node) : undefined
    return output && output.dimensions.length > 0 ? [output] : []
  })
  const columns = Object.keys(partitions).toSorted().join(' ')
  return (
    outputs.length > 0 &&
    outputs.every(
      ({ dimensions }) =>
        dimensions
          .map(({ column }) => column)
          .toSorted()
          .join(' ') === columns &&
        dimensions.every(({ column, values }) =>
          partitions[column]!.every((value) => values.includes(value)),
        ),
    )
  )
}

/** The partitions of an input that a node reads for what it runs. */
export function reads(world: World, node: Node, name: string, work: Work): readonly Key[] {
  const input = world.assets.get(name)!
  const output = outputOf(world, node)
  const read = node.reads.find(({ asset }) => asset === name)!
  const all = keysOf(input)
  if (work === 'whole' || !output) return all
  return all.filter((inKey) => work.some((key) => isRead(read, input, inKey, output, key)))
}

/**
 * Records that a node ran.
 * @param hasRows whether it gave any rows for a partition
 */
export function apply(
  world: World,
  state: State,
  node: Node,
  work: Work,
  version: string,
  hasRows: (asset: string, key: Key) => boolean = () => true,
): void {
  const output = outputOf(world, node)
  if (!output) return
  const keys = work === 'whole' ? keysOf(output) : work
  const made = keys.map((key) => ({ ...madeNow(world, state, node, keyFor(output, key)), version, key }))
  const whole = work === 'whole' ? madeNow(world, state, node, 'whole') : undefined
  for (const name of node.writes) {
    const before = state.stored.get(name)
    const partitions = new Map(work === 'whole' ? [] : before?.partitions)
    for (const each of made) {
      const rows = hasRows(name, each.key)
      const leftOut = work === 'whole' && !rows && !hasOwn(world, state, node, each.key)
      partitions.set(nameOf(each.key), { ...each, rows, leftOut })
    }
    state.stored.set(name, { partitions, whole: whole ?? before?.whole })
  }
}
