import Table from 'cli-table3'
import { toJson } from '@levada/core/run'
import { paint } from './style.ts'

const none = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

/** Rows of text under their heads, columns of numbers to the right. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly boolean[] = [],
): string {
  const made = new Table({
    head: heads.map((head) => paint('bold', head)),
    chars: none,
    colAligns: heads.map((_, i) => (right[i] ? 'right' : 'left')),
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  })
  made.push(...rows.map((row) => [...row]))
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

const isNumber = (value: unknown): boolean => typeof value === 'number' || typeof value === 'bigint'

/** One value as a person reads it. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  if (typeof value === 'number' && !Number.isInteger(value))
    return Number.isFinite(value) ? String(Number(value.toPrecision(10))) : String(value)
  if (typeof value === 'object') return JSON.stringify(toJson(value))
  return String(value)
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
