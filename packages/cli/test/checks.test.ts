import { describe, expect, test } from 'vitest'
import { project, shop, shopWith } from './project.ts'

/** One asset with some checks over five rows; `ref` names a parent, the last one's is missing. */
const checked = (
  checks: string,
  rows = '1,2026-01-01,1,x\n2,2026-01-01,1,X\n3,2026-01-02,2,y\n4,2026-01-02,2,\n5,2026-01-03,9,y\n',
): Readonly<Record<string, string>> => ({
  'levada.config.ts': shop['levada.config.ts']!.replace('{ customers, orders }', '{ pipeline }')
    .replace('[orders, customers]', '[pipeline]')
    .replace('pipeline:orders', 'pipeline:p'),
  'pipelines.ts': `
import { acceptedValues, asset, between, col, daily, definePipeline, matches, notNull, relationship, rowCount, source, sql, sqlCheck, sqlNode, unique } from '@levada/core'
import { z } from 'zod'
const row = { id: z.int(), day: col.date(), ref: z.int(), s: z.string().nullable() }
const raw = source('p.raw', { schema: z.object(row) })
const parent = asset('p.parent', { schema: z.object({ id: z.int(), day: col.date() }), partitions: [daily('day')] })
const child = asset('p.child', { schema: z.object(row), partitions: [daily('day')], checks: [
  ${checks}
] })
const parents = sqlNode('parents', { inputs: { raw }, output: parent, sql: sql\`select id, day from raw where id < 3 and day >= $partition_start and day < $partition_end\` })
const children = sqlNode('children', { inputs: { raw }, output: child, sql: sql\`select * from raw where day >= $partition_start and day < $partition_end\` })
export const pipeline = definePipeline('p', { nodes: [parents, children] })
`,
  'landing/raw.csv': `id,day,ref,s\n${rows}`,
  'conf/base/catalog.yml':
    'p.raw: { type: csv, path: landing/raw.csv }\n"{domain}.{table}": { type: parquet, path: "data/{domain}/{table}" }\n',
})

describe('every kind of check', () => {
  test.each([
    ['notNull', "notNull('s')", '1 of 5 rows fails'],
    ['notNull, mostly', "notNull('s', { mostly: 0.8 })", undefined],
    ['unique', "unique(['day', 'ref'])", '4 of 5 rows fail'],
    ['unique, passing', "unique('id')", undefined],
    ['between', "between('id', 2, 4)", '2 of 5 rows fail'],
    ['between, one end', "between('day', '2026-01-01', undefined)", undefined],
    ['acceptedValues', "acceptedValues('s', ['x', 'y'])", '1 of 5 rows fails'],
    ['acceptedValues, passing', "acceptedValues('ref', [1, 2, 9])", undefined],
    ['matches', "matches('s', /^[xy]$/)", '1 of 5 rows fails'],
    ['matches, flags in the pattern', "matches('s', '(?i)^[xy]$')", undefined],
    ['relationship', "relationship('ref', parent, 'id')", '1 of 5 rows fails'],
    ['relationship, passing', "relationship('id', parent, 'id', { severity: 'warn' })", undefined],
    ['rowCount', 'rowCount({ min: 10 })', '5 rows, expected at least 10'],
    ['rowCount, passing', 'rowCount({ min: 5, max: 5 })', undefined],
    ['sqlCheck', "sqlCheck('no nines', 'select * from child where ref = 9;')", '1 of 5 rows fails'],
    ['sqlCheck, passing', "sqlCheck('no tens', 'select * from child where ref = 10')", undefined],
  ])('%s', async (_, check, failure) => {
    using app = project(checked(check))
    const { code, out } = await app.levada('run')
    expect([code, out.includes('error p.child')]).toEqual(failure === undefined ? [0, false] : [1, true])
    if (failure !== undefined) expect(out).toContain(`: ${failure}`)
  })

  test('a relationship sees all of the other asset, whatever partition is written', async () => {
    using app = project(checked("relationship('ref', parent, 'id')", '1,2026-01-01,1,x\n2,2026-01-02,1,y\n'))
    expect((await app.levada('run')).code).toBe(0)
    const { code, out } = await app.levada('run', '--partition', '2026-01-02')
    expect(out).not.toContain('error')
    expect(code).toBe(0)
  })

  test('a check that looks at all rows sees the other partitions too', async () => {
    using app = project(checked("unique('id')", '1,2026-01-01,1,x\n2,2026-01-02,1,y\n'))
    expect((await app.levada('run')).code).toBe(0)
    app.write('landing/raw.csv', 'id,day,ref,s\n1,2026-01-01,1,x\n1,2026-01-02,1,y\n')
    const { code, out } = await app.levada('run', '--partition', '2026-01-02')
    expect(code).toBe(1)
    expect(out).toContain('error p.child unique(id): 2 of 1 row fail')
  })

  test('N7: a check that crashes has not passed, and says where it stands', async () => {
    using app = project(checked("matches('s', '[')"))
    const { code, out } = await app.levada('run')
    expect(code).toBe(1)
    expect(out).toContain("error p.child matches(s): Check matches(s) of 'p.child' could not be evaluated")
    using warned = project(checked("matches('s', '[', { severity: 'warn' })"))
    expect((await warned.levada('run')).code).toBe(0)
    const found = await app.levada('check')
    expect(found.code).toBe(1)
    expect(found.err).toMatch(/at pipelines\.ts:8/)
  })

  test('flags of a pattern are refused rather than dropped', async () => {
    using app = project(checked("matches('s', /^[xy]$/i)"))
    const { err } = await app.levada('check')
    expect(err).toContain('error CHECK_INVALID')
    expect(err).toContain('pipelines.ts:8')
  })

  test('the checks of a source are bound too', async () => {
    const files = checked('')
    using app = project({
      ...files,
      'pipelines.ts': files['pipelines.ts']!.replace(
        "source('p.raw', { schema: z.object(row) })",
        "source('p.raw', { schema: z.object(row), checks: [sqlCheck('sound', 'select nope from raw')] })",
      ),
    })
    const { code, err } = await app.levada('check')
    expect(code).toBe(1)
    expect(err).toContain("error SQL_BIND check sound of 'p.raw'")
    expect(err).toContain('pipelines.ts:5')
  })
})

