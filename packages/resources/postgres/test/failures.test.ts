import { tmpdir } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { reservedWords, type Column, type Engine, type EngineSession, type Query } from '@levada/core/spi'
import { statementError } from '../src/errors.ts'
import { postgres, postgresServer } from '../src/index.ts'

const server = inject('postgres')
const engines: Engine[] = []
async function engineWith(settings: object): Promise<Engine> {
  const context = { name: 'postgres', root: tmpdir(), env: 'test' }
  const engine = await postgres().engines['postgres']!.create({ ...server, ...settings } as never, context)
  engines.push(engine)
  return engine
}
afterAll(() => Promise.all(engines.map((engine) => engine.close())))

const n: Column = { name: 'n', type: { kind: 'int' }, nullable: true }
const query = (text: string, params: Query['params'] = {}): Query => ({
  kind: 'query',
  name: 'node',
  sql: { text, file: 'node.sql', line: 1, column: 1 },
  inputs: {},
  params,
})
async function all(
  session: EngineSession,
  asked: Query,
  columns: readonly Column[] = [n],
): Promise<unknown[]> {
  const rows: unknown[] = []
  for await (const part of (await session.read(asked, columns)).rows()) rows.push(...part)
  return rows
}

describe('a server that cannot be used', () => {
  test.each<[string, object, RegExp, boolean]>([
    ['that is down', { port: 1 }, /no server answers at 127\.0\.0\.1:1\./, true],
    ['with another password', { password: 'canary-password' }, /refuses the login/, false],
    ['without the database', { database: 'nowhere' }, /database "nowhere" does not exist/, false],
    ['whose host is unknown', { host: 'host.invalid' }, /host\.invalid/, false],
  ])('%s is RESOURCE_FAILED', async (_, settings, message, retryable) => {
    const engine = await engineWith(settings)
    const error: unknown = await engine.open().catch((found: unknown) => found)
    expect(error).toMatchObject({
      code: 'RESOURCE_FAILED',
      message: expect.stringMatching(message) as string,
    })
    if (!('host' in settings)) expect(error).toMatchObject({ retryable })
    expect(String((error as Error).stack) + JSON.stringify(error)).not.toContain('canary-password')
  })
})

test('a connection that is cut is CONNECTION_LOST, worth a retry, and the next one works', async () => {
  const engine = await engineWith({})
  await using session = await engine.open()
  const slow = all(session, query('select 1 as n from generate_series(1, 1000000000) as cut_off'))
  slow.catch(() => undefined)
  const { run } = postgresServer(await engineWith({}))
  const cut = `select pg_terminate_backend(pid) from pg_stat_activity where query like 'copy%cut_off%' and state = 'active' and pid <> pg_backend_pid()`
  while ((await run(cut)).length === 0) await setTimeout(5)
  await expect(slow).rejects.toMatchObject({ code: 'CONNECTION_LOST', retryable: true })
  await using again = await engine.open()
  expect(await all(again, query('select 1 as n'))).toEqual([{ n: 1 }])
})

test('a connection that is cut while rows go to it is CONNECTION_LOST, worth a retry', async () => {
  const engine = await engineWith({})
  const { run, system } = postgresServer(await engineWith({}))
  await run('create table public.cut_in (n bigint)')
  const target = { kind: 'table', system, name: 'public.cut_in', partitionBy: [] } as const
  await using session = await engine.open()
  const writer = await session.writer([n], target)
  const rows = Array.from({ length: 5000 }, (_, i) => ({ n: i }))
  const writing = (async () => {
    for (;;) {
      await writer.write(rows)
      await setTimeout(1)
    }
  })()
  writing.catch(() => undefined)
  const cut = `select pg_terminate_backend(pid) from pg_stat_activity where query like 'copy public.cut_in%' and state = 'active'`
  while ((await run(cut)).length === 0) await setTimeout(5)
  await expect(writing).rejects.toMatchObject({ code: 'CONNECTION_LOST', retryable: true })
  await writer.abort()
  expect(await run('select count(*) from public.cut_in')).toEqual([['0']])
})

test('rows that are given up when, or while, they are ended leave their connection to others', async () => {
  const engine = await engineWith({})
  const { run, system } = postgresServer(await engineWith({}))
  await run('create table public.given_up (n bigint)')
  const target = { kind: 'table', system, name: 'public.given_up', partitionBy: [] } as const
  await using session = await engine.open()
  const ended = await session.writer([n], target)
  await ended.write([{ n: 1 }])
  expect(await ended.finish()).toMatchObject({ rows: 1 })
  await ended.abort()
  const ending = await session.writer([n], target)
  await ending.write([{ n: 2 }])
  const result = ending.finish().catch((error: unknown) => error)
  await ending.abort()
  await result
  await setTimeout(50)
  expect(await all(session, query('select 1 as n'))).toEqual([{ n: 1 }])
})

