import { didYouMean, LevadaError } from '../errors/index.ts'
import { columnMeta } from './col.ts'
import { columnLimit } from './column-limit.ts'
import { showField, withArticle, type Column, type ColumnType, type Field, type JsonValue } from './column.ts'
import { columnMetadata, metadata } from './metadata.ts'
import { isValue } from './value.ts'

/** As much of a zod 4 schema as is read here; structural, so that another copy of zod is accepted. */
export interface AnySchema {
  readonly _zod: { readonly def: object }
}
interface FormatCheck {
  readonly check: string
  readonly format?: string
  readonly local?: boolean
  readonly offset?: boolean
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
  readonly defaultValue?: unknown
  readonly checks?: readonly { readonly _zod: { readonly def: FormatCheck } }[]
}

const definition = (schema: AnySchema): Definition => schema._zod.def as Definition

/** What says the format: the schema itself, as in `z.int()`, or a check of it, as in `z.number().int()`. */
const formatOf = (def: Definition): Pick<FormatCheck, 'format' | 'local' | 'offset'> =>
  def.format !== undefined
    ? def
    : (def.checks
        ?.map(({ _zod }) => _zod.def)
        .find(({ format }) => format !== undefined && formats.has(format)) ?? {})
const whole = ['safeint', 'int32', 'uint32']
const formats = new Set([...whole, 'date', 'time', 'datetime', 'uuid', 'guid'])

function stringType({
  format,
  local,
  offset,
}: Pick<FormatCheck, 'format' | 'local' | 'offset'>): ColumnType | string {
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

/** Checks of zod that are code. Those that are data, `min` or `regex`, are limits. */
const codeChecks: Readonly<Record<string, string>> = {
  overwrite: 'it changes values, which no table and no contract can hold: do it in a node',
  custom: 'refine() is code, which no contract can hold: make it a check of the asset',
}

/** The column type of a schema, or the reason why there is none. */
function typeOf(schema: AnySchema, where: string): ColumnType | string {
  const def = definition(schema)
  const code = def.checks?.map(({ _zod }) => codeChecks[_zod.def.check]).find((text) => text !== undefined)
  if (code !== undefined) return code
  const special = metadata(schema)[columnMeta]
  if (special !== undefined) return special as ColumnType
  switch (def.type) {
    case 'boolean':
    case 'bigint':
      return { kind: def.type }
    case 'number':
      return whole.includes(formatOf(def).format ?? '') ? { kind: 'int' } : { kind: 'float' }
    case 'string':
      return stringType(formatOf(def))
    case 'enum':
    case 'literal': {
      const values = def.type === 'enum' ? Object.values(def.entries!) : def.values!
      if (!values.every((value) => typeof value === 'string')) return 'an enum holds strings only'
      return { kind: 'enum', values }
    }
    case 'array':
      return { kind: 'list', item: itemOf(def.element!, `${where}[]`) }
    case 'object':
      return { kind: 'struct', fields: withoutDefaults(columnsOf(schema, where), where) }
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
  readonly default?: JsonValue
  /** Said of the type and of what wraps it; the outer wins. */
  readonly meta: Readonly<Record<string, unknown>>
}

function fieldOf(schema: AnySchema, where: string): Unwrapped {
  let inner = schema
  const seen = new Set<string>()
  let meta = metadata(inner)
  let defaults: AnySchema | undefined
  while (wrappers.has(definition(inner).type)) {
    seen.add(definition(inner).type)
    if (definition(inner).type === 'default') defaults ??= inner
    inner = definition(inner).innerType!
    meta = { ...metadata(inner), ...meta }
  }
  const type = typeOf(inner, where)
  if (typeof type === 'string') throw new LevadaError('COLUMN_TYPE', `${subject(where)}: ${type}.`)
  const limit = where.startsWith(ofParam) ? undefined : columnLimit(inner, where)
  if (limit) throw new LevadaError('COLUMN_TYPE', `${subject(where)}: ${limit.why}.`, { hint: limit.hint })
  if (
    type.kind === 'decimal' &&
    !(type.precision >= 1 && type.precision <= 38 && type.scale >= 0 && type.scale <= type.precision)
  ) {
    throw new LevadaError(
      'COLUMN_TYPE',
      `${subject(where)}: decimal(${type.precision}, ${type.scale}) is not possible; precision 1 to 38, scale 0 to precision.`,
    )
  }
  const field = { type, nullable: seen.has('nullable') }
  return {
    ...field,
    optional: seen.has('optional'),
    ...(defaults && { default: defaultOf(defaults, field, where) }),
    meta,
  }
}

function defaultOf(schema: AnySchema, field: Field, where: string): JsonValue {
  const value = definition(schema).defaultValue
  const wrong = (why: string): never => {
    throw new LevadaError('COLUMN_TYPE', `${subject(where)}: ${why}.`, {
      hint: 'Give one value of its type that JSON can hold, or leave the default out.',
    })
  }
  if (!isValue(field, value)) wrong(`its default ${shown(value)} is not ${withArticle(showField(field))}`)
  const text = jsonText(value)
  if (text === undefined) return wrong(`its default ${shown(value)} is not plain JSON`)
  if (text !== jsonText(definition(schema).defaultValue))
    wrong('its default is another one each time, and a contract says the same each time')
  return JSON.parse(text) as JsonValue
}

/** `param shop.low` is one, anything else a column. */
const subject = (where: string): string =>
  where.startsWith(ofParam) ? `P${where.slice(1)}` : `Column ${where}`
const ofParam = 'param '

const shown = (value: unknown): string =>
  typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value)).slice(0, 80)

