import { tmpdir } from 'node:os'
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest'
import type { Column, Dataset, Engine, Location, Version } from '@levada/core/spi'
import { postgres, postgresServer } from '@levada/resource-postgres'
import { codeOf } from './code-of.ts'
import { postgresTables } from '../src/index.ts'

const context = { name: 'postgres', root: tmpdir(), env: 'test' }
const engine: Engine = await postgres().engines['postgres']!.create(inject('postgres') as never, context)
afterAll(() => engine.close())
const { run } = postgresServer(engine)

const id: Column = { name: 'id', type: { kind: 'int' }, nullable: false }
const note: Column = { name: 'note', type: { kind: 'string' }, nullable: true }
const more: Column = { name: 'more', type: { kind: 'decimal', precision: 6, scale: 2 }, nullable: true }

let schema = ''
let count = 0
beforeEach(() => {
  schema = `tables_${++count}`
})

const open = (columns: readonly Column[], table = 'orders'): Dataset =>
  postgresTables().datasets['postgres.table']!.create(
    { schema, table, versions: `${schema}_versions` } as never,
    {
      asset: 'shop.orders',
      columns,
      partitionBy: [],
      root: tmpdir(),
      env: 'test',
      engine: async () => engine,
    },
  )

async function publish(
  columns: readonly Column[],
  row: Readonly<Record<string, unknown>>,
  app = 'shop',
): Promise<Version> {
  const dataset = open(columns)
  const base = await dataset.head()
  const version = `v${Math.random().toString(36).slice(2)}`
  const staging = await dataset.stage({ version, columns, partitionBy: [], replace: undefined, base })
  await using session = await engine.open()
  const writer = await session.writer(columns, staging.target)
  await writer.write([row])
  await staging.seal(await writer.finish())
  return await staging.publish({ app, runId: 'run', inputs: {}, mayRebase: true })
}

async function read(location: Location, columns: readonly Column[]): Promise<unknown[]> {
  await using session = await engine.open()
  const rows: unknown[] = []
  for await (const part of (await session.read({ kind: 'scan', location, columns }, columns)).rows())
    rows.push(...part)
  return rows
}

describe('the public name', () => {
  test('is a view that others can read with plain SQL', async () => {
    await publish([id, note], { id: 1, note: 'a' })
    expect(await run(`select * from ${schema}.orders`)).toEqual([['1', 'a']])
    await publish([id, note], { id: 2, note: null })
    expect(await run(`select * from ${schema}.orders`)).toEqual([['2', null]])
  })

  test('keeps its grants and the views on it when a column is added at the end', async () => {
    await publish([id, note], { id: 1, note: 'a' })
    await run(`create role reader_${count}`)
    await run(`grant select on ${schema}.orders to reader_${count} with grant option`)
    await run(`create view ${schema}.report as select id from ${schema}.orders`)
    await publish([id, note, more], { id: 2, note: 'b', more: '1.50' })
    expect(await run(`select * from ${schema}.orders`)).toEqual([['2', 'b', '1.50']])
    expect(await run(`select * from ${schema}.report`)).toEqual([['2']])
    const may = `select has_table_privilege('reader_${count}', '${schema}.orders', 'select with grant option')`
    expect(await run(may)).toEqual([['t']])
  })

  test('keeps its grants when columns change and nothing depends on it', async () => {
    await publish([id, note], { id: 1, note: 'a' })
    await run(`create role reader_${count}`)
    await run(`grant select on ${schema}.orders to reader_${count} with grant option`)
    await run(`grant select on ${schema}.orders to public`)
    await publish([note, more], { note: 'b', more: '2.00' })
    expect(await run(`select * from ${schema}.orders`)).toEqual([['b', '2.00']])
    const may = (who: string, what: string): Promise<unknown> =>
      run(`select has_table_privilege('${who}', '${schema}.orders', '${what}')`)
    expect(await may(`reader_${count}`, 'select with grant option')).toEqual([['t']])
    expect(await may('public', 'select')).toEqual([['t']])
    expect(await may('public', 'insert')).toEqual([['f']])
  })

  test('is refused with the list of dependants when columns change under them', async () => {
    await publish([id, note], { id: 1, note: 'a' })
    await run(`create view ${schema}.report as select id from ${schema}.orders`)
    await run(`create materialized view ${schema}.cube as select id from ${schema}.orders`)
    const failed = publish([{ ...id, type: { kind: 'string' } }, note], { id: 'x', note: 'b' })
    await expect(failed).rejects.toMatchObject({
      code: 'DEPENDANTS',
      details: { dependants: [`${schema}.cube`, `${schema}.report`] },
    })
    expect(await run(`select * from ${schema}.orders`)).toEqual([['1', 'a']])
    expect((await open([id]).head())!.number).toBe(1)
  })
})

