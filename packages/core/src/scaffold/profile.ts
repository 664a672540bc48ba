import { toLevadaErrors } from '../errors/index.ts'
import { columnTypeFor, type Column, type ColumnType, type SqlType } from '../schema/index.ts'
import { asking, counted } from './ask.ts'
import { fewValues } from './few-values.ts'
import { findKeys } from './find-keys.ts'
import { guessText } from './guess-text.ts'
import type { From } from './read-from.ts'

/** A column as its values are. */
export interface ProfiledColumn extends Column {
  /** Of numbers, when there are some. */
  readonly range?: { readonly min: number; readonly max: number }
}

export interface Profile {
  readonly rows: number
  readonly columns: readonly ProfiledColumn[]
  /** Sets of columns that have no two rows alike and no NULL: single ones, else pairs. */
  readonly keys: readonly (readonly string[])[]
  /** Columns that no schema can hold, and why. */
  readonly leftOut: readonly string[]
}

/** Looks at all rows: each column's narrowest type that holds them, NULLs, values, ranges and keys. */
export async function profile(from: From): Promise<Profile> {
  const leftOut: string[] = []
  const given = from.given.filter(({ name, type }) => {
    const why = name.startsWith('$')
      ? 'a column name has no leading $'
      : type.kind === 'other'
        ? `${type.name} is no column type`
        : undefined
    if (why !== undefined) leftOut.push(`${name}: ${why}`)
    return why === undefined
  })
  const guesses = await guessText(from, given)
  const choices = new Map(
    given.map(({ name, type }) => [name, [...(guesses.get(name) ?? typesFor(type, from.text))]]),
  )
  for (;;) {
    const columns = [...choices].map(([name, [type]]): Column => ({ name, type: type!, nullable: true }))
    try {
      return { ...(await measure(from, columns)), leftOut }
    } catch (error) {
      // A value that looked as if it fitted, such as a 30th of February: the column gets its next wider type.
      const wrong = String(toLevadaErrors(error)[0]!.details['column'])
      const end = endName.exec(wrong)
      const types = choices.get(end ? columns[Number(end[1])]!.name : wrong)
      if (!types || types.length < 2) throw error
      types.shift()
    }
  }
}

/** The types that a stored value may get; the first that holds all of them is taken. */
function typesFor(type: SqlType, text: From['text']): readonly ColumnType[] {
  if (type.kind === 'integer') return [{ kind: 'bigint' }, { kind: 'decimal', precision: 38, scale: 0 }]
  const plain = columnTypeFor(type)
  return [text === 'json' ? plainIntegers(plain) : plain]
}

/** Whole numbers in JSON are numbers, wherever they stand. */
function plainIntegers(type: ColumnType): ColumnType {
  switch (type.kind) {
    case 'bigint':
      return { kind: 'int' }
    case 'list':
      return { ...type, item: { ...type.item, type: plainIntegers(type.item.type) } }
    case 'struct':
      return { ...type, fields: type.fields.map((field) => ({ ...field, type: plainIntegers(field.type) })) }
    default:
      return type
  }
}

/** The smallest or largest value of the column at an index. */
const endName = /^levada (?:min|max) (\d+)$/

const isNumber = ({ kind }: ColumnType): boolean => ['bigint', 'int', 'float', 'decimal'].includes(kind)

async function measure(from: From, columns: readonly Column[]): Promise<Omit<Profile, 'leftOut'>> {
  const typed = from.rows(columns)
  const { identifier } = from.engine.dialect
  const facts = columns.flatMap(({ name, type }, i) => {
    const column = identifier(name)
    const ends = ['min', 'max'].map((end) => ({
      sql: `${end}(${column})`,
      column: { name: `levada ${end} ${i}`, type, nullable: true },
    }))
    return [{ sql: `count(${column})`, column: counted(`c${i}`) }, ...(isNumber(type) ? ends : [])]
  })
  const row = await asking(from, typed)(
    ['count(*) as n', ...facts.map(({ sql, column }) => `${sql} as ${identifier(column.name)}`)],
    [counted('n'), ...facts.map(({ column }) => column)],
  )
  const rows = Number(row['n'])
  const values = await fewValues(from, typed, columns, rows)
  const profiled = columns.map((column, i): ProfiledColumn => {
    const [min, max] = [row[`levada min ${i}`], row[`levada max ${i}`]].map(Number) as [number, number]
    const filled = Number(row[`c${i}`])
    const type = finalType(column.type, [min, max], values.get(column.name))
    return {
      ...column,
      type,
      nullable: rows === 0 || filled < rows,
      ...(isNumber(type) &&
        filled > 0 &&
        Number.isFinite(min) &&
        Number.isFinite(max) && { range: { min, max } }),
    }
  })
  return { rows, columns: profiled, keys: await findKeys(from, typed, profiled, rows) }
}

function finalType(
  type: ColumnType,
  ends: readonly number[],
  values: readonly string[] | undefined,
): ColumnType {
  if (type.kind === 'bigint' && ends.every((end) => Number.isNaN(end) || Number.isSafeInteger(end)))
    return { kind: 'int' }
  return values ? { kind: 'enum', values } : type
}
