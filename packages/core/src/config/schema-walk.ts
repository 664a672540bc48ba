import { z } from 'zod'

/** Any zod schema, of zod or zod/mini. */
export type Schema = z.core.$ZodType

const defOf = (schema: Schema): z.core.$ZodTypes['_zod']['def'] => (schema as z.core.$ZodTypes)._zod.def

/** A schema with all that lies inside its wrappers: optional, default, intersection, fitting union options … */
export function alternatives(schema: Schema, value: unknown, seen: Set<Schema> = new Set()): Set<Schema> {
  if (seen.has(schema)) return seen
  seen.add(schema)
  for (const inner of inside(schema, value)) alternatives(inner, value, seen)
  return seen
}

function inside(schema: Schema, value: unknown): readonly Schema[] {
  const def = defOf(schema)
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'nonoptional':
    case 'default':
    case 'prefault':
    case 'catch':
    case 'readonly':
      return [def.innerType]
    case 'pipe':
      return [def.in]
    case 'lazy':
      return [def.getter()]
    case 'intersection':
      return [def.left, def.right]
    case 'union': {
      const fitting = def.options.filter((option) => z.safeParse(option, value).success)
      return fitting.length > 0 ? fitting : def.options
    }
    default:
      return []
  }
}

/** The schemas that hold for one key or index of a value. */
export function childSchemas(schemas: Iterable<Schema>, key: string, value: unknown): Set<Schema> {
  const found = new Set<Schema>()
  for (const schema of schemas) {
    const inner = childOf(schema, key)
    if (inner) alternatives(inner, value, found)
  }
  return found
}

function childOf(schema: Schema, key: string): Schema | undefined {
  const def = defOf(schema)
  if (def.type === 'object') return Object.hasOwn(def.shape, key) ? def.shape[key] : def.catchall
  if (def.type === 'record') return def.valueType
  if (def.type === 'array') return def.element
  if (def.type === 'tuple') return def.items[Number(key)] ?? def.rest ?? undefined
  return undefined
}

const wrappers = [
  'optional',
  'nullable',
  'nonoptional',
  'default',
  'prefault',
  'catch',
  'readonly',
  'pipe',
  'lazy',
  'intersection',
  'union',
]
const scalarTypes = [
  'string',
  'number',
  'int',
  'boolean',
  'bigint',
  'literal',
  'enum',
  'null',
  'undefined',
  'date',
  'array',
  'tuple',
  'never',
]

/** The keys that a map may have; undefined when any key is welcome. */
export function knownKeys(schemas: Iterable<Schema>): Set<string> | undefined {
  const keys = new Set<string>()
  let objects = 0
  for (const schema of schemas) {
    const def = defOf(schema)
    if (wrappers.includes(def.type) || scalarTypes.includes(def.type)) continue
    if (def.type !== 'object' || (def.catchall && defOf(def.catchall).type !== 'never')) return undefined
    for (const key of Object.keys(def.shape)) keys.add(key)
    objects++
  }
  return objects > 0 ? keys : undefined
}
