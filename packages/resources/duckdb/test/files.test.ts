import type { Column, FileFormat, FormatOptions, Location, Relation } from '@levada/core/spi'
import { copyFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { batches, column, failure, locationOf, openBench, query, rowsOf, type Bench } from './harness.ts'

const int = [column('a', 'int'), column('b', 'string')]

function scan(
  bench: Bench,
  format: FileFormat,
  files: Readonly<Record<string, string>>,
  columns: readonly Column[],
  options: FormatOptions = {},
): Relation & { location: Location } {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(bench.dir, name), text)
  return {
    kind: 'scan',
    columns,
    location: {
      kind: 'files',
      format,
      uris: Object.keys(files).map((name) => join(bench.dir, name)),
      options,
    },
  }
}
const read = async (bench: Bench, relation: Relation & { columns?: readonly Column[] }) =>
  rowsOf(await bench.session.read(relation, relation.columns!))

describe('csv', () => {
  test('types are those declared: nothing is guessed, NA is text, an empty quoted text is no NULL', async () => {
    await using bench = await openBench()
    const relation = scan(
      bench,
      'csv',
      { 'a.csv': 'b,a,other\nNA,1,x\n"",2,y\n,3,\n"x, ""y""\n",4,z\n' },
      int,
    )
    expect(await read(bench, relation)).toEqual([
      { a: 1, b: 'NA' },
      { a: 2, b: '' },
      { a: 3, b: null },
      { a: 4, b: 'x, "y"\n' },
    ])
  })

  test('files with other orders of columns, and a header alone', async () => {
    await using bench = await openBench()
    const relation = scan(
      bench,
      'csv',
      { 'a.csv': 'a,b\n1,x\n', 'b.csv': 'b,a\r\ny,2\r\n', 'c.csv': 'a,b' },
      int,
    )
    const rows = await read(bench, relation)
    expect(rows.toSorted((x, y) => Number(x['a']) - Number(y['a']))).toEqual([
      { a: 1, b: 'x' },
      { a: 2, b: 'y' },
    ])
  })

  test('delimiter, nullText and header', async () => {
    await using bench = await openBench()
    const relation = scan(bench, 'csv', { 'a.csv': '1;-\n2;x\n' }, int, {
      delimiter: ';',
      nullText: '-',
      header: false,
    })
    expect(await read(bench, relation)).toEqual([
      { a: 1, b: null },
      { a: 2, b: 'x' },
    ])
  })

  test('a bad number names file, line, column and value', async () => {
    await using bench = await openBench()
    const relation = scan(bench, 'csv', { "it's.csv": 'b,a\nx,1\ny,"12,5"\n' }, int)
    const error = await failure(read(bench, relation))
    expect(error.code).toBe('DATA_UNREADABLE')
    expect(error.message).toContain(`it's.csv' line 3: column a: '12,5' is not an int`)
    expect(error.details).toMatchObject({ line: 3, column: 'a', value: '12,5' })
  })

  test('numbers that a cast would round are errors, wherever they stand', async () => {
    await using bench = await openBench()
    const money = [column('a', { kind: 'decimal', precision: 9, scale: 2 }), int[1]!]
    const cases = [
      ['1.7', int],
      ['15e-1', int],
      ['x', int],
      ['9223372036854775808', int],
      ['1.239', money],
      ['1e9', money],
    ] as const
    for (const [value, columns] of cases) {
      const text = `b,a\n"x\n""",1\n,\ny,${value}\n`
      const error = await failure(read(bench, scan(bench, 'csv', { 'a.csv': text }, columns)))
      expect([error.code, error.message], value).toEqual([
        'DATA_UNREADABLE',
        expect.stringContaining(`a.csv' line 5: column a: '${value}' is not`),
      ])
    }
    const fine = scan(bench, 'csv', { 'a.csv': 'b,a\nx, 1.50\ny,+2\nz,-.5\n,3.1000\n' }, money)
    expect((await read(bench, fine)).map(({ a }) => a)).toEqual(['1.50', '2.00', '-0.50', '3.10'])
  })

  test('a bad date names file, line, column and value too', async () => {
    await using bench = await openBench()
    const error = await failure(
      read(bench, scan(bench, 'csv', { 'a.csv': 'a\n2001-02-03\n13/01/2001\n' }, [column('a', 'date')])),
    )
    expect(error.message).toContain(`a.csv' line 3: column a: '13/01/2001' is not a date`)
  })

  test('lines are those of the file, also below cells that hold several', async () => {
    await using bench = await openBench()
    const columns = [column('a', 'int'), column('b', 'string'), column('d', 'date')]
    const above = 'a,b,d\n1,"x\n\ny",2001-02-03\n'
    const cases = [
      ['1,x\n', '2 values instead of 3'],
      ['1,x,2001-02-03,4\n', '4 values instead of 3'],
      ['1,x,soon\n', "column d: 'soon' is not a date"],
      ['0x10,x,2001-02-03\n', "column a: '0x10' is not an int"],
      ['1,"x,2001-02-03\n', 'a quote is not closed'],
    ] as const
    for (const [row, what] of cases) {
      const error = await failure(read(bench, scan(bench, 'csv', { 'a.csv': above + row }, columns)))
      expect([error.code, error.message, error.details['line']], row).toEqual([
        'DATA_UNREADABLE',
        expect.stringContaining(`a.csv' line 5: ${what}.`),
        5,
      ])
    }
    const zipped = scan(bench, 'csv', { 'a.csv.gz': '' }, columns)
    writeFileSync(join(bench.dir, 'a.csv.gz'), gzipSync(`${above}x,x,2001-02-03\n`))
    expect((await failure(read(bench, zipped))).details).toMatchObject({ line: 5, column: 'a', value: 'x' })
  })

  test('a row with too few values names file and line', async () => {
    await using bench = await openBench()
    const error = await failure(read(bench, scan(bench, 'csv', { 'a.csv': 'a,b\n1,x\n2\n' }, int)))
    expect([error.code, error.details['line']]).toEqual(['DATA_UNREADABLE', 3])
  })

  test('a row with too many values names file, line and counts', async () => {
    await using bench = await openBench()
    const text = 'a,b\n1,x\n1,x\n1,x\n1,x\n1,x,9\n1,x\n'
    const error = await failure(read(bench, scan(bench, 'csv', { 'a.csv': text }, int)))
    expect([error.code, error.message, error.details['line']]).toEqual([
      'DATA_UNREADABLE',
      expect.stringMatching(/a\.csv' line 6: 3 values instead of 2\.$/),
      6,
    ])
    const open = await failure(read(bench, scan(bench, 'csv', { 'b.csv': 'a,b\n1,"x\n1,x\n' }, int)))
    expect(open.message).toContain(`b.csv' line 2: a quote is not closed.`)
  })

  test('types are named as in schemas; an instant that is none is no NULL', async () => {
    await using bench = await openBench()
    for (const [kind, said] of [
      ['boolean', 'a boolean'],
      ['float', 'a float'],
      ['time', 'a time'],
      ['timestamp', 'a timestamp'],
      ['instant', 'an instant'],
      ['uuid', 'a uuid'],
      ['json', 'json'],
    ] as const) {
      const error = await failure(
        read(bench, scan(bench, 'csv', { 'a.csv': 'a\n\nthirty\n' }, [column('a', kind)])),
      )
      expect(error.message).toContain(`a.csv' line 3: column a: 'thirty' is not ${said}.`)
    }
    const fine = scan(bench, 'csv', { 'a.csv': 'a\n2001-02-03T04:05:06+01:00\n' }, [column('a', 'instant')])
    expect(await read(bench, fine)).toHaveLength(1)
  })

  test('Latin-1 is named with its file and line', async () => {
    await using bench = await openBench()
    for (const [line, text] of [
      [1, 'a,b,\xf6\n1,x,2\n'],
      [3, 'a,b\n1,x\n1,Malm\xf6\n'],
    ] as const) {
      const relation = scan(bench, 'csv', { 'a.csv': '' }, int)
      writeFileSync(join(bench.dir, 'a.csv'), text, 'latin1')
      const error = await failure(read(bench, relation))
      expect([error.code, error.message]).toEqual([
        'DATA_UNREADABLE',
        expect.stringContaining(`a.csv' line ${line}: the file is not UTF-8.`),
      ])
    }
  })

  test('DuckDB fails by itself when it reads some columns of such a file: the engine goes on', async () => {
    await using bench = await openBench()
    const relation = scan(bench, 'csv', { 'a.csv': '' }, [column('c', 'string')])
    writeFileSync(join(bench.dir, 'a.csv'), 'a,b,c\r\n1,x,x\r\n1,x,Malm\xf6\r\n1,x,x\r\n', 'latin1')
    const error = await failure(read(bench, relation))
    expect([error.code, error.message]).toEqual([
      'DATA_UNREADABLE',
      expect.stringContaining(`a.csv' line 3: the file is not UTF-8.`),
    ])
    await using next = await bench.engine.open()
    expect(await rowsOf(await next.read(query('select 1 as a'), [column('a', 'int')]))).toEqual([{ a: 1 }])
  })

  test('a missing column shows the header, and what may separate it', async () => {
    await using bench = await openBench()
    for (const [c, shown] of [
      [';', ';'],
      ['\t', '\\t'],
      ['|', '|'],
    ] as const) {
      const error = await failure(read(bench, scan(bench, 'csv', { 'a.csv': `a${c}b\n1${c}x\n` }, int)))
      expect(error.message).toContain(`Its header: a${shown}b`)
      expect(error.hint).toContain(`delimiter: "${shown}"`)
    }
    const long = await failure(read(bench, scan(bench, 'csv', { 'a.csv': 'xyz,'.repeat(99) + 'b\n' }, int)))
    expect(long.message).toMatch(/Its header: xyz,.*…$/)
    const empty = await failure(read(bench, scan(bench, 'csv', { 'a.csv': '' }, int)))
    expect([empty.code, empty.message]).toEqual(['SOURCE_SCHEMA', expect.stringContaining('is empty')])
  })

  test('headers with quotes, a byte order mark, gzip, empty and equal names', async () => {
    await using bench = await openBench()
    const relation = scan(bench, 'csv', { 'a.csv.gz': '' }, [column('x "y"', 'int'), column('b', 'string')])
    writeFileSync(join(bench.dir, 'a.csv.gz'), gzipSync('\ufeff"x ""y""", b ,b,,\r\n1,x,y,,\r\n'))
    expect(await read(bench, relation)).toEqual([{ 'x "y"': 1, b: 'x' }])
    expect((await bench.session.describe(relation.location)).map(({ name }) => name)).toEqual([
      'x "y"',
      'b',
      'b_1',
      'column3',
      'column4',
    ])
  })

  test('a missing column is an error with the nearest name, an optional one NULL', async () => {
    await using bench = await openBench()
    const error = await failure(read(bench, scan(bench, 'csv', { 'a.csv': 'aa,b\n1,x\n' }, int)))
    expect([error.code, error.message]).toEqual([
      'SOURCE_SCHEMA',
      expect.stringMatching(/has no column 'a' \(int\)\. Did you mean 'aa'/),
    ])
    const optional = [{ ...int[0]!, optional: true }, int[1]!]
    expect(await read(bench, scan(bench, 'csv', { 'a.csv': 'aa,b\n1,x\n' }, optional))).toEqual([
      { a: null, b: 'x' },
    ])
  })
})

describe('json', () => {
  test('a number that does not fit its column is an error, not rounded', async () => {
    await using bench = await openBench()
    for (const text of ['1.7', '"x"', '1e-3']) {
      const error = await failure(
        read(bench, scan(bench, 'json', { 'a.json': `[{"a":${text},"b":"x"}]` }, int)),
      )
      expect([error.code, error.message], text).toEqual([
        'DATA_UNREADABLE',
        expect.stringContaining('column a'),
      ])
    }
  })
  test('absent keys are NULL, a column that no row has is missing', async () => {
    await using bench = await openBench()
    const relation = scan(bench, 'ndjson', { 'a.ndjson': '{"a":1}\n{"a":"9007199254740993","b":"x"}\n' }, [
      column('a', 'bigint'),
      column('b', 'string'),
    ])
    expect(await read(bench, relation)).toEqual([
      { a: 1n, b: null },
      { a: 9007199254740993n, b: 'x' },
    ])
    const error = await failure(
      read(bench, scan(bench, 'json', { 'b.json': '[{"b":"x"}]' }, [column('a', 'int', false), int[1]!])),
    )
    expect(error.code).toBe('SOURCE_SCHEMA')
    expect(await read(bench, scan(bench, 'json', { 'c.json': '[]' }, int))).toEqual([])
  })
  test('a value of another type names file, line, column and value', async () => {
    await using bench = await openBench()
    const typed = [
      column('i', 'int'),
      column('f', 'float'),
      column('b', 'boolean'),
      column('d', 'date'),
      column('m', 'timestamp'),
    ]
    const cases = [
      ['{"i":"x"}', 'i', 'x', 'an int'],
      ['{"i":[1]}', 'i', '[1]', 'an int'],
      ['{"i":1.5}', 'i', '1.5', 'an int'],
      ['{"f":"high"}', 'f', 'high', 'a float'],
      ['{"b":"yes"}', 'b', 'yes', 'a boolean'],
      ['{"b":1}', 'b', '1', 'a boolean'],
      ['{"d":"2001-13-01"}', 'd', '2001-13-01', 'a date'],
      ['{"m":"noon"}', 'm', 'noon', 'a timestamp'],
    ] as const
    for (const [row, field, value, type] of cases) {
      const good = '{"i":2,"f":1.5,"b":true,"d":"2001-02-03","m":"2001-02-03T04:05:06"}'
      const lines = scan(bench, 'ndjson', { 'a.ndjson': `${good}\n\n${row}\n` }, typed)
      const error = await failure(read(bench, lines))
      expect([error.code, error.message, error.details], row).toEqual([
        'DATA_UNREADABLE',
        expect.stringContaining(`a.ndjson' line 3: column ${field}: '${value}' is not ${type}.`),
        { file: join(bench.dir, 'a.ndjson'), line: 3, column: field, value },
      ])
      const list = await failure(read(bench, scan(bench, 'json', { 'a.json': `[${good},${row}]` }, typed)))
      expect([list.code, list.message], row).toEqual([
        'DATA_UNREADABLE',
        expect.stringContaining(`a.json': column ${field}: '${value}' is not ${type}.`),
      ])
    }
  })

  test('what is no JSON names file, line and column', async () => {
    await using bench = await openBench()
    const cases = [
      ['ndjson', '{"a":1,"b":"x"}\n{"a":2', 'line 2 column 7: this is not valid JSON'],
      ['ndjson', '{"a":1,"b":"x"}\n\n{"a":oops}\n', 'line 3 column 6: this is not valid JSON'],
      ['ndjson', '{"a":1,"b":"x"}\n[1]\n', 'line 2: a JSON object is expected'],
      ['json', '[{"a":1,"b":"x"},\n {"a":2', 'line 2 column 8: this is not valid JSON'],
      ['json', '[{"a":1,"b":"x"},\n {"a":}]', 'line 2 column 7: this is not valid JSON'],
      ['json', '\n{"a":1,"b":"x"}', 'line 2 column 1: a list of JSON objects is expected'],
    ] as const
    for (const [format, text, what] of cases) {
      const error = await failure(read(bench, scan(bench, format, { [`a.${format}`]: text }, int)))
      expect([error.code, error.message], text).toEqual([
        'DATA_UNREADABLE',
        expect.stringContaining(`a.${format}' ${what}.`),
      ])
      expect(error.details['file']).toBe(join(bench.dir, `a.${format}`))
    }
  })

  test('text that is no JSON', async () => {
    await using bench = await openBench()
    expect(
      (await failure(read(bench, scan(bench, 'json', { 'a.json': '[{"a":1,"b":"x"}, oops' }, int)))).code,
    ).toBe('DATA_UNREADABLE')
  })
})

describe('parquet', () => {
  async function write(
    bench: Bench,
    text: string,
    columns: readonly Column[],
    name?: string,
  ): Promise<Location & { kind: 'files' }> {
    const target = bench.target('parquet', [], name)
    return locationOf(target, await bench.session.write(query(text), columns, target)) as Location & {
      kind: 'files'
    }
  }

  test('paths with quotes, spaces, other scripts and what readers expand are taken literally', async () => {
    await using bench = await openBench()
    const name = `it's [1] a*b?c=d 日本 "q" %20 {x,y}`
    await write(bench, 'select 9 as a', [column('a', 'int')], name.replace('a*b?c', 'aXbYc'))
    const location = await write(bench, 'select 1 as a', [column('a', 'int')], name)
    for (const uris of [location.uris, location.uris.map((uri) => pathToFileURL(uri).href)]) {
      const relation: Relation = {
        kind: 'scan',
        location: { ...location, uris },
        columns: [column('a', 'int')],
      }
      expect(await read(bench, relation)).toEqual([{ a: 1 }])
    }
  })

  test('exactly the declared columns, by name, in order; absent ones when optional', async () => {
    await using bench = await openBench()
    const location = await write(bench, `select 1::int as a, 'x' as b, 2 as c`, [
      column('a', 'int'),
      column('b', 'string'),
      column('c', 'int'),
    ])
    const columns = [column('b', 'string'), column('a', 'float'), { ...column('z', 'date'), optional: true }]
    const relation: Relation = {
      kind: 'scan',
      location,
      columns: [columns[0]!, column('a', 'int'), columns[2]!],
    }
    const [b, a, z] = await bench.session.bind(query('select * from t', { t: relation }))
    expect([b!.name, a!.name, z!.type]).toEqual(['b', 'a', { kind: 'date' }])
    expect((await failure(bench.session.bind(query('select c from t', { t: relation })))).code).toBe(
      'SQL_BIND',
    )
    expect(await read(bench, relation)).toEqual([{ b: 'x', a: 1, z: null }])
  })

  test('a file that is replaced is read anew, whatever its time says', async () => {
    await using bench = await openBench()
    const columns = [column('a', 'int')]
    const one = await write(bench, 'select 1::int as a', columns)
    const two = await write(bench, 'select 2::int as a', columns)
    const relation = (): Relation => ({ kind: 'scan', columns, location: one })
    const [file] = one.uris
    const { atime, mtime } = statSync(file!)
    expect(await read(bench, { ...relation(), columns })).toEqual([{ a: 1 }])
    copyFileSync(two.uris[0]!, file!)
    utimesSync(file!, atime, mtime)
    expect(await read(bench, { ...relation(), columns })).toEqual([{ a: 2 }])
  })

  test('a missing column and a type that does not fit', async () => {
    await using bench = await openBench()
    const location = await write(bench, `select 1.5::double as a`, [column('a', 'float')])
    const missing = await failure(read(bench, { kind: 'scan', location, columns: [column('b', 'int')] }))
    expect([missing.code, missing.message]).toEqual([
      'SOURCE_SCHEMA',
      expect.stringContaining("data_0.parquet' has no column 'b' (int)"),
    ])
    const refused = await failure(read(bench, { kind: 'scan', location, columns: [column('a', 'int')] }))
    expect([refused.code, refused.message]).toEqual([
      'SOURCE_SCHEMA',
      expect.stringContaining("column 'a': float is stored, int is declared"),
    ])
  })

  test('missing, truncated and foreign files', async () => {
    await using bench = await openBench()
    const columns = [column('a', 'int')]
    const location = await write(bench, 'select 1 as a', columns)
    const at = (...uris: string[]): Relation => ({ kind: 'scan', location: { ...location, uris }, columns })
    const missing = join(bench.dir, 'no[pe].parquet')
    for (const relation of [at(missing), at(location.uris[0]!, missing)]) {
      const error = await failure(read(bench, relation))
      expect([error.code, error.message]).toEqual([
        'DATA_MISSING',
        expect.stringContaining(`'${missing}' does not exist`),
      ])
      expect(error.message.split(bench.dir)).toHaveLength(2)
    }
    truncateSync(location.uris[0]!, 60)
    const truncated = await failure(read(bench, at(location.uris[0]!)))
    expect(truncated.code).toBe('DATA_UNREADABLE')
    expect(truncated.message.split(bench.dir)).toHaveLength(2)
    writeFileSync(missing, 'a,b\n')
    expect((await failure(read(bench, at(missing)))).code).toBe('DATA_UNREADABLE')
    expect((await failure(bench.session.describe({ ...location, uris: [missing] }))).code).toBe(
      'DATA_UNREADABLE',
    )
  })

  test('unions, and locations without files', async () => {
    await using bench = await openBench()
    const columns = [column('a', 'int'), column('b', 'string')]
    const one = await write(bench, `select 1 as a, 'x' as b`, columns)
    const two = await write(bench, `select 'y' as b, 2 as a`, [columns[1]!, columns[0]!])
    const none: Location = { kind: 'files', format: 'parquet', uris: [], options: {} }
    const union: Location = { kind: 'union', parts: [none, one, { kind: 'union', parts: [two] }] }
    expect(await read(bench, { kind: 'scan', location: union, columns })).toEqual([
      { a: 1, b: 'x' },
      { a: 2, b: 'y' },
    ])
    for (const location of [none, { kind: 'union', parts: [none] } as const]) {
      expect(await read(bench, { kind: 'scan', location, columns })).toEqual([])
      expect(
        await bench.session.bind(query('from t', { t: { kind: 'scan', location, columns } })),
      ).toHaveLength(2)
    }
    expect(await bench.session.describe(union)).toEqual([
      { name: 'a', type: { kind: 'integer', bits: 64, signed: true } },
      { name: 'b', type: { kind: 'string' } },
    ])
  })

  test('filters reach the file through views and params', async () => {
    await using bench = await openBench()
    const location = await write(bench, 'select range as a from range(300000)', [column('a', 'int')])
    const t: Relation = { kind: 'scan', location, columns: [column('a', 'int')] }
    const below = query(
      'select a from t where a < $limit',
      { t },
      { limit: { type: { kind: 'int' }, value: 3 } },
    )
    const rows = await rowsOf(
      await bench.session.read(query('select a from below order by a desc', { below }), [column('a', 'int')]),
    )
    expect(rows).toEqual([{ a: 2 }, { a: 1 }, { a: 0 }])
  })
})

test('a location of another system is not scanned', async () => {
  await using bench = await openBench()
  expect(bench.engine.canScan({ kind: 'table', system: 'postgres', name: 'x' })).toBe(false)
  expect(bench.engine.canScan({ kind: 'memory', id: 'x' })).toBe(false)
  expect(
    bench.engine.canScan({ kind: 'files', format: 'parquet', uris: ['s3://b/x.parquet'], options: {} }),
  ).toBe(false)
  expect(
    bench.engine.canScan({
      kind: 'union',
      parts: [{ kind: 'files', format: 'csv', uris: ['/x.csv'], options: {} }],
    }),
  ).toBe(true)
  expect(bench.engine.canWrite(bench.target('json', ['p']))).toBe(false)
  const relation = batches([column('a', 'int')], { length: 1, columns: [['x']] })
  const error = await failure(bench.session.read(relation, [column('a', 'int')]))
  expect(error.code).toBe('ROW_INVALID')
})