test('a write over its time is STATEMENT_TIMEOUT, and leaves nothing', async () => {
  const engine = await engineWith({ statement_timeout_ms: 1000 })
  const { run, system } = postgresServer(await engineWith({}))
  await run('create table public.late (n bigint)')
  const target = { kind: 'table', system, name: 'public.late', partitionBy: [] } as const
  await using session = await engine.open()
  await expect(
    session.write(query('select g as n from generate_series(1, 1000000000) as g'), [n], target),
  ).rejects.toMatchObject({ code: 'STATEMENT_TIMEOUT' })
  expect(await run('select count(*) from public.late')).toEqual([['0']])
})

test.each([
  [
    '53100',
    'Could not extend file "base/5/16599": No space left on device.',
    /^Free space on the disk of the server/,
    false,
  ],
  ['53200', 'Out of memory.', /^Let the server have more memory/, true],
  ['53400', 'Temporary file size exceeds temp_file_limit (1kB).', /^Raise that limit/, false],
  ['58030', 'Could not read block 7 in file "base/5/16599".', /^Look after the disk of the server/, false],
])(
  'what a server has too little of, or cannot do, is STORAGE: %s',
  async (code, message, hint, retryable) => {
    const { run } = postgresServer(await engineWith({}))
    const text = message[0]!.toLowerCase() + message.slice(1, -1)
    await run(
      `create function public.short_of_${code}() returns bigint language plpgsql stable as $$ begin raise exception '${text}' using errcode = '${code}'; end $$`,
    )
    const engine = await engineWith({})
    await using session = await engine.open()
    await expect(all(session, query(`select public.short_of_${code}() as n`))).rejects.toMatchObject({
      code: 'STORAGE',
      message: `node: ${message}`,
      hint: expect.stringMatching(hint) as string,
      retryable,
    })
  },
)

test('a statement over its time is STATEMENT_TIMEOUT', async () => {
  const engine = await engineWith({ statement_timeout_ms: 1000 })
  await using session = await engine.open()
  await expect(
    all(session, query('select count(*) as n from generate_series(1, 1000000000)')),
  ).rejects.toMatchObject({ code: 'STATEMENT_TIMEOUT' })
  expect(await all(session, query('select 1 as n'))).toEqual([{ n: 1 }])
})

test('a statement that another session cancels is SQL_FAILED, worth a retry', async () => {
  const engine = await engineWith({ statement_timeout_ms: 60_000 })
  await using session = await engine.open()
  const slow = all(session, query('select 1 as n from generate_series(1, 1000000000) as cancelled_by_other'))
  slow.catch(() => undefined)
  const { run } = postgresServer(await engineWith({}))
  const cancel = `select pg_cancel_backend(pid) from pg_stat_activity where query like 'copy%cancelled_by_other%' and state = 'active' and pid <> pg_backend_pid()`
  while ((await run(cancel)).length === 0) await setTimeout(5)
  await expect(slow).rejects.toMatchObject({
    code: 'SQL_FAILED',
    message: expect.stringContaining('node: another session cancelled the statement: ') as string,
    retryable: true,
  })
})

test('what ended a statement is known whatever the server says', async () => {
  const said = (isOverTime: boolean): Error =>
    Object.assign(new Error('storniere Anfrage wegen Zeitüberschreitung'), { code: '57014', isOverTime })
  expect(statementError(said(true), { name: 'node' }).code).toBe('STATEMENT_TIMEOUT')
  expect(statementError(said(false), { name: 'node' }).code).toBe('SQL_FAILED')
  // A limit that the role has on the server counts too.
  const { run } = postgresServer(await engineWith({}))
  await run(`create role hasty login password 'hasty'`)
  await run('alter role hasty set statement_timeout = 100')
  await using session = await (await engineWith({ user: 'hasty', password: 'hasty' })).open()
  await expect(
    all(session, query('select count(*) as n from generate_series(1, 1000000000)')),
  ).rejects.toMatchObject({ code: 'STATEMENT_TIMEOUT' })
})

describe('values that would change are refused, with their column', () => {
  const decimal: Column = { name: 'n', type: { kind: 'decimal', precision: 6, scale: 2 }, nullable: true }
  test.each<[string, string, Column]>([
    ['a fraction in an int column', 'select avg(x) as n from (values (1), (2)) as v(x)', n],
    ['a large number in an int column', 'select 1e30::numeric as n', n],
    ['more digits than a decimal column has', 'select 1.234::numeric as n', decimal],
    ['a number beyond a decimal column', 'select 123456::numeric as n', decimal],
  ])('%s', async (_, text, column) => {
    await using session = await (await engineWith({})).open()
    await expect(all(session, query(text), [column])).rejects.toMatchObject({
      code: 'VALUE_RANGE',
      details: { column: 'n' },
    })
  })

  test('a sum of integers is an int', async () => {
    await using session = await (await engineWith({})).open()
    expect(await all(session, query('select sum(x) as n from generate_series(1::bigint, 4) as x'))).toEqual([
      { n: 10 },
    ])
  })
})

