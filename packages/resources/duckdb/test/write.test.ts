import type { Column, ColumnType, Field, FileFormat, Relation } from '@levada/core/spi'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  batches,
  column,
  failure,
  locationOf,
  openBench,
  query,
  rowsOf,
  type Bench,
  type Row,
} from './harness.ts'

const a = column('a', 'int')
const p = column('p', 'string')

describe('write', () => {
  test.for(['parquet', 'csv', 'json', 'ndjson'] as const)('%s: one file, counted', async (format) => {
    await using bench = await openBench()
    const target = bench.target(format)
    const written = await bench.session.write(
      query(`select range as a, 'x' as p from range(5000)`),
      [p, a],
      target,
    )
    const [file] = written.files
    expect(file).toEqual({
      path: `data_0.${format}`,
      rows: 5000,
      sizeBytes: statSync(join(target.directory, file!.path)).size,
      partition: {},
    })
    expect(written).toMatchObject({
      rows: 5000,
      sizeBytes: file!.sizeBytes,
      partitions: [{ key: {}, rows: 5000, sizeBytes: file!.sizeBytes }],
    })
  })

  test.for(['parquet', 'csv'] as const)('%s: partitions with any characters', async (format: FileFormat) => {
    await using bench = await openBench()
    const values = [`a/b=c %é'"`, '', '..', '日 本', 'x%2Fy', '+', 'a\\b', '#?&', '[*]']
    const relation = batches([a, column('p q', 'string')], {
      length: 18,
      columns: [values.flatMap((_, i) => [i, i + 100]), values.flatMap((v) => [v, v])],
    })
    const target = bench.target(format, ['p q'])
    const written = await bench.session.write(
      query('from t', { t: relation }),
      [a, column('p q', 'string')],
      target,
    )
    expect(new Set(written.partitions.map(({ key }) => key['p q']))).toEqual(new Set(values))
    expect(written.rows).toBe(18)
    for (const { rows, partition, path } of written.files) {
      expect(rows).toBe(2)
      const location = {
        ...locationOf(target, { ...written, files: written.files.filter((file) => file.path === path) }),
      }
      const found = await rowsOf(
        await bench.session.read({ kind: 'scan', location, columns: [a, column('p q', 'string')] }, [
          a,
          column('p q', 'string'),
        ]),
      )
      expect(found.map((row) => row['p q'])).toEqual([partition['p q'], partition['p q']])
    }
  })

  test('several dimensions, days first', async () => {
    await using bench = await openBench()
    const text = `select d::date as d, s, n from (values ('2001-03-04', 'x', 1), ('2001-03-04', 'y', 2), ('2001-03-05', 'x', 3)) t(d, s, n)`
    const columns = [column('d', 'date', false), column('s', 'string', false), column('n', 'int')]
    const target = bench.target('parquet', ['d', 's'])
    const written = await bench.session.write(query(text), columns, target)
    expect(
      written.partitions
        .map(({ key }) => key)
        .toSorted((x, y) => (JSON.stringify(x) < JSON.stringify(y) ? -1 : 1)),
    ).toEqual([
      { d: '2001-03-04', s: 'x' },
      { d: '2001-03-04', s: 'y' },
      { d: '2001-03-05', s: 'x' },
    ])
    expect(readdirSync(target.directory).toSorted()).toEqual(['d=2001-03-04', 'd=2001-03-05'])
  })

  test('NULL in a partition column is an error that names it', async () => {
    await using bench = await openBench()
    const error = await failure(
      bench.session.write(
        query(`select 1 as a, nullif('x', 'x') as p`),
        [a, p],
        bench.target('parquet', ['p']),
      ),
    )
    expect([error.code, error.message]).toEqual(['ROW_INVALID', 'column p: NULL stands in no partition.'])
  })

  test.for(['parquet', 'csv', 'json', 'ndjson'] as const)(
    '%s: no rows still leave a file with the columns',
    async (format) => {
      await using bench = await openBench()
      const target = bench.target(format)
      const written = await bench.session.write(
        query('select 1 as a, 2::varchar as p where false'),
        [a, p],
        target,
      )
      expect(written).toMatchObject({
        rows: 0,
        files: [{ path: `data_0.${format}`, rows: 0, partition: {} }],
        partitions: [{ key: {}, rows: 0 }],
      })
      const scan = { kind: 'scan' as const, location: locationOf(target, written), columns: [a, p] }
      expect(await rowsOf(await bench.session.read(scan, [a, p]))).toEqual([])
    },
  )

  test('no rows of a partitioned target are no files', async () => {
    await using bench = await openBench()
    const written = await bench.session.write(
      query(`select 1 as a, 'x' as p where false`),
      [a, p],
      bench.target('parquet', ['p']),
    )
    expect(written).toEqual({ rows: 0, sizeBytes: 0, files: [], partitions: [], nulls: { a: 0, p: 0 } })
  })

  test('NULLs of whole columns are counted over all files of Parquet, whatever a column is called', async () => {
    await using bench = await openBench()
    const odd = column('we "ird.a', 'string')
    const inner = column('a', 'int')
    const nested: Column = { name: 's', type: { kind: 'struct', fields: [inner] }, nullable: true }
    const text = query(
      `select range as a, if(range % 10 = 0, null, 'x') as "we ""ird.a", {a: null::bigint} as s, (range % 3)::varchar as p
       from range(300000)`,
    )
    const columns = [a, odd, nested, p]
    const { nulls } = await bench.session.write(text, columns, bench.target('parquet', ['p']))
    expect(nulls).toEqual({ a: 0, 'we "ird.a': 30_000, p: 0 })
    expect(await bench.session.write(text, columns, bench.target('csv'))).not.toHaveProperty('nulls')
  })

  const casts: readonly (readonly [string, Column, string])[] = [
    [
      'select sum(x)::hugeint as a from (values (9223372036854775807), (1)) t(x)',
      a,
      "'9223372036854775808' is not an int",
    ],
    ["select 'c' as p", column('p', { kind: 'enum', values: ['a', 'b'] }), "'c' is not an enum('a', 'b')"],
    ['select 1000::decimal(9, 2) as a', column('a', { kind: 'decimal', precision: 4, scale: 2 }), 'column a'],
    ["select 'x' as p", column('p', 'uuid'), 'column p'],
    ["select '{' as p", column('p', 'json'), 'column p'],
  ]
  test.for(casts)('%s does not fit', async ([text, only, words]) => {
    await using bench = await openBench()
    const error = await failure(
      bench.session.write(query(`from (${text}) union all (${text})`), [only], bench.target()),
    )
    expect([error.code, error.message]).toEqual(['VALUE_RANGE', expect.stringContaining(words)])
    expect(error.details['column']).toBe(only.name)
  })

  test('a failing cast of the author names the place, also in a query below', async () => {
    await using bench = await openBench()
    const t = batches([p], { length: 2, columns: [['1', 'x']] })
    const below = {
      ...query('', { t }),
      sql: {
        text: '-- é\nselect p,\n  cast(p as integer) as a from t',
        file: 'below.sql',
        line: 1,
        column: 1,
      },
    }
    const top = query('select a, p from below where a > 0', { below })
    const error = await failure(bench.session.write(top, [a, p], bench.target()))
    expect([error.code, error.place?.file, error.place?.line, error.place?.column]).toEqual([
      'SQL_FAILED',
      'below.sql',
      3,
      3,
    ])
    expect(error.message).toContain("'x'")
  })

  test("an author's own error() is SQL_FAILED with its text", async () => {
    await using bench = await openBench()
    const error = await failure(
      bench.session.write(query(`select error('no ' || range) as a from range(2)`), [a], bench.target()),
    )
    expect([error.code, error.message]).toEqual(['SQL_FAILED', expect.stringMatching(/^node: no [01]\.$/)])
  })

  test('options: codec of parquet; delimiter, header and NULL of csv', async () => {
    await using bench = await openBench()
    const text = `select range as a, repeat('x', 1000) as p from range(3000)`
    const size = async (compression: 'none' | 'gzip' | 'snappy'): Promise<number> =>
      (await bench.session.write(query(text), [a, p], { ...bench.target(), options: { compression } }))
        .sizeBytes
    expect(await size('none')).toBeGreaterThan(await size('gzip'))
    const target = { ...bench.target('csv'), options: { delimiter: ';', header: false, nullText: '-' } }
    await bench.session.write(query(`select 1 as a, null::varchar as p`), [a, p], target)
    expect(readFileSync(join(target.directory, 'data_0.csv'), 'utf8')).toBe('1;-\n')
  })
})

