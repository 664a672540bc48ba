import { DuckDBInstance } from '@duckdb/node-api'
import { join } from 'node:path'
import { fileOf } from './feeds.ts'
import { dayOf, warehouseOf, type Columns, type Type } from './tables.ts'

const sqlTypes: Readonly<Record<Type, string>> = {
  int: 'bigint',
  number: 'double',
  text: 'varchar',
  'text?': 'varchar',
  date: 'date',
  boolean: 'boolean',
  'boolean=false': 'boolean',
}

/** The rows of every table as texts, in order: all of what was delivered, through the SQL of each table once. Nothing of Levada. */
export async function recompute(
  landing: string,
  night: number,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { feeds, tables } = warehouseOf(night)
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  const quoted = (name: string): string => `"${name}"`
  for (const feed of feeds) {
    const file = join(landing, fileOf(feed))
    const columns = Object.entries(feed.columns)
      .map(([name, type]) => `${name}: '${sqlTypes[type]}'`)
      .join(', ')
    const from = {
      csv: `read_csv('${file}', header = true, columns = {${columns}})`,
      ndjson: `read_json('${file}', format = 'newline_delimited', columns = {${columns}})`,
      parquet: `read_parquet('${file}')`,
    }[feed.format]
    await connection.run(`create table ${quoted(feed.name)} as select * from ${from}`)
  }
  const found = new Map<string, readonly string[]>()
  const waiting = [...tables]
  while (waiting.length > 0) {
    const next = waiting.findIndex(({ inputs }) =>
      Object.values(inputs).every(({ table }) => !waiting.some(({ name }) => name === table)),
    )
    const [{ name, inputs, sql, columns, grain }] = waiting.splice(next, 1) as [(typeof tables)[number]]
    const aliases = Object.entries(inputs).map(
      ([alias, { table }]) => `${alias} as (select * from ${quoted(table)})`,
    )
    // What begins later is asked for by nobody yet.
    const until = grain ? `where day <= date '${dayOf(night)}'` : ''
    await connection.run(
      `create table ${quoted(name)} as select * from (with ${aliases.join(', ')} ${sql}) ${until}`,
    )
    const all = await connection.runAndReadAll(
      `select ${Object.entries(columns)
        .map(([column, type]) => `cast(${column} as ${sqlTypes[type]})::varchar`)
        .join(', ')} from ${quoted(name)}`,
    )
    found.set(
      name,
      all
        .getRows()
        .map((row) => textOf(columns, row))
        .toSorted(),
    )
  }
  connection.closeSync()
  instance.closeSync()
  return found
}

/** A row as text: values by column. */
export const textOf = (columns: Columns, values: readonly unknown[]): string =>
  Object.entries(columns)
    .map(([name, type], i) => `${name}=${type === 'number' ? Number(values[i]) : String(values[i])}`)
    .join(' ')