describe('typed params', () => {
  const params = (schema: string): Readonly<Record<string, string>> =>
    shopWith({
      'pipelines.ts': shop['pipelines.ts']!.replace(
        'factor: z.number().default(1)',
        `factor: z.number().default(1), p: ${schema}`,
      ).replace('import { asset, between, col,', 'import { asset, between, col,'),
      'total.sql':
        'select day, count(*) as orders, sum(amount) * $factor as amount\nfrom orders where $p is not null\ngroup by day\n',
    })
  test.each([
    ['z.int()', '5', undefined],
    ['z.bigint()', '12', undefined],
    ['z.string()', '00501', undefined],
    ['col.decimal(4, 2)', '1.10', undefined],
    ['z.boolean()', 'true', undefined],
    ['col.date()', '2026-01-01', undefined],
    ['z.array(z.int())', '[1, 2]', undefined],
    ['z.enum(["a", "b"])', 'c', 'PARAM_INVALID'],
    ['z.int()', '1.5', 'PARAM_INVALID'],
    ['z.boolean()', 'yes', 'PARAM_INVALID'],
  ])('%s from %s, on the command line and in parameters.yml', async (schema, text, code) => {
    using app = project(params(schema))
    const first = await app.levada('run', 'pipeline:orders', '--param', `orders.p=${text}`)
    expect([first.code, first.err.includes(String(code))]).toEqual(
      code === undefined ? [0, false] : [2, true],
    )
    app.write('conf/base/parameters.yml', `orders:\n  p: ${text}\n`)
    const second = await app.levada('run', 'pipeline:orders')
    expect([second.code, second.err.includes(String(code))]).toEqual(
      code === undefined ? [0, false] : [2, true],
    )
  })
})

test('an asset with partitions is not stored where there are none', async () => {
  using app = project(
    shopWith({
      'conf/base/catalog.yml': `${shop['conf/base/catalog.yml']!}shop.orders: { type: json, path: data/orders }\n`,
    }),
  )
  const { code, err } = await app.levada('check')
  expect(code).toBe(1)
  expect(err).toContain("error NOT_SUPPORTED 'shop.orders' cannot be written to json")
  expect(err).toContain('conf/base/catalog.yml:4')
  expect((await app.levada('run')).code).toBe(2)
})
