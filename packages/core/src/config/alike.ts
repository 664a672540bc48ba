import { z } from 'zod'
import { isSecret } from './secret.ts'
import { scalars, toPlain, type ConfigNode } from './node.ts'
import { cut, type Bindings, type Pieces } from './patterns.ts'
import type { Schema } from './schema-walk.ts'

/** Reads an entry of a pattern for other bindings; undefined where it has to be read from its nodes, which tells what is wrong. */
export type AlikeReader<S extends Schema> = (
  bindings: Bindings,
) => { readonly value: z.output<S> } | undefined

/** Stands for a bound text; no file of YAML can hold it. */
const mark = (name: string): string => `\uffff{${name}}\uffff`
const marked = /\uffff\{([a-z_]\w*)\}\uffff/gi

/** What every text of an entry is when its placeholders are bound to marks. */
export const marks = (names: Iterable<string>): Bindings =>
  Object.fromEntries([...names].map((name) => [name, mark(name)]))

/**
 * A reader of what differs in bound texts alone, given one with marks for them that was resolved; undefined when more may differ:
 * which fields are secrets, or which of several schemas holds.
 */
export function alikeReader<S extends Schema>(resolved: ConfigNode, schema: S): AlikeReader<S> | undefined {
  if (resolved.state === 'failed' || !isPlain(schema)) return undefined
  for (const scalar of scalars(resolved)) if (scalar.secret) return undefined
  const fill = filling(toPlain(resolved))
  return (bindings) => {
    const result = z.safeParse(schema, fill(bindings))
    return result.success ? { value: result.data } : undefined
  }
}

/** The value with bound texts in the place of marks. */
function filling(value: unknown): (bindings: Bindings) => unknown {
  if (typeof value === 'string') {
    const pieces: Pieces = cut(value, marked)
    if (pieces.every((piece) => typeof piece === 'string')) return () => value
    return (bindings) => {
      let text = ''
      for (const piece of pieces) text += typeof piece === 'string' ? piece : bindings[piece.name]!
      return text
    }
  }
  if (typeof value !== 'object' || value === null) return () => value
  if (Array.isArray(value)) {
    const items = value.map(filling)
    return (bindings) => items.map((item) => item(bindings))
  }
  const entries = Object.entries(value).map(([key, inner]) => [key, filling(inner)] as const)
  return (bindings) => {
    const made: Record<string, unknown> = {}
    for (const [key, inner] of entries) made[key] = inner(bindings)
    return made
  }
}

/** Whether a schema has the same fields whatever a value is, and none of them a secret. */
function isPlain(schema: Schema): boolean {
  if (isSecret(schema)) return false
  const { def } = (schema as z.core.$ZodTypes)._zod
  switch (def.type) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'enum':
    case 'literal':
      return true
    case 'optional':
    case 'nullable':
    case 'default':
      return isPlain(def.innerType)
    case 'array':
      return isPlain(def.element)
    case 'object':
      return (def.catchall === undefined || isNever(def.catchall)) && Object.values(def.shape).every(isPlain)
    default:
      return false
  }
}

const isNever = (schema: Schema): boolean => (schema as z.core.$ZodTypes)._zod.def.type === 'never'
