import { stripVTControlCharacters } from 'node:util'
import { toJson } from '@levada/core/run'
import { paint } from './style.ts'

/** Texts wider than this are cut in tables; `--json` has them whole. */
const maxWidth = 120

const width = (text: string): number => stripVTControlCharacters(text).length

/** Rows of text under their heads, columns of numbers to the right. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly boolean[] = [],
): string {
  const widths = heads.map((head, i) =>
    rows.reduce((most, row) => Math.max(most, width(row[i] ?? '')), width(head)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, i) => {
        const gap = ' '.repeat(widths[i]! - width(text))
        return right[i] ? gap + text : text + gap
      })
      .join('  ')
      .trimEnd()
  return [line(heads.map((head) => paint('bold', head))), ...rows.map(line)].join('\n')
}

const isNumber = (value: unknown): boolean => typeof value === 'number' || typeof value === 'bigint'

/** One value as a person reads it, on one line; the text NULL in quotes. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  if (typeof value === 'number' && !Number.isInteger(value))
    return Number.isFinite(value) ? String(Number(value.toPrecision(10))) : String(value)
  const text =
    typeof value === 'object' ? JSON.stringify(toJson(value)) : String(value).replaceAll(/[\r\n\t]/g, ' ')
  if (text === 'NULL') return "'NULL'"
  return text.length > maxWidth ? `${text.slice(0, maxWidth - 1)}…` : text
}

/** Rows of data as a table. */
export function rowTable(
  names: readonly string[],
  rows: readonly Readonly<Record<string, unknown>>[],
): string {
  const right = names.map(
    (name) => rows.length > 0 && rows.every((row) => row[name] === null || isNumber(row[name])),
  )
  return table(
    names,
    rows.map((row) => names.map((name) => cell(row[name]))),
    right,
  )
}
