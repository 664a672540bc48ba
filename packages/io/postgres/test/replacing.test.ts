import { tmpdir } from 'node:os'
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest'
import {
  defaultRetention,
  type Column,
  type Dataset,
  type Engine,
  type LevadaError,
  type Retention,
  type Version,
} from '@levada/core/spi'
import { postgres, postgresServer } from '@levada/resource-postgres'
import { codeOf } from './code-of.ts'
import { postgresTables } from '../src/index.ts'

const context = { name: 'postgres', root: tmpdir(), env: 'test' }
const engine: Engine = await postgres().engines['postgres']!.create(inject('postgres') as never, context)
afterAll(() => engine.close())
const { run, transaction } = postgresServer(engine)

const id: Column = { name: 'id', type: { kind: 'int' }, nullable: false }
const note: Column = { name: 'note', type: { kind: 'string' }, nullable: true }
const more: Column = { name: 'more', type: { kind: 'int' }, nullable: true }

let schema = ''
let reader = ''
let count = 0
beforeEach(async () => {
  schema = `replacing_${++count}`
  reader = `"reader ${count}"`
  await run(`create role ${reader}`)
})

type Kind = 'postgres.table' | 'postgres.view'
const kinds: readonly Kind[] = ['postgres.table', 'postgres.view']

const open = (
  kind: Kind,
  columns: readonly Column[],
  notice: (error: LevadaError) => void = () => {},
  retention: Retention = defaultRetention,
): Dataset =>
  postgresTables().datasets[kind]!.create(
    {
      schema,
      [kind === 'postgres.view' ? 'view' : 'table']: 'orders',
      versions: `${schema}_versions`,
    } as never,
    {
      asset: 'shop.orders',
      columns,
      partitionBy: [],
      root: tmpdir(),
      env: 'test',
      engine: async () => engine,
      notice,
      retention,
    },
  )

const request = { app: 'shop', runId: 'run', inputs: {}, mayRebase: true }

/** One row whose values are all the same. */
async function publish(kind: Kind, columns: readonly Column[], value = 1): Promise<Version> {
  const dataset = open(kind, columns)
  const base = await dataset.head()
  const version = `v${Math.random().toString(36).slice(2)}`
  const staging = await dataset.stage({ version, columns, partitionBy: [], replace: undefined, base })
  await using session = await engine.open()
  const text = `select ${columns.map(({ name, type }) => `cast(${value} as ${type.kind === 'int' ? 'bigint' : 'text'}) as ${name}`).join(', ')}`
  const query = {
    kind: 'query',
    name: 'node',
    sql: { text, file: 'node.sql', line: 1, column: 1 },
    inputs: {},
    params: {},
  } as const
  await staging.seal(await session.write(query, columns, staging.target))
  return await staging.publish(request)
}

const one = async (sql: string): Promise<unknown> => (await run(sql))[0]?.[0]
const rows = (): Promise<unknown> => run(`select * from ${schema}.orders`)
const may = (what: string, column?: string): Promise<unknown> =>
  column === undefined
    ? one(`select has_table_privilege('${reader.slice(1, -1)}', '${schema}.orders', '${what}')`)
    : one(`select has_column_privilege('${reader.slice(1, -1)}', '${schema}.orders', '${column}', '${what}')`)

