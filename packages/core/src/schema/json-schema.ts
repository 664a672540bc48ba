import type { Column, ColumnType, Field } from './column.ts'

/** A JSON Schema (2020-12) fragment; plain data. */
export type JsonSchema = { readonly [key: string]: unknown }

/** The JSON Schema of a row as it stands in JSON: 64-bit integers of `bigint` columns are strings. */
export const rowJsonSchema = (columns: readonly Column[]): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(columns.map((column) => [column.name, fieldJsonSchema(column)])),
  required: columns.filter((column) => !column.optional).map((column) => column.name),
  additionalProperties: false,
})

function fieldJsonSchema({ type, nullable }: Field): JsonSchema {
  const schema = typeJsonSchema(type)
  return nullable ? { anyOf: [schema, { type: 'null' }] } : schema
}

function typeJsonSchema(type: ColumnType): JsonSchema {
  switch (type.kind) {
    case 'boolean':
    case 'string':
      return { type: type.kind }
    case 'int':
      return { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }
    case 'bigint':
      return { type: 'string', pattern: '^-?\\d+$', format: 'int64' }
    case 'float':
      return { type: 'number' }
    case 'decimal':
      return {
        type: 'string',
        pattern: '^-?\\d+(\\.\\d+)?$',
        format: 'decimal',
        'x-precision': type.precision,
        'x-scale': type.scale,
      }
    case 'enum':
      return type.open ? { type: 'string', examples: type.values } : { type: 'string', enum: type.values }
    case 'date':
    case 'time':
    case 'uuid':
      return { type: 'string', format: type.kind }
    case 'timestamp':
      return { type: 'string', format: 'local-date-time' }
    case 'instant':
      return { type: 'string', format: 'date-time' }
    case 'json':
      return {}
    case 'list':
      return { type: 'array', items: fieldJsonSchema(type.item) }
    case 'struct':
      return rowJsonSchema(type.fields)
  }
}
