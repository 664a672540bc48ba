import type { ColumnType, FileFormat } from '@levada/core/spi'
import { quoteName, quoteText } from '../sql/quote.ts'

type Kind = ColumnType['kind']

const moment: Readonly<Partial<Record<Kind, string>>> = {
  timestamp: '%Y-%m-%dT%H:%M:%S.%f',
  instant: '%Y-%m-%dT%H:%M:%S.%fZ',
}

/** JSON has no NaN and no infinities: they are texts, all other floats are numbers. */
const jsonFloat = (value: string): string =>
  `case when isfinite(${value}) then to_json(${value}) when isnan(${value}) then to_json('NaN') when ${value} > 0 then to_json('Infinity') when ${value} < 0 then to_json('-Infinity') end`

/** A value as JSON is to hold it, at any depth; undefined where DuckDB's own form will do. */
function jsonExpression(type: ColumnType, value: string, depth = 0): string | undefined {
  switch (type.kind) {
    case 'timestamp':
    case 'instant':
      return `strftime(${value}, '${moment[type.kind]}')`
    case 'float':
      return jsonFloat(value)
    case 'bigint':
    case 'decimal':
      return `cast(${value} as varchar)`
    case 'list': {
      const name = `levada_${depth}`
      const item = jsonExpression(type.item.type, name, depth + 1)
      return item && `list_transform(${value}, lambda ${name}: ${item})`
    }
    case 'struct': {
      const fields = type.fields.map((field) => {
        const found = `struct_extract(${value}, ${quoteText(field.name)})`
        return [field.name, found, jsonExpression(field.type, found, depth)] as const
      })
      if (fields.every(([, , text]) => text === undefined)) return undefined
      const packed = fields.map(([name, found, text]) => `${quoteName(name)} := ${text ?? found}`)
      return `case when ${value} is null then null else struct_pack(${packed.join(', ')}) end`
    }
    default:
      return undefined
  }
}

/**
 * How a value stands in a text file, where DuckDB's own form would lose something or be none of the format's: moments are ISO
 * text, 64-bit integers and decimals are text in JSON (a reader takes its numbers for doubles), nested values are JSON in CSV.
 */
export function textExpression(type: ColumnType, format: FileFormat, value: string): string {
  if (format === 'parquet') return value
  if (format !== 'csv') return jsonExpression(type, value) ?? value
  if (type.kind === 'list' || type.kind === 'struct')
    return `cast(to_json(${jsonExpression(type, value) ?? value}) as varchar)`
  return type.kind in moment ? `strftime(${value}, '${moment[type.kind]}')` : value
}
