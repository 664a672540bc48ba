import type { Column, Engine } from '@levada/core/spi'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../temporary-folder.ts'

const sku: Column = { name: 'sku', type: { kind: 'int' }, nullable: false }
const price: Column = { name: 'price', type: { kind: 'float' }, nullable: false }
const label: Column = { name: 'label', type: { kind: 'string' }, nullable: true }
const rows = `(values (1, 1.5, 'a'), (2, 2.25, null), (3, 300.0, 'zoë'), (4, -4.0, ''), (5, 0.0, 'x y')) as t(sku, price, label)`

const variants = {
  good: [[sku, price, label], 'sku::int as sku, price::double as price, label'],
  'other order': [[label, price, sku], 'label, price::double as price, sku::int as sku'],
  'extra column': [
    [sku, { ...label, name: 'more' }, price, label],
    `sku::int as sku, 'm' as more, price::double as price, label`,
  ],
  'price is text': [
    [sku, { ...label, name: 'price' }, label],
    `sku::int as sku, 'p' || price as price, label`,
  ],
  'sku is text': [
    [{ ...label, name: 'sku' }, price, label],
    `'s' || sku as sku, price::double as price, label`,
  ],
  'label is a date': [
    [sku, price, { ...label, type: { kind: 'date' } }],
    `sku::int as sku, price::double as price, date '2026-01-01' as label`,
  ],
  'no price': [[sku, label], 'sku::int as sku, label'],
  'no sku': [[price, label], 'price::double as price, label'],
  'pricee for price': [
    [sku, { ...price, name: 'pricee' }, label],
    'sku::int as sku, price::double as pricee, label',
  ],
} as const satisfies Record<string, readonly [readonly Column[], string]>

export type Variant = keyof typeof variants | 'snappy' | 'no rows'
let made: Readonly<Record<Variant, Uint8Array>> | undefined

/** Parquet files of one table, told apart by what their names say. @throws before {@link makeParquet} */
export function parquetFiles(): Readonly<Record<Variant, Uint8Array>> {
  if (!made) throw new Error('the Parquet files were not made')
  return made
}

/** Writes the files with the engine that reads them later. */
export async function makeParquet(engine: Engine): Promise<void> {
  const dir = temporaryFolder()
  await using session = await engine.open()
  const write = async (
    name: string,
    columns: readonly Column[],
    select: string,
    compression: 'zstd' | 'snappy',
    where = '',
  ) => {
    const directory = join(dir, name)
    mkdirSync(directory)
    const written = await session.write(
      {
        kind: 'query',
        name,
        sql: { text: `select ${select} from ${rows} ${where}`, file: 'rows.sql', line: 1, column: 1 },
        inputs: {},
        params: {},
      },
      columns,
      { kind: 'files', format: 'parquet', directory, partitionBy: [], options: { compression } },
    )
    return readFileSync(join(directory, written.files[0]!.path))
  }
  const files: [string, Uint8Array][] = []
  for (const [name, [columns, select]] of Object.entries(variants))
    files.push([name, await write(name, columns, select, 'zstd')])
  const [columns, select] = variants.good
  files.push(['snappy', await write('snappy', columns, select, 'snappy')])
  files.push(['no rows', await write('no rows', columns, select, 'zstd', 'where false')])
  made = Object.fromEntries(files) as Record<Variant, Uint8Array>
  rmSync(dir, { recursive: true })
}
