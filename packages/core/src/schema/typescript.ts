import type { Column, ColumnType, Deprecation, Field } from './column.ts'

/** The TypeScript type of a column's values. `JsonValue` stands for the type of that name that core exports. */
export function typescriptType({ type, nullable }: Field): string {
  const text = plainType(type)
  return nullable ? `${text} | null` : text
}

function plainType(type: ColumnType): string {
  switch (type.kind) {
    case 'boolean':
    case 'bigint':
      return type.kind
    case 'int':
    case 'float':
      return 'number'
    case 'json':
      return 'JsonValue'
    case 'enum':
      return [...type.values.map(quote), ...(type.open ? ['(string & {})'] : [])].join(' | ')
    case 'list': {
      const item = typescriptType(type.item)
      return /^\w+$/.test(item) ? `${item}[]` : `(${item})[]`
    }
    case 'struct':
      return `{ ${type.fields.map((field) => `${propertyName(field.name)}: ${typescriptType(field)}`).join('; ')} }`
    default:
      return 'string'
  }
}

export const propertyName = (name: string): string => (/^[A-Za-z_][\w]*$/.test(name) ? name : quote(name))

/** A text in TypeScript. It is on one line also for the old, to whom U+2028 and U+2029 end lines. */
export const quote = (text: string): string => {
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
  return `'${escaped.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`
}

/** A text in a comment of TypeScript, which neither ends the line nor the comment. */
export const inComment = (text: string): string =>
  text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').replaceAll('*/', '* /')

/** `@deprecated since 2.1.0, removed in 3.0.0: use other.` */
export const deprecatedTag = ({ since, remove, use }: Deprecation): string =>
  `@deprecated since ${since}${remove === undefined ? '' : `, removed in ${remove}`}${use === undefined ? '.' : `: use ${inComment(use)}.`}`

function docOf({ description, unit, deprecated }: Column): string {
  const more = [
    ...(unit === undefined ? [] : [`In ${inComment(unit)}.`]),
    ...(deprecated ? [deprecatedTag(deprecated)] : []),
  ]
  const text = inComment(description ?? '')
  const end = text === '' || more.length === 0 || /[.!?]$/.test(text) ? '' : '.'
  return [...(text === '' ? [] : [text + end]), ...more].join(' ')
}

/** The lines of an interface body, one column each. */
export const typescriptFields = (columns: readonly Column[]): readonly string[] =>
  columns.flatMap((column) => [
    ...(docOf(column) === '' ? [] : [`  /** ${docOf(column)} */`]),
    `  ${propertyName(column.name)}${column.optional ? '?' : ''}: ${typescriptType(column)}${column.optional ? ' | undefined' : ''}`,
  ])
