import { type ColumnType, type Field, showField, withArticle } from './column.ts'

const date = /^-?\d{4,6}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/
const time = /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$/
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const decimal = /^-?(\d+)(?:\.(\d+))?$/
const int64 = 2n ** 63n

function isTimestamp(value: string, zone: '' | 'Z'): boolean {
  if (!value.endsWith(zone)) return false
  const [day, clock, ...rest] = (zone ? value.slice(0, -1) : value).split('T')
  return rest.length === 0 && isDate(day ?? '') && time.test(clock ?? '')
}

function isDate(value: string): boolean {
  if (!date.test(value)) return false
  const [, year, month, day] = /^(-?\d+)-(\d+)-(\d+)$/.exec(value)!
  const days = new Date(Date.UTC(2000, 0, 1))
  days.setUTCFullYear(Number(year), Number(month), 0)
  return Number(day) <= days.getUTCDate()
}

function isDecimal(value: string, precision: number, scale: number): boolean {
  const parts = decimal.exec(value)
  if (!parts) return false
  return (
    parts[1]!.replace(/^0+/, '').length <= precision - scale &&
    (parts[2]?.replace(/0+$/, '').length ?? 0) <= scale
  )
}

function isJson(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isJson)
  return typeof value === 'object' && Object.values(value).every(isJson)
}

function isOf(type: ColumnType, value: unknown): boolean {
  switch (type.kind) {
    case 'boolean':
    case 'string':
      return typeof value === type.kind
    case 'int':
      return Number.isSafeInteger(value)
    case 'bigint':
      return typeof value === 'bigint' && value >= -int64 && value < int64
    case 'float':
      return typeof value === 'number'
    case 'json':
      return isJson(value)
    case 'enum':
      return typeof value === 'string' && type.values.includes(value)
    case 'list':
      return Array.isArray(value) && value.every((item) => isValue(type.item, item))
    case 'struct':
      return (
        typeof value === 'object' &&
        value !== null &&
        Object.keys(value).length <= type.fields.length &&
        type.fields.every((field) => isValue(field, (value as Record<string, unknown>)[field.name]))
      )
    case 'date':
    case 'time':
    case 'timestamp':
    case 'instant':
    case 'uuid':
    case 'decimal':
      return typeof value === 'string' && isText(type, value)
  }
}

/** The types that are text in JavaScript and more than that in a table. */
function isText(type: ColumnType, value: string): boolean {
  switch (type.kind) {
    case 'date':
      return isDate(value)
    case 'time':
      return time.test(value)
    case 'timestamp':
      return isTimestamp(value, '')
    case 'instant':
      return isTimestamp(value, 'Z')
    case 'uuid':
      return uuid.test(value)
    case 'decimal':
      return isDecimal(value, type.precision, type.scale)
    default:
      return false
  }
}

/** Whether a JavaScript value may stand in a field: the value rules of docs/column-types.md. */
export function isValue(field: Field, value: unknown): boolean {
  return value === null ? field.nullable : value !== undefined && isOf(field.type, value)
}

/** What is wrong with a value, ready to stand behind "column x: ", or undefined when it fits. */
export function valueProblem(field: Field, value: unknown): string | undefined {
  if (isValue(field, value)) return undefined
  const shown =
    value === undefined
      ? 'nothing'
      : typeof value === 'bigint'
        ? `${value}n`
        : (JSON.stringify(value) ?? String(value))
  return `${shown.slice(0, 80)} is not ${withArticle(showField(field))}`
}
