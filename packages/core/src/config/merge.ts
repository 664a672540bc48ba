import type { ConfigNode, MapEntry, MapNode } from './node.ts'

/**
 * Lays one value over another: maps merge deeply, lists and scalars replace, and a map that changes `type` replaces the
 * whole entry. What was replaced stays known as a place.
 */
export function mergeNodes(base: ConfigNode, over: ConfigNode): ConfigNode {
  return merge(base, over, true)
}

/** The same for two maps. */
export const mergeMaps = (base: MapNode, over: MapNode): MapNode => merge(base, over, true) as MapNode

function merge(base: ConfigNode, over: ConfigNode, keep: boolean): ConfigNode {
  const overridden = [...over.overridden, base.origin, ...base.overridden]
  if (base.kind !== 'map' || over.kind !== 'map') return { ...over, overridden }
  const kept = keep && !changesType(base, over)
  const entries = new Map<string, MapEntry>(kept ? base.entries : [])
  for (const [name, entry] of over.entries) {
    const earlier = base.entries.get(name)
    entries.set(name, earlier ? { key: entry.key, value: merge(earlier.value, entry.value, kept) } : entry)
  }
  return { ...over, overridden, entries }
}

const typeOf = (map: MapNode): unknown => {
  const type = map.entries.get('type')?.value
  return type?.kind === 'scalar' ? type.value : undefined
}

const changesType = (base: MapNode, over: MapNode): boolean =>
  typeOf(base) !== undefined && typeOf(over) !== undefined && typeOf(base) !== typeOf(over)
