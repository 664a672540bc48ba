import type { ExpectedError, Expectation, Files, Mutated, Mutator, Where } from '../case.ts'
import { positionOf } from '../place.ts'
import { projectFiles } from '../project-files.ts'
import type { Random } from '../random.ts'
import { csvCell, joinCsv, writeCsv, type WrittenRows } from './csv.ts'
import { joinJson, joinNdjson, recordsOf, type JsonRecord } from './json.ts'
import { parquetFiles, type Variant } from './parquet.ts'
import { customers, orders, stores, type Table } from './rows.ts'

const csvFile = 'landing/orders.csv'
const ndjsonFile = 'landing/customers.ndjson'
const jsonFile = 'landing/stores.json'
const parquetFile = 'landing/prices.parquet'

const targets: Readonly<Record<string, string>> = {
  [csvFile]: 'sales.orders',
  [ndjsonFile]: 'sales.customers',
  [jsonFile]: 'shops.stores',
  [parquetFile]: 'shops.prices',
}
const same: Expectation = { kind: 'same' }
const noRows: Expectation = { kind: 'result', result: '[]' }
const fails = (
  codes: string | readonly string[],
  where: Where,
  says: readonly string[] = [],
): Expectation => {
  const error: ExpectedError = { codes: [codes].flat(), where: [where], says }
  return { kind: 'error', error }
}
/** Rows are read, and a check of their source refuses some: its place is asset and column. */
const checkFails = (asset: string, field: string): Expectation => ({
  kind: 'error',
  error: { codes: ['CHECK_FAILED'], where: [], says: [asset, `(${field})`] },
})
const made = (
  file: string,
  content: string | Uint8Array,
  done: string,
  expect: Expectation,
  more: Files = {},
): Mutated => ({
  files: { ...projectFiles(), [file]: content, ...more },
  done,
  expect,
  env: 'dev',
  target: targets[file]!,
})

const column = (table: Table, name: string): number => table.columns.findIndex((each) => each.name === name)
const withCell = (table: Table, row: number, at: number, cell: string | null): Table => ({
  ...table,
  rows: table.rows.map((cells, i) => (i === row ? cells.with(at, cell) : cells)),
})
const shuffled = (table: Table, random: Random): Table => {
  const order = random.shuffle(table.columns.map((_, i) => i))
  return {
    columns: order.map((i) => table.columns[i]!),
    rows: random.shuffle(table.rows).map((row) => order.map((i) => row[i]!)),
  }
}

type Make = (random: Random) => Mutated
/** The table in some order of rows and columns, so that faults meet every line. */
const someCsv = (random: Random): { table: Table; style: { newline: '\n' | '\r\n'; random: Random } } => ({
  table: shuffled(orders, random),
  style: { newline: random.pick(['\n', '\n', '\r\n']), random },
})