describe('text of values in files', () => {
  const item = (type: ColumnType): Field => ({ type, nullable: true })
  const struct = (...fields: readonly Column[]): ColumnType => ({ kind: 'struct', fields })
  const listOf = (type: ColumnType): ColumnType => ({ kind: 'list', item: item(type) })
  const float = { kind: 'float' } as const
  const columns: readonly Column[] = [
    column('f', 'float'),
    column('fs', listOf(float)),
    column('s', struct(column('x "y', 'float'), column('l', listOf(struct(column("it's", 'float')))))),
    column('t', 'timestamp'),
    column('i', 'instant'),
    column('m', 'time'),
    column(
      'ts',
      listOf(struct(column('t', 'timestamp'), column('i', 'instant'), column('m', listOf({ kind: 'time' })))),
    ),
    column('ll', listOf(listOf({ kind: 'instant' }))),
    column('n', struct(column('t', 'timestamp'))),
  ]
  const t = '2001-03-04T00:00:00'
  const m = '2001-03-04T12:30:00.000001'
  const rows = [
    {
      f: NaN,
      fs: [NaN, Infinity, null, -Infinity, 1.5, -0],
      s: { 'x "y': -Infinity, l: [{ "it's": NaN }, null, { "it's": null }, { "it's": 5e-324 }] },
      t,
      i: `${t}Z`,
      m: '12:30:00',
      ts: [{ t, i: `${m}Z`, m: ['12:30:00.000001', null] }, null, { t: null, i: null, m: null }],
      ll: [[`${t}Z`, null], null, []],
      n: { t: m },
    },
    ...[Infinity, -Infinity, 0.1, null].map((f) => ({
      f,
      fs: null,
      s: null,
      t: null,
      i: null,
      m: null,
      ts: null,
      ll: null,
      n: { t: null },
    })),
  ]
  const day = '2001-03-04T00:00:00.000000'
  const nested = {
    fs: ['NaN', 'Infinity', null, '-Infinity', 1.5, -0],
    s: { 'x "y': '-Infinity', l: [{ "it's": 'NaN' }, null, { "it's": null }, { "it's": 5e-324 }] },
    ts: [{ t: day, i: `${m}Z`, m: ['12:30:00.000001', null] }, null, { t: null, i: null, m: null }],
    ll: [[`${day}Z`, null], null, []],
    n: { t: m },
  }

  async function write(bench: Bench, format: FileFormat): Promise<{ text: string; relation: Relation }> {
    const target = bench.target(format)
    const source = batches(columns, {
      length: rows.length,
      columns: columns.map(({ name }) => rows.map((row) => (row as Row)[name])),
    })
    const written = await bench.session.write(query('from t', { t: source }), columns, target)
    return {
      text: readFileSync(join(target.directory, written.files[0]!.path), 'utf8'),
      relation: { kind: 'scan', location: locationOf(target, written), columns },
    }
  }

  test.for(['json', 'ndjson'] as const)(
    '%s: valid JSON, with floats and moments at any depth',
    async (format) => {
      await using bench = await openBench()
      const { text, relation } = await write(bench, format)
      const found = (
        format === 'json'
          ? JSON.parse(text)
          : text
              .trim()
              .split('\n')
              .map((line) => JSON.parse(line) as unknown)
      ) as readonly Row[]
      expect(found[0]).toEqual({ f: 'NaN', t: day, i: `${day}Z`, m: '12:30:00', ...nested })
      expect(found.map((row) => row['f'])).toEqual(['NaN', 'Infinity', '-Infinity', 0.1, null])
      expect(found[4]).toMatchObject({ s: null, ts: null, ll: null, n: { t: null } })
      expect(await rowsOf(await bench.session.read(relation, columns))).toEqual(rows)
    },
  )

  test.for(['csv', 'json'] as const)('%s: a value that does not fit names its column', async (format) => {
    await using bench = await openBench()
    const only = column('a', listOf({ kind: 'int' }))
    const text = 'select [sum(x)::hugeint] as a from (values (9223372036854775807), (1)) t(x)'
    const error = await failure(bench.session.write(query(text), [only], bench.target(format)))
    expect([error.code, error.details['column']]).toEqual(['VALUE_RANGE', 'a'])
  })

  test('csv: nested values are valid JSON with the same texts', async () => {
    await using bench = await openBench()
    const { text, relation } = await write(bench, 'csv')
    const [header, first] = text.split('\n')
    expect(header).toBe('f,fs,s,t,i,m,ts,ll,n')
    const cells = [...first!.matchAll(/"((?:[^"]|"")*)"|[^,]+/g)].map(([all, quoted]) =>
      quoted === undefined ? all : quoted.replaceAll('""', '"'),
    )
    expect([cells[3], cells[4]]).toEqual([day, `${day}Z`])
    const parsed = [1, 2, 6, 7, 8].map((i) => JSON.parse(cells[i]!) as unknown)
    expect(parsed).toEqual([nested.fs, nested.s, nested.ts, nested.ll, nested.n])
    expect(await rowsOf(await bench.session.read(relation, columns))).toEqual(rows)
  })
})