describe.each(kinds)('%s', (kind) => {
  // The second is what PostgreSQL cannot replace: the view is made anew.
  test.each<[string, readonly Column[]]>([
    ['replaced', [id, note, more]],
    ['made anew', [note, id]],
  ])('a view that is %s keeps grants, those of columns, comments, options and owner', async (_, columns) => {
    await publish(kind, [id, note])
    await run(`grant select (id) on ${schema}.orders to ${reader}`)
    await run(`grant delete on ${schema}.orders to ${reader}`)
    await run(`comment on view ${schema}.orders is 'it''s "ours"; \\ '`)
    await run(`comment on column ${schema}.orders.note is 'a note'`)
    await run(`alter view ${schema}.orders set (security_barrier = true, security_invoker = true)`)
    await run(`create role ${schema}_owner`)
    await run(`grant usage, create on schema ${schema} to ${schema}_owner`)
    await run(`alter view ${schema}.orders owner to ${schema}_owner`)
    await publish(kind, columns, 2)
    expect(await one(`select id from ${schema}.orders`)).toBe('2')
    expect(await may('select', 'id')).toBe('t')
    expect(await may('select', 'note')).toBe('f')
    expect(await may('delete')).toBe('t')
    expect(await one(`select obj_description('${schema}.orders'::regclass, 'pg_class')`)).toBe(
      `it's "ours"; \\ `,
    )
    const at = columns.indexOf(note) + 1
    expect(await one(`select col_description('${schema}.orders'::regclass, ${at})`)).toBe('a note')
    expect(await one(`select reloptions from pg_class where oid = '${schema}.orders'::regclass`)).toBe(
      '{security_barrier=true,security_invoker=true}',
    )
    expect(await one(`select relowner::regrole from pg_class where oid = '${schema}.orders'::regclass`)).toBe(
      `${schema}_owner`,
    )
  })

  test('grants on a column that is gone go with it', async () => {
    await publish(kind, [id, note])
    await run(`grant select (note) on ${schema}.orders to ${reader}`)
    await run(`grant select (id) on ${schema}.orders to ${reader}`)
    await publish(kind, [id], 2)
    expect(await may('select', 'id')).toBe('t')
  })

  test('everything that depends on columns is named', async () => {
    await publish(kind, [id, note])
    await run(`create view ${schema}.report as select id from ${schema}.orders`)
    await run(`create materialized view ${schema}.cube as select id from ${schema}.orders`)
    await run(
      `create function ${schema}.total() returns numeric language sql begin atomic select sum(id) from ${schema}.orders; end`,
    )
    await run(`create table ${schema}.snapshots (taken ${schema}.orders)`)
    await run(`create table ${schema}.lists (taken ${schema}.orders[])`)
    await run(
      `create function ${schema}.nothing() returns trigger language plpgsql as 'begin return null; end'`,
    )
    await run(
      `create trigger "on insert" instead of insert on ${schema}.orders for each row execute function ${schema}.nothing()`,
    )
    const failed: unknown = await publish(kind, [note, id]).catch((error: unknown) => error)
    expect(failed).toMatchObject({
      code: 'DEPENDANTS',
      details: {
        dependants: [
          `column taken of table ${schema}.lists`,
          `column taken of table ${schema}.snapshots`,
          `function ${schema}.total()`,
          `${schema}.cube`,
          `${schema}.report`,
          `trigger on insert on view ${schema}.orders`,
        ],
      },
    })
    expect(await rows()).toEqual([['1', '1']])
    await publish(kind, [id, note, more], 3)
    expect(await rows()).toEqual([['3', '3', '3']])
    expect(await one(`select ${schema}.total()`)).toBe('3')
  })

  test.each([
    ['view', `create view NAME as select bigint '7' as id, text 'mine' as note`],
    ['view with other columns', `create view NAME as select 'mine' as other`],
    ['materialized view', `create materialized view NAME as select bigint '7' as id`],
    ['table', 'create table NAME (id bigint, note text)'],
  ])('a %s that somebody puts in its place is FOREIGN_ASSET, and stays', async (_, create) => {
    const first = await publish(kind, [id, note])
    await run(`drop view ${schema}.orders`)
    await run(create.replace('NAME', `${schema}.orders`))
    const before = await rows()
    expect(await codeOf(publish(kind, [id, note], 2))).toBe('FOREIGN_ASSET')
    expect(await codeOf(open(kind, [id, note]).restore(first, 'again', request))).toBe('FOREIGN_ASSET')
    expect(await rows()).toEqual(before)
    expect((await open(kind, [id, note]).head())!.number).toBe(1)
  })

  test('what is put in its place while a step runs is FOREIGN_ASSET, and stays', async () => {
    const dataset = open(kind, [id])
    const staging = await dataset.stage({
      version: 'v1',
      columns: [id],
      partitionBy: [],
      replace: undefined,
      base: undefined,
    })
    await staging.seal({
      rows: 0,
      sizeBytes: 0,
      files: [],
      partitions: [{ key: {}, rows: 0, sizeBytes: 0 }],
      query: `select bigint '1' as id`,
    })
    await run(`create schema ${schema}`)
    await run(`create view ${schema}.orders as select bigint '7' as id`)
    expect(await codeOf(staging.publish(request))).toBe('FOREIGN_ASSET')
    expect(await rows()).toEqual([['7']])
  })

  test('a view that is dropped is made again', async () => {
    await publish(kind, [id, note])
    await run(`drop view ${schema}.orders`)
    await publish(kind, [id, note], 2)
    expect(await rows()).toEqual([['2', '2']])
  })

  test.each([
    ['{}'],
    ['[]'],
    ['null'],
    ['{"id": "v1", "number": 1, "partitionBy": [], "schemas": [], "partitions": []}'],
    ['{"id": "v1", "number": 7, "partitionBy": [], "schemas": [[]], "partitions": []}'],
    [
      '{"id": "v1", "number": 1, "partitionBy": [], "schemas": [[]], "partitions": [{"key": {}, "columns": 3}]}',
    ],
  ])('a version that is overwritten with %s is passed over, told, and set aside', async (text) => {
    const first = await publish(kind, [id, note])
    await publish(kind, [id, note], 2)
    const versions = `${schema}_versions.versions`
    await run(`update ${versions} set version = $1 where number = 2`, [
      text.replace('"number": 1', '"number": 2'),
    ])
    const told: LevadaError[] = []
    const dataset = open(kind, [id, note], (error) => void told.push(error))
    expect(await dataset.head()).toMatchObject({ id: first.id, number: 1 })
    expect(told).toMatchObject([
      {
        code: 'MANIFEST_DAMAGED',
        message: expect.stringMatching(
          new RegExp(
            `^Version 2 of "${schema}"\\."orders" in "${schema}_versions"\\.versions cannot be read: .* goes on with version 1\\.$`,
          ),
        ) as string,
      },
    ])
    expect(await dataset.versions!()).toMatchObject({
      versions: [{ number: 1 }],
      damaged: [{ number: 2, at: `"${schema}_versions".versions` }],
    })
    if (kind === 'postgres.view') {
      // What stands there cannot be told from the view of somebody else.
      expect(await codeOf(publish(kind, [id, note], 3))).toBe('FOREIGN_ASSET')
      await run(`drop view ${schema}.orders`)
    }
    expect(await publish(kind, [id, note], 3)).toMatchObject({ number: 3 })
    expect(await rows()).toEqual([['3', '3']])
    expect(await open(kind, [id, note]).versions!()).toMatchObject({
      versions: [{ number: 3 }, { number: 1 }],
      damaged: [{ number: 2, at: `"${schema}_versions".damaged` }],
    })
    expect(await one(`select version from ${schema}_versions.damaged`)).not.toBeNull()
  })

  test('no rows are dropped while damage may name them', async () => {
    for (const value of [1, 2, 3]) await publish(kind, [id], value)
    await run(`update ${schema}_versions.versions set version = '{}' where number = 2`)
    const retention = { versions: 1, ageMs: 0, graceMs: 0 }
    const dataset = open(kind, [id], undefined, retention)
    const asked = { pinned: new Set<string>(), remove: true }
    const tables = async (): Promise<unknown> => one(`select count(*) from ${schema}_versions.tables`)
    const before = await tables()
    expect(await dataset.clean!(asked)).toMatchObject({
      removed: [{ number: 1 }],
      sizeBytes: 0,
      damaged: [{ number: 2 }],
    })
    expect(await tables()).toBe(before)
    await run(`delete from ${schema}_versions.damaged`)
    await run(`update ${schema}_versions.tables set created_at = created_at - interval '1 day'`)
    await dataset.clean!(asked)
    expect(await tables()).toBe(kind === 'postgres.view' ? '0' : '1')
  })

  test('restore() keeps grants, and is refused like publish() while something depends on columns', async () => {
    const first = await publish(kind, [id, note])
    await run(`grant select on ${schema}.orders to ${reader}`)
    const second = await publish(kind, [note, id], 2)
    const dataset = open(kind, [id, note])
    await dataset.restore(first, 'again', request)
    expect(await rows()).toEqual([['1', '1']])
    expect(await may('select')).toBe('t')
    await run(`create view ${schema}.report as select id from ${schema}.orders`)
    expect(await codeOf(dataset.restore(second, 'and again', request))).toBe('DEPENDANTS')
    expect(await rows()).toEqual([['1', '1']])
    expect((await dataset.head())!.id).toBe('again')
  })

  test('a reader finds the version of the head, whichever is published', async () => {
    await publish(kind, [id, note])
    const reading = new AbortController()
    const seen = new Set<string>()
    const read = async (): Promise<void> => {
      while (!reading.signal.aborted) {
        const [row] = await run(
          `select (select max(number) from ${schema}_versions.versions), * from (select id, note from ${schema}.orders) as r`,
        )
        seen.add(`${row![0]}:${row![1]}:${row![2]}`)
      }
    }
    const readers = [read(), read()]
    for (const value of [2, 3, 4, 5, 6]) await publish(kind, value % 2 === 0 ? [note, id] : [id, note], value)
    reading.abort()
    await Promise.all(readers)
    for (const each of seen) expect(each).toMatch(/^(\d+):\1:\1$/)
    expect(seen.size).toBeGreaterThan(1)
  })
})

