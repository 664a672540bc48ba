import type { ResultColumn } from '../engine/index.ts'
import type { Column, ColumnType } from '../schema/index.ts'
import { asking, counted, firstRows, type Ask } from './ask.ts'
import type { From } from './read-from.ts'

const day = '[0-9]{4}-[0-9]{2}-[0-9]{2}'
const clock = '[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?'

/** Kinds of values by the look of their text; the first that all values have counts. A number with a leading zero, or with more digits than a number has, is a code. */
const looks = [
  ['boolean', '^(true|false)$'],
  ['bigint', '^-?(0|[1-9][0-9]{0,17})$'],
  ['float', '^-?((0|[1-9][0-9]{0,14})([.][0-9]+)?|[.][0-9]+)([eE][-+]?[0-9]+)?$'],
  ['date', `^${day}$`],
  ['timestamp', `^${day}[ T]${clock}$`],
  ['instant', `^${day}[ T]${clock}(Z|[+-][0-9]{2}(:?[0-9]{2})?)$`],
  ['time', `^${clock}$`],
  ['uuid', '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'],
] as const
type Look = (typeof looks)[number][0]

/** JSON has types for these. */
const ofJson: ReadonlySet<Look> = new Set(['boolean', 'bigint', 'float'])
const textKinds = new Set(['string', 'date', 'time', 'timestamp', 'instant', 'uuid'])

/** Digits behind the point that all values of a column have, as money does; more is a measure. */
const moneyDigits = { least: 2, most: 4 }

/** The types that columns of text may have, the narrowest first: as the first rows look, if all rows do. */
export async function guessText(
  from: From,
  given: readonly ResultColumn[],
): Promise<ReadonlyMap<string, readonly ColumnType[]>> {
  const { dialect } = from.engine
  const texts = given
    .filter(({ type }) => textKinds.has(type.kind))
    .map(({ name }): Column => ({ name, type: { kind: 'string' }, nullable: true }))
  if (from.text === 'none' || texts.length === 0) return new Map()
  const rows = from.rows(texts)
  const possible = looks.filter(([look]) => from.text === 'all' || !ofJson.has(look))

  /** The looks that all values of each column have. */
  const looking = async (
    ask: Ask,
    wanted: readonly (readonly Look[])[],
  ): Promise<readonly (readonly Look[])[]> => {
    const asked = texts.flatMap(({ name }, i) =>
      possible
        .filter(([look]) => wanted[i]!.includes(look))
        .map(([look, pattern]) => ({
          i,
          look,
          name: `${look}${i}`,
          sql: `count(*) filter (where ${dialect.matches(dialect.identifier(name), pattern)})`,
        })),
    )
    const counts = texts.map(({ name }, i) => ({ name: `n${i}`, sql: `count(${dialect.identifier(name)})` }))
    const columns = [...counts, ...asked]
    const row = await ask(
      columns.map(({ name, sql }) => `${sql} as ${name}`),
      columns.map(({ name }) => counted(name)),
    )
    return texts.map((_, i) =>
      asked
        .filter((each) => each.i === i && row[`n${i}`] !== 0n && row[each.name] === row[`n${i}`])
        .map(({ look }) => look),
    )
  }
  const all = possible.map(([look]) => look)
  const first = await looking(
    asking(from, firstRows(rows)),
    texts.map(() => all),
  )
  const proven = await looking(asking(from, rows), first)
  const digits = await fractions(asking(from, rows), texts, proven, dialect.identifier)
  return new Map(
    texts.map(({ name }, i) => {
      const types = proven[i]!.map((kind): ColumnType => (kind === 'float' && digits.get(name)) || { kind })
      return [name, [...types, { kind: 'string' }]]
    }),
  )
}

/** A decimal type for numbers that all have the same few digits behind the point. */
async function fractions(
  ask: Ask,
  texts: readonly Column[],
  looks: readonly (readonly Look[])[],
  quoted: (name: string) => string,
): Promise<ReadonlyMap<string, ColumnType>> {
  const numbers = texts.filter((_, i) => looks[i]!.includes('float') && !looks[i]!.includes('bigint'))
  if (numbers.length === 0) return new Map()
  const aggregates = numbers.flatMap(({ name }, i) => {
    const column = quoted(name)
    const behind = `length(${column}) - position('.' in ${column})`
    return [
      [
        `w${i}`,
        `count(*) filter (where ${column} is not null and (position('.' in ${column}) = 0 or position('e' in lower(${column})) > 0))`,
      ],
      [`a${i}`, `min(${behind})`],
      [`b${i}`, `max(${behind})`],
      [`l${i}`, `max(length(${column}))`],
    ] as const
  })
  const row = await ask(
    aggregates.map(([name, sql]) => `${sql} as ${name}`),
    aggregates.map(([name]) => counted(name)),
  )
  return new Map(
    numbers.flatMap(({ name }, i) => {
      const [without, least, scale, length] = ['w', 'a', 'b', 'l'].map((key) => Number(row[`${key}${i}`]))
      if (
        without! > 0 ||
        least !== scale ||
        scale! < moneyDigits.least ||
        scale! > moneyDigits.most ||
        length! > 38
      )
        return []
      return [[name, { kind: 'decimal', precision: length! > 18 ? 38 : 18, scale: scale! }] as const]
    }),
  )
}
