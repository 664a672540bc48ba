import type { Random } from '../random.ts'

export type JsonObject = { [key: string]: unknown }

/** The way from a document to one of its values, by keys and positions. */
export type Path = readonly (string | number)[]

const entriesOf = (value: unknown): readonly (readonly [string | number, unknown])[] => {
  if (Array.isArray(value)) return value.map((item, i) => [i, item] as const)
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

/** All values below a document. */
export function pathsOf(value: unknown, path: Path = []): Path[] {
  return entriesOf(value).flatMap(([key, item]) => [[...path, key], ...pathsOf(item, [...path, key])])
}

/** A copy in which another value stands at a place. */
export function withValue(value: unknown, [key, ...rest]: Path, other: (old: unknown) => unknown): unknown {
  if (key === undefined) return other(value)
  if (Array.isArray(value)) return value.map((item, i) => (i === key ? withValue(item, rest, other) : item))
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([name, item]) => [
      name,
      name === key ? withValue(item, rest, other) : item,
    ]),
  )
}

const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value

const strangers: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  '',
  'None',
  '__proto__',
  '\u0000',
  [],
  [[null]],
  {},
  { constructor: 1 },
]

/** A value of another type than that of `old`. */
export const stranger = (old: unknown, random: Random): unknown =>
  random.pick(strangers.filter((value) => kindOf(value) !== kindOf(old)))

/** A copy of an object with fields that came later, anywhere between its own. */
export function withNewField(value: JsonObject, random: Random, content: unknown): JsonObject {
  const entries = Object.entries(value)
  const at = random.int(entries.length + 1)
  return Object.fromEntries([...entries.slice(0, at), ['came_later', content], ...entries.slice(at)])
}