describe('writer', () => {
  const invalid: readonly (readonly [string, Column, unknown, string])[] = [
    ['int', a, 1.5, '1.5 is not an int | null'],
    ['int beyond 2^53', a, 2 ** 53, 'is not an int'],
    ['int as bigint', a, 1n, '1n is not an int'],
    ['bigint', column('a', 'bigint'), 2n ** 63n, 'is not a bigint'],
    ['string', column('a', 'string'), 5, '5 is not a string'],
    ['half a surrogate pair', column('a', 'string'), 'x\ud800', 'not valid Unicode'],
    ['half a pair, long', column('a', 'string'), `\udc00${'x'.repeat(20)}`, 'not valid Unicode'],
    ['date', column('a', 'date'), '2001-02-30', '"2001-02-30" is not a date'],
    ['Date', column('a', 'date'), new Date(0), 'is not a date'],
    ['timestamp with Z', column('a', 'timestamp'), '2001-02-03T00:00:00Z', 'is not a timestamp'],
    ['instant without', column('a', 'instant'), '2001-02-03T00:00:00', 'is not an instant'],
    ['enum', column('a', { kind: 'enum', values: ['x'] }), 'y', '"y" is not an enum'],
    ['decimal', column('a', { kind: 'decimal', precision: 4, scale: 2 }), '1.234', 'is not a decimal(4, 2)'],
    ['uuid', column('a', 'uuid'), 'x', 'is not a uuid'],
    ['NULL', column('a', 'int', false), null, 'null is not an int'],
    ['undefined', a, undefined, 'nothing is not an int'],
    ['list', column('a', { kind: 'list', item: a }), [1, 'x'], 'is not a list'],
    ['json', column('a', 'json'), { x: NaN }, 'is not json'],
  ]
  test.for(invalid)('%s: a wrong value is refused by name', async ([, only, value, words]) => {
    await using bench = await openBench()
    const writer = await bench.session.writer([only], bench.target())
    const error = await failure(writer.write([{ a: value }]))
    expect([error.code, error.message]).toEqual(['ROW_INVALID', expect.stringContaining(words)])
    expect(error.message).toContain('column a')
    await writer.abort()
  })

  test('excess and missing columns are errors', async () => {
    await using bench = await openBench()
    const writer = await bench.session.writer([a, p], bench.target())
    expect((await failure(writer.write([{ a: 1, p: 'x', q: 1 }]))).message).toContain(
      "column 'q', which is not declared",
    )
    expect((await failure(writer.write([{ a: 1 }]))).message).toContain('column p')
    await writer.abort()
  })

  test('parts: more rows than one file holds, and none', async () => {
    await using bench = await openBench()
    const target = bench.target()
    const writer = await bench.session.writer([a, p], target)
    const rows = Array.from({ length: 100_000 }, (_, i) => ({ a: i, p: `${i % 7}` }))
    for (let i = 0; i < 6; i++) await writer.write(rows)
    const written = await writer.finish()
    expect(written.rows).toBe(600_000)
    expect(written.files.map(({ path }) => path)).toEqual(['data_0.parquet', 'data_1.parquet'])
    const scan = { kind: 'scan' as const, location: locationOf(target, written), columns: [a, p] }
    const sum = query('select sum(a)::bigint as s, count(distinct p) as n from t', { t: scan })
    expect(await rowsOf(await bench.session.read(sum, [column('s', 'int'), column('n', 'int')]))).toEqual([
      { s: 6 * 4_999_950_000, n: 7 },
    ])
    const empty = await (await bench.session.writer([a, p], bench.target())).finish()
    expect(empty).toMatchObject({ rows: 0, files: [{ rows: 0 }] })
  })

  test('partitioned, beside a cursor of the same session', async () => {
    await using bench = await openBench()
    const source = query(`select range as a, (range % 3)::varchar as p from range(10000)`)
    const target = bench.target('parquet', ['p'])
    const writer = await bench.session.writer([a, p], target)
    for await (const rows of (await bench.session.read(source, [a, p])).rows()) await writer.write(rows)
    const written = await writer.finish()
    expect(new Map(written.partitions.map(({ key, rows }) => [key['p'], rows]))).toEqual(
      new Map([
        ['0', 3334],
        ['1', 3333],
        ['2', 3333],
      ]),
    )
  })

  test('abort leaves nothing running and may come twice', async () => {
    await using bench = await openBench()
    const writer = await bench.session.writer([a], bench.target())
    await writer.write([{ a: 1 }])
    await writer.abort()
    await writer.abort()
    expect(existsSync(bench.dir)).toBe(true)
  })
})
