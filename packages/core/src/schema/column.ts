/** The logical type of a column: what a contract says and what every engine and dataset maps to its own types. */
export type ColumnType =
  | { readonly kind: SimpleKind }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  | { readonly kind: 'list'; readonly item: Field }
  | { readonly kind: 'struct'; readonly fields: readonly Column[] }

export type SimpleKind =
  | 'boolean'
  | 'int'
  | 'bigint'
  | 'float'
  | 'string'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'instant'
  | 'uuid'
  | 'json'

export interface Field {
  readonly type: ColumnType
  readonly nullable: boolean
}

export interface Column extends Field {
  readonly name: string
  readonly description?: string
  /** An `expects` may say "if it is there": absent columns read as NULL. */
  readonly optional?: boolean
}

/** What a JSON column holds. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue }

/** `decimal(9, 2)`, `list<int | null>`: the type as messages and docs print it. */
export function showType(type: ColumnType): string {
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision}, ${type.scale})`
    case 'enum':
      return `enum(${type.values.map((value) => `'${value}'`).join(', ')})`
    case 'list':
      return `list<${showField(type.item)}>`
    case 'struct':
      return `struct<${type.fields.map((field) => `${field.name}: ${showField(field)}`).join(', ')}>`
    default:
      return type.kind
  }
}

export const showField = ({ type, nullable }: Field): string => showType(type) + (nullable ? ' | null' : '')
