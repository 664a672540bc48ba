import { LevadaError, showType, withArticle, type Column, type ColumnType } from '@levada/core/spi'
import { isArrayItem } from '../sql/types.ts'

type Decode = (text: string) => unknown

const cannot = (text: string, column: string, type: ColumnType): LevadaError =>
  new LevadaError(
    'VALUE_RANGE',
    `column ${column}: '${text.slice(0, 80)}' is not ${withArticle(showType(type))}.`,
    {
      details: { column, value: text },
    },
  )

const clock = (text: string): string => {
  const point = text.indexOf('.')
  return point < 0 ? text : text.padEnd(point + 7, '0')
}

/** `2001-03-04 12:30:00.5+00 BC` → its date, its time and the year as an ISO year. */
function moment(text: string): { readonly day: string; readonly time: string } | undefined {
  const found = /^(\d{4,6})(-\d\d-\d\d)(?: (\d\d:\d\d:\d\d(?:\.\d+)?)(?:\+00)?)?( BC)?$/.exec(text)
  if (!found) return undefined
  const [, digits, rest, time = '', before] = found
  const year = before ? 1 - Number(digits) : Number(digits)
  const shown = String(Math.abs(year)).padStart(4, '0')
  return { day: `${year < 0 ? '-' : ''}${shown}${rest}`, time: clock(time) }
}

function fromJson(type: ColumnType, value: unknown, column: string): unknown {
  if (value === null || value === undefined) return null
  const wrong = (): LevadaError => cannot(JSON.stringify(value), column, type)
  if (type.kind === 'json') return value
  if (type.kind === 'list') {
    if (!Array.isArray(value)) throw wrong()
    return value.map((item) => fromJson(type.item.type, item, column))
  }
  if (type.kind === 'struct') {
    if (typeof value !== 'object' || Array.isArray(value)) throw wrong()
    const given = value as Readonly<Record<string, unknown>>
    return Object.fromEntries(
      type.fields.map((field) => [field.name, fromJson(field.type, given[field.name], column)]),
    )
  }
  if (typeof value === 'object') throw wrong()
  return decoderOf(type, column)(String(value))
}

/** Reads a value as the server prints it. @throws VALUE_RANGE */
function decoderOf(type: ColumnType, column: string): Decode {
  switch (type.kind) {
    case 'boolean':
      return (text) => text === 't' || text === 'true'
    case 'int':
      return (text) => {
        const value = Number(text)
        if (!Number.isSafeInteger(value)) throw cannot(text, column, type)
        return value
      }
    case 'bigint':
      return BigInt
    case 'float':
      return Number
    case 'time':
      return clock
    case 'date':
    case 'timestamp':
    case 'instant':
      return (text) => {
        const found = moment(text)
        if (!found) throw cannot(text, column, type)
        if (type.kind === 'date') return found.day
        return `${found.day}T${found.time}${type.kind === 'instant' ? 'Z' : ''}`
      }
    case 'json':
      return (text) => JSON.parse(text) as unknown
    case 'struct':
      return (text) => fromJson(type, JSON.parse(text), column)
    case 'list': {
      if (!isArrayItem(type.item.type)) return (text) => fromJson(type, JSON.parse(text), column)
      const item = decoderOf(type.item.type, column)
      return (text) =>
        (JSON.parse(text) as (string | null)[]).map((each) => (each === null ? null : item(each)))
    }
    default:
      return (text) => text
  }
}

/** Turns the texts of one column into values. */
export function columnDecoder({ type, name }: Column): (texts: readonly (string | null)[]) => unknown[] {
  const decode = decoderOf(type, name)
  return (texts) => texts.map((text) => (text === null ? null : decode(text)))
}
