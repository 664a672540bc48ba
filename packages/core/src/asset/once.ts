import type { PartitionKey } from './partition.ts'

type Keys = readonly PartitionKey[]

/** So few are computed again in less time than it takes to look. */
const few = 4

/**
 * What is computed of lists of partitions, each list once for equal other values: a plan asks the same of many nodes. Lists are told
 * by identity.
 * @param compute follows from the keys and from what `other` holds as JSON, and from nothing else
 */
export function oncePerList<O extends object, R>(
  compute: (keys: Keys, other: O) => R,
): (keys: Keys, other: O) => R {
  const results = new WeakMap<Keys, Map<string, R>>()
  const texts = new WeakMap<O, string>()
  const textOf = (other: O): string => {
    const text = texts.get(other) ?? JSON.stringify(other)
    texts.set(other, text)
    return text
  }
  return (keys, other) => {
    if (keys.length <= few) return compute(keys, other)
    const known = results.get(keys) ?? new Map<string, R>()
    results.set(keys, known)
    const text = textOf(other)
    if (!known.has(text)) known.set(text, compute(keys, other))
    return known.get(text)!
  }
}