/** 64-bit integers as text; nothing when JSON would hold something else. */
function jsonText(value: unknown): string | undefined {
  let exact = true
  const text = JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === 'number' && !Number.isFinite(each)) exact = false
    return typeof each === 'bigint' ? String(each) : each
  })
  return exact ? text : undefined
}

/** The value of a parameter: its type, and whether an app may leave it out. */
export function paramField(
  schema: AnySchema,
  where: string,
): Field & { readonly required: boolean; readonly default?: JsonValue } {
  const { optional, meta: _, ...field } = fieldOf(schema, where)
  return { ...field, required: !optional && field.default === undefined }
}

function withoutDefaults(fields: readonly Column[], where: string): readonly Column[] {
  const filled = fields.find((field) => field.default !== undefined)
  if (filled)
    throw new LevadaError(
      'COLUMN_TYPE',
      `Column ${where}.${filled.name}: a field of a struct has no default: give one to the column, or make the field nullable().`,
    )
  return fields
}

/**
 * The columns that somebody reads of a table whose provider declares it.
 * @throws COLUMN_TYPE
 */
export function readColumnsOf(schema: AnySchema, where: string): readonly Column[] {
  const columns = columnsOf(schema, where)
  const wrong = columns.find((column) => column.default !== undefined || column.deprecated)
  if (wrong)
    throw new LevadaError(
      'COLUMN_TYPE',
      `Column ${where}.${wrong.name}: a ${wrong.deprecated ? 'deprecation' : 'default'} is for the provider to declare.`,
      {
        hint: wrong.deprecated
          ? 'Leave it out here.'
          : 'Leave it out here; a column that may be absent is optional().',
      },
    )
  return columns
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
  const columns = Object.entries(def.shape!).map(([name, column]): Column => {
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
    const { type, nullable, optional, meta, ...rest } = fieldOf(column, `${where}.${name}`)
    const { description, unit, deprecated } = columnMetadata(meta, `${where}.${name}`)
    return {
      name,
      type,
      nullable,
      ...(description !== undefined && { description }),
      ...(unit !== undefined && { unit }),
      ...rest,
      ...(deprecated && { deprecated }),
      ...(optional && { optional }),
    }
  })
  for (const { name, deprecated } of columns)
    if (deprecated?.use !== undefined) checkUse(deprecated.use, columns, `${where}.${name}`)
  return columns
}

/** A word without a point is a column beside it. @throws COLUMN_UNKNOWN */
function checkUse(use: string, columns: readonly Column[], where: string): void {
  const names = columns.map(({ name }) => name)
  if (use.includes('.') || names.includes(use)) return
  throw new LevadaError(
    'COLUMN_UNKNOWN',
    `Column ${where} says to use '${use}', which is not a column.${didYouMean(use, names)}`,
  )
}

function itemOf(schema: AnySchema, where: string): Field {
  const { type, nullable, optional, meta, ...rest } = fieldOf(schema, where)
  const { unit, deprecated } = columnMetadata(meta, where)
  if (optional || 'default' in rest || unit !== undefined || deprecated)
    throw new LevadaError(
      'COLUMN_TYPE',
      `${subject(where)}: an item is not optional and has no default, unit or deprecation: say it of the column.`,
    )
  return { type, nullable }
}