describe('SQL that reaches outside of its inputs is refused', () => {
  test.each([
    ['select * from pg_catalog.pg_authid', 'SQL_TABLE_UNDECLARED'],
    ['select * from information_schema.tables', 'SQL_TABLE_UNDECLARED'],
    [`select pg_read_file('/etc/passwd') as n`, 'SQL_TABLE_UNDECLARED'],
    [`select * from pg_ls_dir('.')`, 'SQL_TABLE_UNDECLARED'],
    [`select query_to_xml('select * from pg_authid', true, true, '') as n`, 'SQL_TABLE_UNDECLARED'],
    [`with x as (delete from t returning *) select * from x`, 'SQL_NOT_SELECT'],
    ['select 1 as n into other', 'SQL_NOT_SELECT'],
    [`select 1 as n from generate_series(1, 2) for update`, 'SQL_NOT_SELECT'],
    ['select 1) as x; drop table y; select (1', 'SQL_SYNTAX'],
    ['table t', 'SQL_TABLE_UNDECLARED'],
    ['copy t to stdout', 'SQL_NOT_SELECT'],
  ])('%s', async (text, code) => {
    await using session = await (await engineWith({})).open()
    await expect(session.bind(query(text))).rejects.toMatchObject({ code })
  })

  test('no word that PostgreSQL reserves is taken for a name', async () => {
    const { run } = postgresServer(await engineWith({}))
    const words = await run("select word from pg_get_keywords() where catcode = 'R'")
    expect(words.length).toBeGreaterThan(50)
    expect(words.map(([word]) => String(word)).filter((word) => !reservedWords.has(word))).toEqual([])
  })

  test('what is VOLATILE is refused, however it is called', async () => {
    const engine = await engineWith({})
    const { run } = postgresServer(engine)
    await run('create schema volatile')
    await run('create table volatile.rows (n bigint)')
    await run('insert into volatile.rows values (1)')
    const wipe = `returns int language plpgsql as 'begin delete from volatile.rows; return 1; end'`
    await run(`create function public.wipe() ${wipe}`)
    await run(`create function public."Wipe"(n int default 1) ${wipe}`)
    await run(`create function public.wipe_row(r record) ${wipe}`)
    await run(`create function public.wipe_two(a int, b int) ${wipe}`)
    await run('create operator public.## (leftarg = int, rightarg = int, function = public.wipe_two)')
    await run('create aggregate public.wipe_all (int) (sfunc = public.wipe_two, stype = int, initcond = 0)')
    await run(`create function public.twice(n int) returns int immutable language sql return n * 2`)
    await using session = await engine.open()
    for (const [text, name, column] of [
      ['select public.wipe() as n', 'wipe', 8],
      ['select 1 as n where wipe() = 1', 'wipe', 21],
      ['select public."Wipe"() as n', 'Wipe', 8],
      ['select r.wipe_row as n from (select 1) as r', 'wipe_row', 8],
      ['select (r).wipe_row as n from (select 1) as r', 'wipe_row', undefined],
      ['select 1 ## 2 as n', '##', 10],
      ['select 1 operator(public.##) 2 as n', '##', 10],
      ['select wipe_all(x) as n from (values (1)) as v(x)', 'wipe_all', 8],
      [`select ts_rewrite('a'::tsquery, 'select 1') as n`, 'ts_rewrite', 8],
      ['select pg_stat_reset() as n', 'pg_stat_reset', 8],
      ['select pg_promote() as n', 'pg_promote', 8],
      [`select pg_create_restore_point('x') as n`, 'pg_create_restore_point', 8],
      ['select setseed(0.5) as n', 'setseed', 8],
    ] as const)
      await expect(session.bind(query(text)), text).rejects.toMatchObject({
        code: 'SQL_TABLE_UNDECLARED',
        message: expect.stringContaining(`'${name}' is VOLATILE`) as string,
        ...(column !== undefined && { place: { line: 1, column } }),
      })
    expect(await run('select count(*) from volatile.rows')).toEqual([['1']])
    for (const text of [
      'select twice(1) as n',
      'select random()::int as n, gen_random_uuid() as u, clock_timestamp() as c',
      'select percentile_cont(0.5) within group (order by x) as n, count(*) as c from (values (1)) as v(x)',
      `select ts_rewrite('a & b'::tsquery, 'a'::tsquery, 'c'::tsquery) as n, v.random from (values (1)) as v(random)`,
      'select coalesce(sum(x), 0) as n, now() as t, greatest(1, 2) as g from (values (1)) as v(x)',
    ])
      expect((await session.bind(query(text)))[0]!.name).toBe('n')
  })

  test('a parameter stays a value, whatever is in it', async () => {
    await using session = await (await engineWith({})).open()
    const name: Column = { name: 'name', type: { kind: 'string' }, nullable: true }
    const hostile = `'; drop table x; -- $1 \\ "`
    const asked = query('select $p as name', { p: { type: { kind: 'string' }, value: hostile } })
    expect(await all(session, asked, [name])).toEqual([{ name: hostile }])
  })
})
