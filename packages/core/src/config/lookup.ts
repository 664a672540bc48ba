import type { ConfigNode, MapNode } from './node.ts'

export interface Miss {
  /** What is not there, as far as it could not be followed. */
  readonly missing: string
  /** The keys of the map where the way ended. */
  readonly known: readonly string[]
}

export type Lookup = { readonly node: ConfigNode } | Miss

/**
 * Follows a dotted path into maps (and lists, by index). A key may contain dots itself (`aviation.flights`): the
 * longest key that leads to something wins.
 */
export function lookup(node: ConfigNode, path: string): Lookup {
  if (path === '') return { node }
  let miss: Miss = { missing: path, known: node.kind === 'map' ? [...node.entries.keys()] : [] }
  for (const [head, rest] of splits(path)) {
    const next = child(node, head)
    if (next === undefined) continue
    const found = lookup(next, rest)
    if ('node' in found) return found
    if (found.missing.length < miss.missing.length) miss = found
  }
  return miss
}

/** All ways to cut a dotted path in two, the longest head first; the last rest is empty. */
export function* splits(path: string): Generator<[head: string, rest: string]> {
  yield [path, '']
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    yield [path.slice(0, dot), path.slice(dot + 1)]
  }
}

/** The map entry or list item of that name. */
export function child(node: ConfigNode, key: string): ConfigNode | undefined {
  if (node.kind === 'map') return node.entries.get(key)?.value
  return node.kind === 'list' && /^\d+$/.test(key) ? node.items[Number(key)] : undefined
}

/** The value at an exact list of keys. */
export function at(node: ConfigNode, keys: readonly PropertyKey[]): ConfigNode | undefined {
  let current: ConfigNode | undefined = node
  for (const key of keys) current = current && child(current, String(key))
  return current
}

/** A map without entries, for a file that does not exist. */
export const emptyMap = (path: string, file: string, layer: string): MapNode => ({
  kind: 'map',
  path,
  origin: { file, layer },
  overridden: [],
  entries: new Map(),
})
