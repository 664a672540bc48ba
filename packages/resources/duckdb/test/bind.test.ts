import { describe, expect, test } from 'vitest'
import { batches, column, failure, openBench, query, rowsOf } from './harness.ts'
import { DuckDBInstance } from '@duckdb/node-api'
import { reservedWords, type Relation } from '@levada/core/spi'

const raw: Relation = {
  kind: 'empty',
  columns: [
    column('origin', 'string'),
    column('price', { kind: 'decimal', precision: 9, scale: 2 }),
    column('n', 'int'),
  ],
}

describe('bind', () => {
  test('gives the columns with their types', async () => {
    await using bench = await openBench()
    const columns = await bench.session.bind(
      query(
        `select origin, price, sum(n) as total, 1.5::double as f, null as nothing, [n] as list, {'a': 1} as s, '{}'::json as j from raw group by all`,
        { raw },
      ),
    )
    expect(columns).toEqual([
      { name: 'origin', type: { kind: 'string' } },
      { name: 'price', type: { kind: 'decimal', precision: 9, scale: 2 } },
      { name: 'total', type: { kind: 'integer', bits: 128, signed: true } },
      { name: 'f', type: { kind: 'float', bits: 64 } },
      { name: 'nothing', type: { kind: 'integer', bits: 32, signed: true } },
      { name: 'list', type: { kind: 'list', item: { kind: 'integer', bits: 64, signed: true } } },
      {
        name: 's',
        type: { kind: 'struct', fields: [{ name: 'a', type: { kind: 'integer', bits: 32, signed: true } }] },
      },
      { name: 'j', type: { kind: 'json' } },
    ])
  })

  const faults: readonly (readonly [string, string, number, number, string])[] = [
    ['select orgin from raw', 'SQL_BIND', 1, 8, "'origin'"],
    ['-- é😀\nselect n,\n  prise from raw -- the end', 'SQL_BIND', 3, 3, "'price'"],
    ["select 'é😀' as x, orgin from raw;", 'SQL_BIND', 1, 20, "'origin'"],
    ["select 'é😀' as x, from where", 'SQL_SYNTAX', 1, 25, 'where'],
    ['select $lmit as a, orgin from raw', 'SQL_PARAM_UNDECLARED', 1, 8, "'limit'"],
    ['select $limit as a, orgin from raw', 'SQL_BIND', 1, 21, "'origin'"],
    ['select $limit as a, r.orgin from raw r', 'SQL_BIND', 1, 21, "'origin'"],
    ['select ? as a from raw', 'SQL_PARAM_UNDECLARED', 0, 0, '$name'],
    ['select n from raw a, raw b', 'SQL_BIND', 1, 8, 'Ambiguous'],
    ['select nofunction(n) from raw', 'SQL_BIND', 1, 8, 'nofunction'],
    ['select 1 from rwa', 'SQL_TABLE_UNDECLARED', 1, 15, "'raw'"],
    ['select 1 from main.raw', 'SQL_TABLE_UNDECLARED', 1, 15, 'main.raw'],
    ['select 1 from information_schema.tables', 'SQL_TABLE_UNDECLARED', 1, 15, 'information_schema'],
    ["select 1 from '/etc/passwd'", 'SQL_TABLE_UNDECLARED', 1, 15, '/etc/passwd'],
    ["select (select 1 from read_text('/etc/passwd'))", 'SQL_TABLE_UNDECLARED', 1, 23, 'read_text'],
    [
      "with a as (select 1) select * from a, (with b as (from read_csv('x.csv')) from b)",
      'SQL_TABLE_UNDECLARED',
      1,
      56,
      'read_csv',
    ],
    ["select * from query('select 1')", 'SQL_TABLE_UNDECLARED', 1, 15, 'query'],
    ['with rax as (select * from rax) select * from rax', 'SQL_TABLE_UNDECLARED', 1, 28, "'raw'"],
    ['select * from b; with b as (select 1) select 1', 'SQL_NOT_SELECT', 1, 18, '2 statements'],
    ["select ';' /* ; */ from raw; -- so\n drop table raw", 'SQL_NOT_SELECT', 2, 2, 'not a SELECT'],
    ['drop table raw; select 1', 'SQL_NOT_SELECT', 1, 1, 'not a SELECT'],
    ["select '?', n\n from raw where n = $1", 'SQL_PARAM_UNDECLARED', 2, 21, "'$1'"],
    ['select n from raw\n where n < $limit and n > ?', 'SQL_PARAM_UNDECLARED', 2, 27, "'?'"],
    ['select n from raw /* where n > 1', 'SQL_SYNTAX', 1, 19, 'unterminated'],
    ["-- why\ncopy raw to 'x'", 'SQL_NOT_SELECT', 2, 1, 'not a SELECT'],
    ['insert into raw values (1)', 'SQL_NOT_SELECT', 1, 1, 'not a SELECT'],
    ['describe raw', 'SQL_NOT_SELECT', 1, 1, 'DESCRIBE'],
    ['  -- nothing', 'SQL_NOT_SELECT', 1, 13, 'no SELECT'],
    ['-- n\nselect n, n from raw', 'SQL_RESULT', 2, 1, "'n'"],
    ['select n, 1 as "N" from raw', 'SQL_RESULT', 1, 1, "'N'"],
  ]
  test.for(faults)('%s is %s', async ([text, code, line, at, words]) => {
    await using bench = await openBench()
    const error = await failure(
      bench.session.bind(query(text, { raw }, { limit: { type: { kind: 'int' }, value: undefined } })),
    )
    expect(error.code, error.message).toBe(code)
    expect(error.message).toContain(words)
    if (line > 0)
      expect([error.place?.file, error.place?.line, error.place?.column]).toEqual(['node.sql', line, at])
  })

  test('no word that DuckDB reserves is taken for a name', async () => {
    const instance = await DuckDBInstance.create()
    const connection = await instance.connect()
    const found = await connection.runAndReadAll(
      "select keyword_name from duckdb_keywords() where keyword_category = 'reserved'",
    )
    const words = found.getRows().map(([word]) => String(word))
    expect(words.length).toBeGreaterThan(50)
    expect(words.filter((word) => !reservedWords.has(word))).toEqual([])
    connection.closeSync()
  })

  test('places are those of the file when the text stands in the middle of one', async () => {
    await using bench = await openBench()
    const sql = { text: 'select 1 as a,\n  b from raw', file: 'pipeline.ts', line: 10, column: 20 }
    const second = await failure(bench.session.bind({ ...query('', { raw }), sql }))
    expect([second.place?.line, second.place?.column]).toEqual([11, 3])
    const first = await failure(
      bench.session.bind({ ...query('', { raw }), sql: { ...sql, text: 'select b from raw' } }),
    )
    expect([first.place?.line, first.place?.column]).toEqual([10, 27])
    expect(first.place?.text?.split('\n')[9]?.slice(26)).toBe('b from raw')
    const context = '\n'.repeat(9) + 'const view = sql`select b from raw`\n'
    const framed = await failure(
      bench.session.bind({ ...query('', { raw }), sql: { ...sql, text: 'select b from raw', context } }),
    )
    expect(framed.place).toEqual({ file: 'pipeline.ts', line: 10, column: 27, text: context })
  })

  test('a fault in a query below another names the text where it stands', async () => {
    await using bench = await openBench()
    const below = {
      ...query('select n, orgin from raw', { raw }),
      sql: { text: 'select n, orgin from raw', file: 'below.sql', line: 1, column: 1 },
    }
    const error = await failure(bench.session.bind(query('select n from below', { below })))
    expect([error.code, error.place?.file, error.place?.column]).toEqual(['SQL_BIND', 'below.sql', 11])
  })

  test('texts run unchanged: comments and semicolons at the end, values, from-first, a CTE named like its input', async () => {
    await using bench = await openBench()
    const some = batches([column('n', 'int')], { length: 2, columns: [[1, 2]] })
    for (const text of [
      'with raw as (select n + 1 as n from raw) select n from raw order by n; -- end',
      'from (values (2), (3)) t(n)',
      'from range(2, 4) t(n)',
      'with recursive r as (select 2 as n union all select n + 1 from r where n < 3) from r order by n',
      'select unnest([2, 3]) as n;;\n/* a */',
      'select n + 1 as n from RAW order by all',
    ]) {
      expect(
        await rowsOf(await bench.session.read(query(text, { raw: some }), [column('n', 'int')])),
        text,
      ).toEqual([{ n: 2 }, { n: 3 }])
    }
  })

  test('inputs that differ in case only are refused', async () => {
    await using bench = await openBench()
    const error = await failure(bench.session.bind(query('select 1 as a from "Raw"', { raw, Raw: raw })))
    expect(error.message).toContain("'raw' and 'Raw'")
  })

  test('hostile names are names', async () => {
    await using bench = await openBench()
    const name = `a"; drop schema main; --'é$x`
    const input = batches([column(name, 'int')], { length: 1, columns: [[7]] })
    const text = `select "${name.replaceAll('"', '""')}" from "${name.replaceAll('"', '""')}"`
    expect(
      await rowsOf(await bench.session.read(query(text, { [name]: input }), [column(name, 'int')])),
    ).toEqual([{ [name]: 7 }])
    const proto = batches([column('__proto__', 'int')], { length: 1, columns: [[7]] })
    const [row] = await rowsOf(await bench.session.read(proto, proto.kind === 'batches' ? proto.columns : []))
    expect(Object.entries(row!)).toEqual([['__proto__', 7]])
  })

  test('tableNames gives what is read, without CTEs', async () => {
    await using bench = await openBench()
    const text = 'with a as (select * from x) select * from a, y, (select 1 from s.z) where $p > 1'
    expect(await bench.session.tableNames({ text, file: 'a.sql', line: 1, column: 1 })).toEqual([
      'x',
      'y',
      's.z',
    ])
  })
})

