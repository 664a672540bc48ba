import type { Place } from '../errors/index.ts'

/** A place in a configuration file, and the layer that the file belongs to. */
export interface Origin extends Place {
  /** `base`, `local` or the name of the environment. */
  readonly layer: string
}

interface NodeBase {
  /** Dotted, from the name of the file on: `catalog.aviation.flights.path`. */
  readonly path: string
  readonly origin: Origin
  /** Earlier places that this value replaced, the latest first. */
  readonly overridden: readonly Origin[]
  /** The text in the file, when interpolation or a pattern made the value out of it. */
  readonly written?: string
  /** Set once interpolation is done; `failed` when something inside could not be resolved (and was reported). */
  readonly state?: 'resolved' | 'failed'
}

export type Scalar = string | number | boolean | null

export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar'
  readonly value: Scalar
  /** A number as it is written, so that `1.10` inside a text stays `1.10`. */
  readonly source?: string
  /** The value comes from a secret, or is composed from one. */
  readonly secret?: true
}

export interface ListNode extends NodeBase {
  readonly kind: 'list'
  readonly items: readonly ConfigNode[]
}

export interface MapEntry {
  /** Where the key stands. */
  readonly key: Origin
  readonly value: ConfigNode
}

export interface MapNode extends NodeBase {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, MapEntry>
}

/** One value of the configuration with its place: what YAML holds, and nothing that only code could mean. */
export type ConfigNode = ScalarNode | ListNode | MapNode

/** The plain JavaScript value of a node. */
export function toPlain(node: ConfigNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(toPlain)
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, toPlain(entry.value)]))
}

/** A copy of the node in which `change` has replaced every scalar. */
export function mapScalars(node: ConfigNode, change: (scalar: ScalarNode) => ConfigNode): ConfigNode {
  if (node.kind === 'scalar') return change(node)
  if (node.kind === 'list') return { ...node, items: node.items.map((item) => mapScalars(item, change)) }
  const entries = [...node.entries].map(
    ([name, { key, value }]) => [name, { key, value: mapScalars(value, change) }] as const,
  )
  return { ...node, entries: new Map(entries) }
}

/** Every scalar below a node. */
export function* scalars(node: ConfigNode): Generator<ScalarNode> {
  if (node.kind === 'scalar') yield node
  else if (node.kind === 'list') for (const item of node.items) yield* scalars(item)
  else for (const entry of node.entries.values()) yield* scalars(entry.value)
}
