/** The logical type of a column: what a contract says and what every engine and dataset maps to its own types. */
export type ColumnType =
  | { readonly kind: SimpleKind }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  /** `open`: its provider may add values without breaking its promise. */
  | { readonly kind: 'enum'; readonly values: readonly string[]; readonly open?: true }
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

/** Announced by a provider; whoever still reads what it names is told. */
export interface Deprecation {
  /** The version of the package that announced it. */
  readonly since: string
  /** The version that will be without it. */
  readonly remove?: string
  /** What to read instead: another column or asset. */
  readonly use?: string
}

export interface Column extends Field {
  readonly name: string
  readonly description?: string
  /** What its numbers count: `minutes`, `EUR`. */
  readonly unit?: string
  /** What a row has that was stored before the column was there; 64-bit integers of `bigint` columns are text. */
  readonly default?: JsonValue
  readonly deprecated?: Deprecation
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
      return `enum(${[...type.values.map((value) => `'${value}'`), ...(type.open ? ['…'] : [])].join(', ')})`
    case 'list':
      return `list<${showField(type.item)}>`
    case 'struct':
      return `struct<${type.fields.map((field) => `${field.name}: ${showColumn(field)}`).join(', ')}>`
    default:
      return type.kind
  }
}

/** `an int`, `a decimal(9, 2)`, `json`: the text of a type in a sentence. */
export const withArticle = (type: string): string =>
  /^(json|bytes)\b/.test(type) ? type : `${/^[aeio]/.test(type) ? 'an' : 'a'} ${type}`

export const showField = ({ type, nullable }: Field): string => showType(type) + (nullable ? ' | null' : '')

/** `int | null in minutes` */
export const showColumn = (column: Field & Pick<Column, 'unit'>): string =>
  showField(column) + (column.unit === undefined ? '' : ` in ${column.unit}`)

/** `deprecated since 2.1.0 and removed in 3.0.0. Use 'a.b'.` */
export const showDeprecation = ({ since, remove, use }: Deprecation): string =>
  `deprecated since ${since}${remove === undefined ? '' : ` and removed in ${remove}`}.${use === undefined ? '' : ` Use ${use.includes('.') ? `'${use}'` : use}.`}`
