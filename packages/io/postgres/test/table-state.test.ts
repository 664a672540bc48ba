import { tmpdir } from 'node:os'
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest'
import type { Dataset, Engine } from '@levada/core/spi'
import { postgres, postgresServer } from '@levada/resource-postgres'
import { postgresTables } from '../src/index.ts'

const context = { name: 'postgres', root: tmpdir(), env: 'test' }
const engine: Engine = await postgres().engines['postgres']!.create(inject('postgres') as never, context)
afterAll(() => engine.close())
const { run, transaction } = postgresServer(engine)

let schema = ''
let count = 0
beforeEach(async () => {
  schema = `states_${++count}`
  await run(`create schema ${schema}`)
})

const open = (table: string, more: object = {}): Dataset =>
  postgresTables().datasets['postgres.table']!.create({ schema, table, ...more } as never, {
    asset: 'shop.orders',
    columns: [],
    partitionBy: [],
    root: tmpdir(),
    env: 'test',
    engine: async () => engine,
  })
const stateOf = (table: string, more?: object): Promise<string | undefined> => open(table, more).identity!()

describe('the state of a table that Levada did not write', () => {
  const changes: readonly (readonly [string, string])[] = [
    ['a row that comes', "insert into t values (4, 'd')"],
    ['a row that is removed', 'delete from t where id = 2'],
    ['a value that is corrected', "update t set note = 'x' where id = 2"],
    ['a value that is corrected to what it was', 'update t set note = note where id = 2'],
    ['a row that takes the place of another', "delete from t where id = 3; insert into t values (3, 'z')"],
    ['rows that are all written anew', "truncate t; insert into t values (1, 'a'), (2, 'b'), (3, 'c')"],
    ['a table of the same name', 'drop table t; create table t (id int, note text)'],
    ['a column with a default that no row was written for', 'alter table t add more int default 7'],
    ['two columns whose names are exchanged', 'alter table t rename note to other'],
    ['a label of an enum', "alter type mood rename value 'good' to 'fine'"],
  ]

  test.each(changes)('%s is a change, and reading is none', async (_, sql) => {
    await run(`set search_path = ${schema}`)
    await run("create type mood as enum ('good', 'bad')")
    await run(`create table t (id int, note text, mood mood default 'good')`)
    await run("insert into t values (1, 'a'), (2, 'b'), (3, 'c')")
    const before = await stateOf('t')
    expect(before).toEqual(expect.any(String))
    await run('select * from t')
    await run('vacuum freeze analyze t')
    expect(await stateOf('t')).toBe(before)
    for (const one of sql.split('; ')) await run(one)
    expect(await stateOf('t')).not.toBe(before)
  })

  test('what a transaction has not committed is no change yet', async () => {
    await run(`create table ${schema}.t as select 1 as id`)
    const before = await stateOf('t')
    await transaction(async (own) => {
      await own(`insert into ${schema}.t values (2)`)
      expect(await stateOf('t')).toBe(before)
    })
    expect(await stateOf('t')).not.toBe(before)
    const committed = await stateOf('t')
    await transaction(async (own) => {
      await own(`insert into ${schema}.t values (3)`)
      throw new Error('back')
    }).catch(() => undefined)
    expect(await stateOf('t')).toBe(committed)
  })

  test('a row of a partition, and of a partition that is new, are changes of the table', async () => {
    await run(`create table ${schema}.t (id int, day date) partition by range (day)`)
    await run(
      `create table ${schema}.t1 partition of ${schema}.t for values from ('2026-01-01') to ('2026-02-01')`,
    )
    const states = [await stateOf('t')]
    await run(`insert into ${schema}.t values (1, '2026-01-05')`)
    states.push(await stateOf('t'))
    await run(
      `create table ${schema}.t2 partition of ${schema}.t for values from ('2026-02-01') to ('2026-03-01')`,
    )
    await run(`insert into ${schema}.t values (1, '2026-02-05')`)
    states.push(await stateOf('t'))
    expect(new Set(states).size).toBe(3)
    expect(states).not.toContain(undefined)
  })

  test('a view, a table with a composite column and one that is too large tell nothing', async () => {
    await run(
      `create table ${schema}.t as select 1 as id, repeat('x', 1000) as note from generate_series(1, 3000)`,
    )
    await run(`create view ${schema}.v as select * from ${schema}.t`)
    await run(`create type ${schema}.pair as (a int, b int)`)
    await run(`create table ${schema}.pairs (both_ ${schema}.pair)`)
    await run(`create materialized view ${schema}.m as select count(*) from ${schema}.t`)
    expect(await stateOf('v')).toBeUndefined()
    expect(await stateOf('pairs')).toBeUndefined()
    expect(await stateOf('absent')).toBeUndefined()
    expect(await stateOf('t', { scan_mb: 2 })).toBeUndefined()
    expect(await stateOf('t', { scan_mb: 0 })).toBeUndefined()
    expect(await stateOf('t')).toEqual(expect.any(String))
    expect(await stateOf('m')).toEqual(expect.any(String))
  })
})