describe('params', () => {
  test('are bound, also in views below, and reach files', async () => {
    await using bench = await openBench()
    const text = 'it\'s $$ "q" \\ $name -- é\n'
    const view = {
      ...query(
        'select $name as a, $day as d, $amount as m, $many as l',
        {},
        {
          name: { type: { kind: 'string' }, value: text },
          day: { type: { kind: 'date' }, value: '2001-03-04' },
          amount: {
            type: { kind: 'decimal', precision: 38, scale: 3 },
            value: '12345678901234567890123456789012345.678',
          },
          many: {
            type: { kind: 'list', item: { type: { kind: 'bigint' }, nullable: false } },
            value: [9007199254740993n],
          },
        },
      ),
      name: 'below',
    }
    const columns = [
      column('a', 'string'),
      column('d', 'date'),
      column('m', { kind: 'decimal', precision: 38, scale: 3 }),
      column('l', { kind: 'list', item: { type: { kind: 'bigint' }, nullable: false } }),
      column('n', 'float'),
      column('e', 'boolean'),
    ]
    const top = query(
      "select *, $name as n, d >= $start and d < $end as e, '$name' as s from below",
      { below: view },
      {
        name: { type: { kind: 'float' }, value: -Infinity },
        start: { type: { kind: 'date' }, value: '-infinity' },
        end: { type: { kind: 'date' }, value: 'infinity' },
      },
    )
    expect(await rowsOf(await bench.session.read(top, columns))).toEqual([
      {
        a: text,
        d: '2001-03-04',
        m: '12345678901234567890123456789012345.678',
        l: [9007199254740993n],
        n: -Infinity,
        e: true,
      },
    ])
  })
})
