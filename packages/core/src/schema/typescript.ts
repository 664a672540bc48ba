import type { Column, ColumnType, Field } from './column.ts'

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
      return type.values
        .map((value) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`)
        .join(' | ')
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

export const propertyName = (name: string): string =>
  /^[A-Za-z_][\w]*$/.test(name) ? name : `'${name.replaceAll("'", "\\'")}'`

/** The lines of an interface body, one column each. */
export const typescriptFields = (columns: readonly Column[]): readonly string[] =>
  columns.flatMap((column) => [
    ...(column.description ? [`  /** ${column.description.replaceAll('*/', '* /')} */`] : []),
    `  ${propertyName(column.name)}${column.optional ? '?' : ''}: ${typescriptType(column)}${column.optional ? ' | undefined' : ''}`,
  ])
