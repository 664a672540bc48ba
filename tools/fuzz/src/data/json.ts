import type { Random } from '../random.ts'
import type { WrittenRows } from './csv.ts'
import type { Table } from './rows.ts'

/** A record as key and JSON text of its value. */
export type JsonRecord = readonly (readonly [key: string, json: string])[]

export const recordsOf = ({ columns, rows }: Table): JsonRecord[] =>
  rows.map((row) =>
    columns.map(({ name, type }, i) => {
      const value = row[i]!
      return [name, value === null ? 'null' : type === 'number' ? value : JSON.stringify(value)] as const
    }),
  )

const escaped = (json: string): string =>
  json.replaceAll(/[^\u0020-\u007e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

function recordText(record: JsonRecord, random: Random | undefined): string {
  const gap = random?.pick(['', ' ', '  ']) ?? ''
  const fields = record.map(([key, json]) => {
    const value = json.startsWith('"') && random?.chance(0.3) ? escaped(json) : json
    return `${JSON.stringify(key)}:${gap}${value}`
  })
  return `{${gap}${fields.join(`,${gap}`)}${gap}}`
}

export function joinNdjson(records: readonly JsonRecord[], random?: Random, newline = '\n'): WrittenRows {
  return {
    text: records.map((record) => recordText(record, random) + newline).join(''),
    lines: records.map((_, i) => i + 1),
  }
}
export function joinJson(records: readonly JsonRecord[], random?: Random): WrittenRows {
  const [open, between, close] = random?.pick([
    ['[', ',', ']'],
    ['[\n', ',\n', '\n]\n'],
    ['[\n  ', ',\n  ', '\n]'],
    ['\n[ ', ' , ', ' ]\n'],
  ] as const) ?? ['[\n', ',\n', '\n]\n']
  const texts = records.map((record) => recordText(record, random))
  return { text: open + texts.join(between) + close, lines: [] }
}
export const writeNdjson = (table: Table): WrittenRows => joinNdjson(recordsOf(table))
export const writeJson = (table: Table): WrittenRows => joinJson(recordsOf(table))