test('an asset goes from rows to a query and back, and both are restored', async () => {
  const table = await publish('postgres.table', [id, note], 1)
  const view = await publish('postgres.view', [id, note], 2)
  expect(await rows()).toEqual([['2', '2']])
  await publish('postgres.table', [id, note], 3)
  await open('postgres.table', [id, note]).restore(view, 'query again', request)
  expect(await rows()).toEqual([['2', '2']])
  await open('postgres.view', [id, note]).restore(table, 'rows again', request)
  expect(await rows()).toEqual([['1', '1']])
})

test('who may read a view with security_invoker may after the next version too', async () => {
  await publish('postgres.table', [id, note])
  const [[first]] = (await run(`select name from ${schema}_versions.tables`)) as [[string]]
  await run(`alter view ${schema}.orders set (security_invoker = true)`)
  await run(`grant usage on schema ${schema}, ${schema}_versions to ${reader}`)
  await run(`grant select on ${schema}.orders to ${reader}`)
  await run(`grant select (note) on ${first} to ${reader}`)
  await publish('postgres.table', [id, note], 2)
  const tables = (await run(`select name from ${schema}_versions.tables order by created_at`)).map(
    ([n]) => n!,
  )
  const mayRead = (table: string, column: string): Promise<unknown> =>
    one(`select has_column_privilege('${reader.slice(1, -1)}', '${table}', '${column}', 'select')`)
  expect(tables.length).toBe(2)
  expect(await mayRead(tables[1]!, 'note')).toBe('t')
  expect(await mayRead(tables[1]!, 'id')).toBe('f')
  await run(`grant select on ${tables[1]} to ${reader}`)
  await publish('postgres.table', [note, id, more], 3)
  const seen = await transaction(async (own) => {
    await own(`set local role ${reader}`)
    return own(`select id from ${schema}.orders`)
  })
  expect(seen).toEqual([['3']])
})

test('a version whose table is gone cannot be restored: DATA_MISSING', async () => {
  const first = await publish('postgres.table', [id, note])
  const [[table]] = (await run(`select name from ${schema}_versions.tables`)) as [[string]]
  await publish('postgres.table', [id, note], 2)
  await run(`drop table ${table}`)
  await expect(open('postgres.table', [id]).restore(first, 'again', request)).rejects.toMatchObject({
    code: 'DATA_MISSING',
    message: `Version 1 of 'shop.orders': table ${table} does not exist on server 'postgres' any more.`,
  })
  expect(await rows()).toEqual([['2', '2']])
})