describe('what others own', () => {
  test('is read as it is', async () => {
    await run(`create schema ${schema}`)
    await run(`create table ${schema}.orders (note varchar(10), id integer, secret text)`)
    await run(`insert into ${schema}.orders values ('a', 1, 'x')`)
    const dataset = open([id, note])
    expect(await dataset.head()).toBeUndefined()
    expect(await read(await dataset.locate(undefined), [id, note])).toEqual([{ id: 1, note: 'a' }])
  })

  test('has no rows in no partitions', async () => {
    await run(`create schema ${schema}`)
    await run(`create table ${schema}.orders (id bigint, note text)`)
    await run(`insert into ${schema}.orders values (1, 'a')`)
    expect(await read(await open([id, note]).locate(undefined, []), [id])).toEqual([])
  })

  test('H7: is never written', async () => {
    await run(`create schema ${schema}`)
    await run(`create table ${schema}.orders (id bigint, note text)`)
    expect(await codeOf(publish([id, note], { id: 1, note: null }))).toBe('FOREIGN_ASSET')
    expect(await run(`select count(*) from ${schema}.orders`)).toEqual([['0']])
  })

  test('has to have the declared columns and types', async () => {
    await run(`create schema ${schema}`)
    await run(`create table ${schema}.orders (id text)`)
    const location = await open([id, note]).locate(undefined)
    await expect(read(location, [id])).rejects.toMatchObject({
      code: 'SOURCE_SCHEMA',
      message: `Table "${schema}"."orders": column 'id' is string, expected int.`,
    })
    await expect(read(location, [note])).rejects.toMatchObject({ code: 'SOURCE_SCHEMA' })
  })

  test('that is not there is DATA_MISSING', async () => {
    expect(await codeOf(open([id]).locate(undefined))).toBe('DATA_MISSING')
  })
})

test('tables of versions that nobody needs are dropped after a day', async () => {
  for (const n of [1, 2, 3, 4]) await publish([id, note], { id: n, note: null })
  await run(`update ${schema}_versions.versions set published_at = now() - interval '2 days'`)
  await run(`update ${schema}_versions.tables set created_at = now() - interval '2 days'`)
  await publish([id, note], { id: 5, note: null })
  const tables = `select count(*) from pg_tables where schemaname = '${schema}_versions' and tablename like 'orders%'`
  expect(await run(tables)).toEqual([['2']])
  expect(await run(`select id from ${schema}.orders`)).toEqual([['5']])
})

test('many assets that are the first of their schemas are published at once', async () => {
  const tables = Array.from({ length: 8 }, (_, i) => `t${i}`)
  const staged = await Promise.all(
    tables.map((table) =>
      open([id], table).stage({
        version: `v_${table}`,
        columns: [id],
        partitionBy: [],
        replace: undefined,
        base: undefined,
      }),
    ),
  )
  const written = { rows: 0, sizeBytes: 0, files: [], partitions: [] }
  await Promise.all(staged.map((staging) => staging.seal(written)))
  const request = { app: 'shop', runId: 'run', inputs: {}, mayRebase: true }
  const made = await Promise.all(staged.map((staging) => staging.publish(request)))
  expect(made.map(({ number }) => number)).toEqual(tables.map(() => 1))
})
