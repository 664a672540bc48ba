import type { BoundParam, Column, ColumnType } from '@levada/core/spi'
import { isArrayItem } from '../sql/types.ts'

type Encode = (value: unknown) => string

/** The year 0 is 1 BC for PostgreSQL. */
const moment = (text: string): string => (text.startsWith('0000-') ? `0001${text.slice(4)} BC` : text)

const quoteItem = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`

/** A value inside of JSON, as the JSON Schema of its type says. */
function jsonValue(type: ColumnType, value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (type.kind === 'list')
    return (value as readonly unknown[]).map((item) => jsonValue(type.item.type, item))
  if (type.kind === 'struct') {
    const given = value as Readonly<Record<string, unknown>>
    return Object.fromEntries(
      type.fields.map((field) => [field.name, jsonValue(field.type, given[field.name])]),
    )
  }
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  return typeof value === 'bigint' ? String(value) : value
}

/** A value as the text that the server reads. */
function encoderOf(type: ColumnType): Encode {
  switch (type.kind) {
    case 'json':
      return (value) => JSON.stringify(value)
    case 'struct':
      return (value) => JSON.stringify(jsonValue(type, value))
    case 'list': {
      if (!isArrayItem(type.item.type)) return (value) => JSON.stringify(jsonValue(type, value))
      const item = encoderOf(type.item.type)
      return (value) =>
        `{${(value as readonly unknown[]).map((each) => (each === null ? 'NULL' : quoteItem(item(each)))).join(',')}}`
    }
    case 'date':
    case 'timestamp':
    case 'instant':
      return (value) => moment(String(value))
    default:
      return String
  }
}

const special = /[\\\b\f\n\r\t\v]/g
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
}

/** Makes the lines of a `COPY … FROM STDIN` in text format, out of rows given by columns. */
export function copyLines(
  columns: readonly Pick<Column, 'type'>[],
): (values: readonly (readonly unknown[])[], length: number) => string {
  const encoders = columns.map(({ type }) => encoderOf(type))
  return (values, length) => {
    let text = ''
    for (let r = 0; r < length; r++) {
      for (let c = 0; c < encoders.length; c++) {
        const value = values[c]![r]
        if (c > 0) text += '\t'
        text +=
          value === null || value === undefined
            ? '\\N'
            : encoders[c]!(value).replaceAll(special, (character) => escapes[character]!)
      }
      text += '\n'
    }
    return text
  }
}

/** A param's value as the text that is bound; NULL when it has none. */
export const parameterText = ({ type, value }: BoundParam): string | null =>
  value === undefined || value === null ? null : encoderOf(type)(value)