const csv: Record<string, readonly [number, Make]> = {
  'as it is': [2, () => made(csvFile, writeCsv(orders).text, 'nothing', same)],
  quotes: [2, (random) => csvAs(random, orders)],
  'order of columns and rows': [3, (random) => csvAs(random, shuffled(orders, random))],
  CRLF: [3, (random) => made(csvFile, writeCsv(orders, { newline: '\r\n', random }).text, 'CRLF', same)],
  'no newline at the end': [
    2,
    (random) =>
      made(csvFile, writeCsv(shuffled(orders, random)).text.slice(0, -1), 'no newline at the end', same),
  ],
  'byte order mark': [
    2,
    (random) => made(csvFile, `\ufeff${writeCsv(orders, { random }).text}`, 'a byte order mark', same),
  ],
  'extra column': [
    2,
    (random) => {
      const table: Table = {
        columns: [...orders.columns, { name: 'more', type: 'text', nullable: true }],
        rows: orders.rows.map((row) => [...row, random.pick(['x', null, 'a,b'])]),
      }
      return csvAs(random, shuffled(table, random))
    },
  ],
  'header only': [2, () => made(csvFile, writeCsv({ ...orders, rows: [] }).text, 'a header only', noRows)],
  'bad number': [
    10,
    (random) => {
      const { table, style } = someCsv(random)
      const [field, wrong] = random.pick([
        ['id', ['x', '1.5', '12 3', '1e', '99999999999999999999', '0x10', '1,5']],
        ['amount', ['x', '1,5', '1.234', '12345678901.00', '--1']],
        ['weight', ['x', '1,5', '1.2.3', '1e', 'twelve']],
      ] as const)
      const row = random.int(table.rows.length)
      const value = random.pick(wrong as readonly string[])
      const { text, lines } = writeCsv(withCell(table, row, column(table, field), value), style)
      return made(
        csvFile,
        text,
        `${field} is ${value}`,
        fails('DATA_UNREADABLE', { file: csvFile, line: lines[row]!, field, value }),
      )
    },
  ],
  'bad date': [
    4,
    (random) => {
      const { table, style } = someCsv(random)
      const row = random.int(table.rows.length)
      const value = random.pick(['2026-13-01', '01/02/2026', 'yesterday', '2026-02-30', '20260101x'])
      const { text, lines } = writeCsv(withCell(table, row, column(table, 'day'), value), style)
      return made(
        csvFile,
        text,
        `day is ${value}`,
        fails('DATA_UNREADABLE', { file: csvFile, line: lines[row]!, field: 'day', value }),
      )
    },
  ],
  'value missing': [
    4,
    (random) => {
      const { table, style } = someCsv(random)
      const field = random.pick(['id', 'day', 'customer', 'amount'])
      const row = random.int(table.rows.length)
      const { text } = writeCsv(withCell(table, row, column(table, field), null), style)
      return made(csvFile, text, `no ${field}`, checkFails('sales.raw_orders', field))
    },
  ],
  'row too short': [
    5,
    (random) => {
      const { table, style } = someCsv(random)
      const row = random.int(table.rows.length)
      // A row of one empty cell is an empty line, which stands for nothing.
      const least = table.rows[row]![0] === null ? 2 : 1
      const keep = least + random.int(table.columns.length - least)
      return ragged(table, row, style, (cells) => cells.slice(0, keep), 'a row that is too short')
    },
  ],
  'row too long': [
    5,
    (random) => {
      const { table, style } = someCsv(random)
      const row = random.int(table.rows.length)
      const more = ['x', ...Array.from({ length: random.int(3) }, () => random.pick(['x', '', '9']))]
      return ragged(table, row, style, (cells) => [...cells, ...more], 'a row that is too long')
    },
  ],
  'column missing': [
    4,
    (random) => {
      const { table, style } = someCsv(random)
      const at = random.int(table.columns.length)
      const { name } = table.columns[at]!
      const less: Table = {
        columns: table.columns.toSpliced(at, 1),
        rows: table.rows.map((row) => row.toSpliced(at, 1)),
      }
      return made(
        csvFile,
        writeCsv(less, style).text,
        `no column ${name}`,
        fails('SOURCE_SCHEMA', { file: csvFile, field: name }, [`'${name}'`]),
      )
    },
  ],
  'column renamed': [
    4,
    (random) => {
      const { table, style } = someCsv(random)
      const at = random.int(table.columns.length)
      const { name } = table.columns[at]!
      const other: Table = {
        ...table,
        columns: table.columns.with(at, { ...table.columns[at]!, name: `${name}x` }),
      }
      return made(
        csvFile,
        writeCsv(other, style).text,
        `${name} is ${name}x`,
        fails('SOURCE_SCHEMA', { file: csvFile, field: name }, [`'${name}'`, `'${name}x'`]),
      )
    },
  ],
  'wrong delimiter': [
    3,
    (random) => {
      const { table } = someCsv(random)
      const delimiter = random.pick([';', '\t', '|'])
      const shown = delimiter === '\t' ? '\\t' : delimiter
      const { text } = writeCsv(table, { delimiter })
      return made(
        csvFile,
        text,
        `${shown} between cells`,
        fails('SOURCE_SCHEMA', { file: csvFile }, [`delimiter: "${shown}"`]),
      )
    },
  ],
  'wrong encoding': [
    4,
    (random) => {
      const { table, style } = someCsv(random)
      const row = random.int(table.rows.length)
      const { text } = writeCsv(withCell(table, row, column(table, 'customer'), 'Malm\u0000'), style)
      const { line } = positionOf(text, text.indexOf('\u0000'))
      const bytes = Buffer.from(text)
      bytes[bytes.indexOf(0)] = 0xf6
      return made(
        csvFile,
        bytes,
        'a byte of Latin-1',
        fails('DATA_UNREADABLE', { file: csvFile, line }, ['UTF-8']),
      )
    },
  ],
  'quote not closed': [
    4,
    (random) => {
      const { table, style } = someCsv(random)
      const row = random.int(table.rows.length)
      const plain: Table = {
        ...table,
        rows: table.rows.map((cells, i) =>
          i > row ? cells.map((cell) => cell && cell.replaceAll(/["\n,]/g, '')) : cells,
        ),
      }
      const { text, lines } = writeCsv(withCell(plain, row, column(plain, 'customer'), '\u0000'), {
        newline: style.newline,
      })
      return made(
        csvFile,
        text.replace('\u0000', '"ann'),
        'a quote that is not closed',
        fails('DATA_UNREADABLE', { file: csvFile, line: lines[row]! }),
      )
    },
  ],
  'empty file': [
    2,
    (random) =>
      made(
        csvFile,
        random.pick(['', '', '\ufeff']),
        'an empty file',
        fails('SOURCE_SCHEMA', { file: csvFile }),
      ),
  ],
  'no file': [2, (random) => without(random.pick([csvFile, ndjsonFile, jsonFile, parquetFile]))],
}
const csvAs = (random: Random, table: Table): Mutated =>
  made(csvFile, writeCsv(table, { random }).text, 'written in another way', same)

function ragged(
  table: Table,
  row: number,
  { newline, random }: { newline: string; random: Random },
  change: (cells: readonly string[]) => readonly string[],
  done: string,
): Mutated {
  const rows = table.rows.map((cells, i) => {
    const texts = cells.map((cell) => csvCell(cell, ',', random))
    return (i === row ? change(texts) : texts).join(',')
  })
  const { text, lines } = joinCsv(table.columns.map(({ name }) => name).join(','), rows, newline)
  return made(csvFile, text, done, fails('DATA_UNREADABLE', { file: csvFile, line: lines[row]! }))
}

function without(file: string): Mutated {
  const { [file]: _, ...rest } = projectFiles()
  return {
    files: rest,
    done: `no ${file}`,
    expect: { kind: 'error', error: { codes: ['DATA_MISSING'], where: [], says: [file] } },
    env: 'dev',
    target: targets[file]!,
  }
}

interface JsonKind {
  readonly file: string
  readonly source: string
  readonly table: Table
  readonly join: (records: readonly JsonRecord[], random: Random) => WrittenRows
  /** A field that must be there, and one that may be absent, with what they are not. */
  readonly typed: readonly (readonly [field: string, wrong: readonly string[]])[]
  readonly required: string
  readonly optional: string
}
const ndjsonKind: JsonKind = {
  file: ndjsonFile,
  source: 'sales.raw_customers',
  table: customers,
  join: (records, random) => joinNdjson(records, random, random.pick(['\n', '\n', '\r\n'])),
  typed: [
    ['age', ['"x"', '1.5', '99999999999999999999', '[1]', '{"a":1}']],
    ['score', ['"x"', '[1]', '{"a":1}']],
  ],
  required: 'name',
  optional: 'city',
}
const jsonKind: JsonKind = {
  file: jsonFile,
  source: 'shops.raw_stores',
  table: stores,
  join: joinJson,
  typed: [
    ['staff', ['"x"', '1.5', '99999999999999999999', '[1]']],
    ['area', ['"x"', '[1]']],
    ['opened', ['"soon"', '"2026-13-01"', '12']],
  ],
  required: 'code',
  optional: 'area',
}

const replaced = (
  records: readonly JsonRecord[],
  row: number,
  field: string,
  json: string | undefined,
): JsonRecord[] =>
  records.map((record, i) =>
    i === row
      ? record.flatMap(([key, value]) =>
          key !== field ? [[key, value] as const] : json === undefined ? [] : [[key, json] as const],
        )
      : record,
  )

const jsonMutators = (kind: JsonKind): Record<string, readonly [number, Make]> => {
  const { file, table, join } = kind
  const records = (random: Random): JsonRecord[] =>
    random.shuffle(recordsOf(table)).map((record) => random.shuffle(record))
  const at = (lines: readonly number[], row: number): Where => ({
    file,
    ...(lines.length > 0 && { line: lines[row]! }),
  })
  return {
    'as it is': [1, (random) => made(file, join(recordsOf(table), random).text, 'nothing', same)],
    'order of keys and rows': [
      3,
      (random) => made(file, join(records(random), random).text, 'keys in another order', same),
    ],
    'extra key': [
      3,
      (random) => {
        const more = records(random).map((record) =>
          random.chance(0.6)
            ? random.shuffle([...record, ['more', random.pick(['1', '"x"', 'null', '{"a":[1]}'])] as const])
            : record,
        )
        return made(file, join(more, random).text, 'a key more', same)
      },
    ],
    'key of NULL left out': [
      2,
      (random) => {
        const less = records(random).map((record) =>
          record.filter(([key, json]) => !(key === kind.optional && json === 'null')),
        )
        return made(file, join(less, random).text, 'no key for NULL', same)
      },
    ],
    'no rows': [1, (random) => made(file, join([], random).text, 'no rows', noRows)],
    'bad type': [
      8,
      (random) => {
        const [field, wrong] = random.pick(kind.typed)
        const row = random.int(table.rows.length)
        const json = random.pick(wrong)
        const { text, lines } = join(replaced(records(random), row, field, json), random)
        const value = json.startsWith('"')
          ? (JSON.parse(json) as string)
          : /^[\d.]+$/.test(json)
            ? json
            : undefined
        return made(
          file,
          text,
          `${field} is ${json}`,
          fails('DATA_UNREADABLE', { ...at(lines, row), field, ...(value !== undefined && { value }) }),
        )
      },
    ],
    'required key missing': [
      3,
      (random) => {
        const row = random.int(table.rows.length)
        const { text } = join(
          replaced(records(random), row, kind.required, random.pick(['null', undefined])),
          random,
        )
        return made(file, text, `no ${kind.required}`, checkFails(kind.source, kind.required))
      },
    ],
    'key in no row': [
      2,
      (random) => {
        const less = records(random).map((record) => record.filter(([key]) => key !== kind.required))
        return made(
          file,
          join(less, random).text,
          `${kind.required} nowhere`,
          fails('SOURCE_SCHEMA', { file, field: kind.required }, [kind.required]),
        )
      },
    ],
    truncated: [
      5,
      (random) => {
        const { text, lines } = join(records(random), random)
        // Inside of a record, behind its first key.
        const row = random.int(table.rows.length)
        const starts = [...text.matchAll(/\{/g)]
          .map(({ index }) => index)
          .filter((index) => /^\{\s*"\w+":/.test(text.slice(index)))
        const start = starts[row]!
        const cut = start + 1 + random.int(8)
        return made(file, text.slice(0, cut), 'the end is cut off', fails('DATA_UNREADABLE', at(lines, row)))
      },
    ],
    'no JSON': [
      3,
      (random) => {
        const { text, lines } = join(records(random), random)
        const row = random.int(table.rows.length)
        const starts = [...text.matchAll(/\{/g)]
          .map(({ index }) => index)
          .filter((index) => /^\{\s*"\w+":/.test(text.slice(index)))
        const wrong = random.pick(['oops ', "{'a':1}", '{"a" 1}', '{"a":}', '{a:1}'])
        return made(
          file,
          text.slice(0, starts[row]) + wrong + text.slice(starts[row]!),
          wrong,
          fails('DATA_UNREADABLE', at(lines, row)),
        )
      },
    ],
  }
}

const flipped = (bytes: Uint8Array, at: number, random: Random): Uint8Array => {
  const out = Uint8Array.from(bytes)
  out[at] = out[at]! ^ (1 << random.int(8))
  return out
}
const variant = (name: Variant, done: string, expect: Expectation): readonly [number, Make] => [
  2,
  () => made(parquetFile, parquetFiles()[name], done, expect),
]
const parquet: Record<string, readonly [number, Make]> = {
  'as it is': variant('good', 'nothing', same),
  'order of columns': variant('other order', 'columns in another order', same),
  'extra column': variant('extra column', 'a column more', same),
  'other codec': variant('snappy', 'written with snappy', same),
  'no rows': variant('no rows', 'no rows', noRows),
  truncated: [
    5,
    (random) => {
      const bytes = parquetFiles().good
      return made(
        parquetFile,
        bytes.slice(0, random.int(bytes.length)),
        'the end is cut off',
        fails('DATA_UNREADABLE', { file: parquetFile }),
      )
    },
  ],
  'not Parquet': [
    4,
    (random) => {
      const content = random.pick<string | Uint8Array>([
        '',
        'PAR1',
        'PAR1PAR1',
        'sku,price\n1,2\n',
        '{"sku": 1}',
        writeCsv(orders).text,
        new Uint8Array(5000),
      ])
      return made(parquetFile, content, 'no Parquet', fails('DATA_UNREADABLE', { file: parquetFile }))
    },
  ],
  'byte of the footer': [
    6,
    (random) => {
      const bytes = parquetFiles()[random.pick(['good', 'snappy', 'extra column'] as const)]
      const at = bytes.length - 1 - random.int(8)
      return made(
        parquetFile,
        flipped(bytes, at, random),
        `byte ${at - bytes.length} flipped`,
        fails('DATA_UNREADABLE', { file: parquetFile }),
      )
    },
  ],
  'other type': [
    4,
    (random) => {
      const [name, field] = random.pick([
        ['price is text', 'price'],
        ['sku is text', 'sku'],
        ['label is a date', 'label'],
      ] as const)
      return made(
        parquetFile,
        parquetFiles()[name],
        name,
        fails('SOURCE_SCHEMA', { file: parquetFile, field }, [`'${field}'`]),
      )
    },
  ],
  'column missing': [
    3,
    (random) => {
      const [name, field] = random.pick([
        ['no price', 'price'],
        ['no sku', 'sku'],
        ['pricee for price', 'price'],
      ] as const)
      return made(
        parquetFile,
        parquetFiles()[name],
        name,
        fails('SOURCE_SCHEMA', { file: parquetFile, field }, [`'${field}'`]),
      )
    },
  ],
}

const named = (kind: string, all: Record<string, readonly [number, Make]>): Mutator[] =>
  Object.entries(all).map(([name, [weight, mutate]]) => ({ name: `${kind}: ${name}`, weight, mutate }))

export const dataMutators: readonly Mutator[] = [
  ...named('csv', csv),
  ...named('ndjson', jsonMutators(ndjsonKind)),
  ...named('json', jsonMutators(jsonKind)),
  ...named('parquet', parquet),
]
