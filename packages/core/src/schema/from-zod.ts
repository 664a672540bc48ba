import { globalRegistry } from 'zod/v4/core'
import { LevadaError } from '../errors/index.ts'
import { columnMeta } from './col.ts'
import type { Column, ColumnType, Field } from './column.ts'

/** As much of a zod 4 schema as is read here; structural, so that another copy of zod is accepted. */
export interface AnySchema {
  readonly _zod: { readonly def: object }
}
interface Definition {
  readonly type: string
  readonly format?: string
  readonly local?: boolean
  readonly offset?: boolean
  readonly shape?: Record<string, AnySchema>
  readonly innerType?: AnySchema
  readonly element?: AnySchema
  readonly entries?: Record<string, string | number>
  readonly values?: readonly unknown[]
}

const definition = (schema: AnySchema): Definition => schema._zod.def as Definition
const metadata = (schema: AnySchema): Record<string, unknown> | undefined =>
  globalRegistry.get(schema as never)

function stringType({ format, local, offset }: Definition): ColumnType | string {
  switch (format) {
    case 'date':
    case 'time':
      return { kind: format }
    case 'datetime':
      if (offset) return 'a datetime with offset does not say its moment in one way: use col.instant()'
      return { kind: local ? 'timestamp' : 'instant' }
    case 'uuid':
    case 'guid':
      return { kind: 'uuid' }
    default:
      return { kind: 'string' }
  }
}

/** The column type of a schema, or the reason why there is none. */
function typeOf(schema: AnySchema, where: string): ColumnType | string {
  const special = metadata(schema)?.[columnMeta]
  if (special !== undefined) return special as ColumnType
  const def = definition(schema)
  switch (def.type) {
    case 'boolean':
    case 'bigint':
      return { kind: def.type }
    case 'number':
      return def.format === 'int32' || def.format === 'uint32' || def.format === 'safeint'
        ? { kind: 'int' }
        : { kind: 'float' }
    case 'string':
      return stringType(def)
    case 'enum':
    case 'literal': {
      const values = def.type === 'enum' ? Object.values(def.entries!) : def.values!
      if (!values.every((value) => typeof value === 'string')) return 'an enum holds strings only'
      return { kind: 'enum', values }
    }
    case 'array':
      return { kind: 'list', item: itemOf(def.element!, `${where}[]`) }
    case 'object':
      return { kind: 'struct', fields: columnsOf(schema, where) }
    case 'date':
      return 'z.date() loses microseconds: use col.timestamp() or col.instant()'
    case 'pipe':
    case 'transform':
    case 'codec':
      return 'a transform is code, which no table and no contract can hold: do it in a node'
    case 'custom':
      return 'z.custom() has no type that a table could hold'
    default:
      return `z.${def.type}() has no type that a table could hold`
  }
}

const wrappers = new Set(['nullable', 'optional', 'default', 'readonly'])

interface Unwrapped extends Field {
  readonly optional: boolean
  readonly hasDefault: boolean
}

function fieldOf(schema: AnySchema, where: string): Unwrapped {
  let inner = schema
  const seen = new Set<string>()
  while (wrappers.has(definition(inner).type)) {
    seen.add(definition(inner).type)
    inner = definition(inner).innerType!
  }
  const type = typeOf(inner, where)
  if (typeof type === 'string') throw new LevadaError('COLUMN_TYPE', `Column ${where}: ${type}.`)
  if (
    type.kind === 'decimal' &&
    !(type.precision >= 1 && type.precision <= 38 && type.scale >= 0 && type.scale <= type.precision)
  ) {
    throw new LevadaError(
      'COLUMN_TYPE',
      `Column ${where}: decimal(${type.precision}, ${type.scale}) is not possible; precision 1 to 38, scale 0 to precision.`,
    )
  }
  return {
    type,
    nullable: seen.has('nullable'),
    optional: seen.has('optional'),
    hasDefault: seen.has('default'),
  }
}

/** The value of a parameter: its type, and whether an app may leave it out. */
export function paramField(schema: AnySchema, where: string): Field & { readonly required: boolean } {
  const { type, nullable, optional, hasDefault } = fieldOf(schema, where)
  return { type, nullable, required: !optional && !hasDefault }
}

/**
 * The columns of a zod object schema, in order.
 * @param where names the asset in messages
 * @throws COLUMN_TYPE when a column has no counterpart in a table
 */
export function columnsOf(schema: AnySchema, where: string): readonly Column[] {
  const def = definition(schema)
  if (def.type !== 'object')
    throw new LevadaError(
      'COLUMN_TYPE',
      `${where}: the schema of a table is a z.object({ … }), this is z.${def.type}().`,
    )
  const known = new Map<string, string>()
  return Object.entries(def.shape!).map(([name, column]) => {
    const twin = known.get(name.toLowerCase())
    if (twin !== undefined)
      throw new LevadaError(
        'COLUMN_TYPE',
        `Columns ${where}.${twin} and ${where}.${name} differ in case only; many engines take them for one.`,
        { hint: 'Rename one of them.' },
      )
    known.set(name.toLowerCase(), name)
    if (name.startsWith('$') || name === '')
      throw new LevadaError(
        'COLUMN_TYPE',
        `Column ${where}.${name}: a column name is not empty and has no leading $.`,
      )
    const { optional, hasDefault, ...field } = fieldOf(column, `${where}.${name}`)
    if (hasDefault)
      throw new LevadaError(
        'COLUMN_TYPE',
        `Column ${where}.${name}: a column has no default(); a node fills every column.`,
      )
    const description = metadata(column)?.['description']
    return {
      name,
      ...field,
      ...(typeof description === 'string' && { description }),
      ...(optional && { optional }),
    }
  })
}

function itemOf(schema: AnySchema, where: string): Field {
  const { type, nullable } = fieldOf(schema, where)
  return { type, nullable }
}
