import type { Column, ColumnType, JsonValue } from './column.ts'

/** The declared default of a column as rows hold it; NULL when there is none. */
export const defaultValue = ({ type, default: value }: Pick<Column, 'type' | 'default'>): unknown =>
  value === undefined ? null : valueOf(type, value)

/** JSON writes 64-bit integers as text. */
function valueOf(type: ColumnType, value: JsonValue): unknown {
  if (value === null) return null
  switch (type.kind) {
    case 'bigint':
      return BigInt(value as string)
    case 'list':
      return (value as JsonValue[]).map((item) => valueOf(type.item.type, item))
    case 'struct':
      return Object.fromEntries(
        type.fields.map((field) => [
          field.name,
          valueOf(field.type, (value as Record<string, JsonValue>)[field.name] ?? null),
        ]),
      )
    default:
      return value
  }
}
