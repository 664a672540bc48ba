import {
  acceptedValues,
  asset,
  between,
  col,
  daily,
  definePipeline,
  expects,
  hourly,
  merge,
  monthly,
  node,
  relationship,
  resource,
  rowCount,
  source,
  sql,
  sqlNode,
  staticValues,
  view,
  weekly,
} from '@levada/core'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { diffRows, expectRows, fake, fakeRows, runNode, runPipeline } from '../src/pipeline-kit.ts'

interface Notifier {
  send(channel: string, text: string): Promise<void>
  size(): number
}

const raw = source('shop.raw_orders', {
  schema: z.object({
    id: z.int(),
    ordered_at: col.timestamp(),
    customer: z.string(),
    amount: col.decimal(9, 2),
    state: z.enum(['paid', 'cancelled']),
  }),
})
const customers = expects('crm.customers', z.object({ name: z.string(), country: z.string().nullable() }))
const orders = asset('shop.orders', {
  schema: z.object({
    id: z.int(),
    day: col.date(),
    customer: z.string(),
    amount: col.decimal(9, 2),
    country: z.string().nullable(),
    seen_at: col.instant().nullable(),
  }),
  key: ['id'],
  partitions: [daily('day')],
  checks: [
    between('amount', 0, 100),
    between('amount', 0, 50, { severity: 'warn' }),
    relationship('customer', customers, 'name'),
  ],
})
const totals = asset('shop.totals', {
  schema: z.object({ day: col.date(), orders: z.int(), amount: z.number() }),
  key: ['day'],
  checks: [rowCount({ min: 1 })],
})
const paid = view('paid', {
  inputs: { raw },
  schema: z.object({ id: z.int(), day: col.date(), customer: z.string(), amount: col.decimal(9, 2) }),
  sql: sql`select id, ordered_at::date as day, customer, amount from raw
    where state = 'paid' and ordered_at >= $partition_start and ordered_at < $partition_end`,
})
const stage = sqlNode('stage', {
  inputs: { paid, customers },
  output: orders,
  sql: sql`select paid.*, country, null::timestamptz as seen_at from paid left join customers on name = customer`,
})
const sum = sqlNode('sum', {
  inputs: { orders },
  output: totals,
  params: { factor: z.number().default(1) },
  sql: sql`select day, count(*) as orders, sum(amount) * $factor as amount from orders group by day`,
})
const tell = node('tell', {
  inputs: { totals },
  resources: { notify: resource<Notifier>('@acme/notify#Notifier') },
  async run({ totals: rows }, { resources: { notify }, now, log }) {
    for await (const { day, orders: count } of rows.rows())
      await notify.send('#sales', `${day}: ${count}, ${now}`)
    log.info('told', { size: notify.size() })
  },
})
const shop = definePipeline('shop', { nodes: [stage, sum, tell] })

const order = {
  id: 1,
  ordered_at: '2026-03-01T08:00:00',
  customer: 'Ada',
  amount: '10.50',
  state: 'paid',
} as const
const inputs = {
  'shop.raw_orders': [
    order,
    { ...order, id: 2, amount: '4.25' },
    { ...order, id: 3, state: 'cancelled' as const },
  ],
  'crm.customers': [{ name: 'Ada', country: 'PT' }],
}
const failureOf = (
  run: Promise<unknown>,
): Promise<Error & { readonly code?: string; readonly details?: object }> =>
  run.then(
    () => expect.unreachable('it did not fail'),
    (error: Error) => error,
  )

describe('runPipeline', () => {
  test('runs all nodes on given rows, with params, a clock and faked resources', async () => {
    const run = await runPipeline(shop, {
      inputs,
      params: { factor: 2 },
      now: '2026-03-02T00:00:00Z',
      resources: { notify: { size: () => 7 } },
    })
    expect(run.rows('shop.orders')).toEqual([
      { id: 1, day: '2026-03-01', customer: 'Ada', amount: '10.50', country: 'PT', seen_at: null },
      { id: 2, day: '2026-03-01', customer: 'Ada', amount: '4.25', country: 'PT', seen_at: null },
    ])
    expectRows(run.rows('shop.totals'), [{ day: '2026-03-01', orders: 2, amount: 29.5 }])
    expect(run.calls.notify).toEqual([
      { method: 'send', args: ['#sales', '2026-03-01: 2, 2026-03-02T00:00:00Z'] },
      { method: 'size', args: [] },
    ])
    expect(run.logs).toEqual([{ level: 'info', message: 'told', facts: { size: 7 } }])
  })

  test('fakes what is not given, the same each time', async () => {
    const first = await runPipeline(shop, { partition: '2026-03-04' })
    const second = await runPipeline(shop, { partition: '2026-03-04' })
    const other = await runPipeline(shop, { partition: '2026-03-04', seed: 2 })
    expect(first.rows('shop.raw_orders')).toHaveLength(10)
    expect(second.rows('shop.raw_orders')).toEqual(first.rows('shop.raw_orders'))
    expect(other.rows('shop.raw_orders')).not.toEqual(first.rows('shop.raw_orders'))
    expect(first.rows('shop.orders').length).toBeGreaterThan(0)
    expect(new Set(first.rows('shop.orders').map(({ day }) => day))).toEqual(new Set(['2026-03-04']))
    expect(first.rows('crm.customers')[0]).toHaveProperty('country')
  })

  test('a range of partitions has its days only, given by text or by dimension', async () => {
    const [text, typed] = await Promise.all([
      runNode(shop, 'stage', { partition: '2026-03-04..2026-03-05' }),
      runNode(shop, 'stage', { partition: { day: { from: '2026-03-04', to: '2026-03-05' } } }),
    ])
    const days = new Set(text.rows('shop.orders').map(({ day }) => day))
    expect([...days].toSorted()).toEqual(['2026-03-04', '2026-03-05'])
    expect(typed.rows('shop.orders')).toEqual(text.rows('shop.orders'))
  })

  test.each([
    [hourly('at'), '2026-03-04T05', '2026-03-04T05:'],
    [daily('at'), '2026-03-04', '2026-03-04T'],
    [weekly('at'), '2026-03-02', '2026-03-02T'],
    [monthly('at'), '2026-03', '2026-03-'],
    [staticValues('region', ['west', 'east']), 'region=west', '2001-01-'],
  ])('what is faked lies in the partition of a run: %j', async (partition, request, start) => {
    const schema = z.object({ at: col.timestamp(), region: z.string() })
    const made = asset('p.made', { schema, partitions: [partition as never] })
    const given = source('p.given', { schema, partitions: [partition as never] })
    const pipeline = definePipeline('p', {
      nodes: [sqlNode('make', { inputs: { given }, output: made, sql: sql`select * from given` })],
    })
    const run = await runPipeline(pipeline, { partition: request, inputs: { 'p.given': fake(20) } })
    expect(run.rows('p.made')).toHaveLength(20)
    expect(run.rows('p.made').every(({ at }) => at.startsWith(start))).toBe(true)
    const all = await runPipeline(pipeline)
    if (partition.kind === 'static')
      expect(new Set(all.rows('p.made').map(({ region }) => region))).toEqual(new Set(['west', 'east']))
    expect(all.rows('p.made')).toHaveLength(10)
  })

  test('fake() fills what a row does not name', async () => {
    const run = await runPipeline(shop, {
      inputs: {
        'shop.raw_orders': fake([{ customer: 'Eva', state: 'paid' }]),
        'crm.customers': fake([{ name: 'Eva' }]),
      },
    })
    expect(run.rows('shop.orders')).toMatchObject([
      { customer: 'Eva', amount: expect.stringMatching(/^\d+\.\d\d$/) },
    ])
  })

  test('a row that fails a check ends the run, with its rows', async () => {
    const error = await failureOf(
      runPipeline(shop, { inputs: { ...inputs, 'shop.raw_orders': [{ ...order, amount: '-1.00' }] } }),
    )
    expect(error).toMatchObject({
      code: 'CHECK_FAILED',
      details: { check: 'between(amount, 0, 100)', failed_rows: 1 },
    })
    expect(error.message).toMatch(
      /^Check between\(amount, 0, 100\) of 'shop\.orders' failed: 1 of 1 rows\.\n {2}\{ id: 1, .*'-1.00'/,
    )
  })

  test('a relationship looks at what is given', async () => {
    const error = await failureOf(runPipeline(shop, { inputs: { ...inputs, 'crm.customers': [] } }))
    expect(error.message).toContain(
      "relationship(customer → crm.customers) of 'shop.orders' failed: 2 of 2 rows",
    )
  })

  test('a check that warns is told', async () => {
    const run = await runPipeline(shop, {
      inputs: { ...inputs, 'shop.raw_orders': [{ ...order, amount: '60.00' }] },
    })
    expect(run.checks.filter(({ outcome }) => outcome !== 'passed')).toMatchObject([
      { check: 'between(amount, 0, 50)', severity: 'warn', failed_rows: 1 },
    ])
  })

  test.each([
    ['NULL', { ...order, customer: null as never }, 'Check notNull(customer)'],
    ['a value that an enum lacks', { ...order, state: 'lost' as never }, 'Check acceptedValues(state)'],
  ])('%s in a source is for its checks to find', async (_, row, text) => {
    const error = await failureOf(runPipeline(shop, { inputs: { ...inputs, 'shop.raw_orders': [row] } }))
    expect(error.message).toContain(`${text} of 'shop.raw_orders' failed: 1 of 1 rows.`)
  })

  test('an output with NULL and a value that its enum lacks fails these checks', async () => {
    const letters = asset('d.letters', {
      schema: z.object({ n: z.int(), letter: z.enum(['a', 'b']) }),
      key: ['n'],
    })
    const make = (text: string) =>
      definePipeline('d', { nodes: [sqlNode('make', { output: letters, sql: () => sql([text] as never) })] })
    const failed = await failureOf(
      runPipeline(make("select 1 as n, 'c' as letter union all select null, 'a'")),
    )
    expect(failed.message).toContain("Check notNull(n) of 'd.letters' failed: 1 of 2 rows.")
    expect(failed.message).toContain("Check acceptedValues(letter) of 'd.letters' failed: 1 of 2 rows.")
  })

  test('an error of SQL has its place in the file of the author', async () => {
    const broken = definePipeline('d', {
      nodes: [sqlNode('make', { output: totals, sql: sql`select dy from nothing` })],
    })
    const error = await failureOf(runPipeline(broken))
    expect(error.code).toMatch(/^SQL_/)
    expect(error.message).toContain('pipeline.test.ts:')
    expect(error.message).toContain('\n  → ')
  })

  test.each([
    [{ 'shop.raw_ordres': [] }, "inputs: 'shop.raw_ordres' is not read. Did you mean 'shop.raw_orders'?"],
    [{ 'shop.orders': [] }, "inputs: 'shop.orders' is made by this run"],
    [{ 'shop.raw_orders': [{ ...order, idd: 1 }] }, "has no column 'idd'. Did you mean 'id'?"],
    [{ 'shop.raw_orders': [{ id: 1 }] }, "column 'ordered_at' has no value; name it, or write fake([…])"],
    [{ 'shop.raw_orders': [{ ...order, amount: 10 }] }, `column 'amount': 10 is not a decimal(9, 2)`],
  ])('refuses %j', async (wrong, text) => {
    const error = await failureOf(runPipeline(shop, { inputs: wrong as never }))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toContain(text)
  })

  test.each([
    [{ now: 'today' }, "now: 'today' is not a moment in UTC"],
    [{ resources: { notfy: {} } }, "uses no resource 'notfy'. Did you mean 'notify'?"],
    [{ params: { facter: 1 } }, "has no param 'facter'"],
    [{ partition: '2026-3-4' }, "'2026-3-4' is not a day"],
    [{ partition: '2026-02-31' }, 'the calendar has no such day'],
    [{ partition: '2026-03-05..2026-03-01' }, '2026-03-05'],
  ])('refuses %j', async (options, text) => {
    expect((await failureOf(runPipeline(shop, options as never))).message).toContain(text)
  })

  test('fakes times and values that partitions of what is made may have', async () => {
    const schema = z.object({ id: z.int(), ordered_at: col.timestamp(), region: z.string() })
    const orders = source('shop.orders', { schema })
    const days = asset('shop.days', {
      schema: z.object({ day: col.date(), region: z.string() }),
      partitions: [
        daily('day', { start: '2026-03-01', end: '2026-03-05' }),
        staticValues('region', ['north', 'south']),
      ],
    })
    const months = asset('shop.months', {
      schema: z.object({ month: col.date() }),
      partitions: [monthly('month', { start: '2026-01' })],
    })
    const inputs = { orders }
    const cut = definePipeline('cut', {
      nodes: [
        sqlNode('days', {
          inputs,
          output: days,
          sql: sql`select ordered_at::date as day, region from orders`,
        }),
        sqlNode('months', { inputs, output: months, sql: sql`select ordered_at::date as month from orders` }),
      ],
    })
    const { rows } = await runPipeline(cut, {})
    const made = rows('shop.days')
    expect(made).toHaveLength(10)
    expect(new Set(made.map(({ day }) => day)).size).toBeGreaterThan(1)
    expect(new Set(made.map(({ region }) => region))).toEqual(new Set(['north', 'south']))
  })

  test('params that are missing or wrong are told in the words of a test', async () => {
    const made = asset('shop.made', { schema: z.object({ n: z.int() }) })
    const output = { output: made, params: { factor: z.int() } } as const
    const counting = definePipeline('counting', {
      nodes: [sqlNode('count', { ...output, sql: sql`select $factor as n` })],
    })
    const run = (params: object): Promise<unknown> => runPipeline(counting, { params } as never)
    await expect(run({})).rejects.toMatchObject({
      code: 'PARAM_MISSING',
      hint: 'Give it to the test: params: { factor: … }.',
    })
    await expect(run({ factor: 'x' })).rejects.toMatchObject({
      code: 'PARAM_INVALID',
      message: expect.stringContaining('params of the test: param counting.factor is "x"') as string,
    })
    await expect(run({ factor: 1, facter: 2 })).rejects.toMatchObject({
      code: 'PARAM_UNKNOWN',
      message: "params of the test: pipeline 'counting' has no param 'facter'. Did you mean 'factor'?",
    })
  })

  test('rows() of an asset that is not there says so', async () => {
    const run = await runPipeline(shop, { inputs })
    expect(() => run.rows('shop.total' as never)).toThrow(
      "rows('shop.total'): the run neither read nor wrote it",
    )
  })
})

describe('again()', () => {
  const raw = source('m.raw', { schema: z.object({ id: z.int(), n: z.int(), seen: col.timestamp() }) })
  const latest = asset('m.latest', {
    schema: z.object({ id: z.int(), n: z.int(), seen: col.timestamp() }),
    key: ['id'],
    incremental: merge({ by: 'seen' }),
  })
  const count = node('count', {
    inputs: { latest },
    resources: { notify: resource<Notifier>('@acme/notify#Notifier') },
    run: async ({ latest: rows }, { resources: { notify } }) => notify.send('#n', String(await rows.count())),
  })
  const merging = definePipeline('m', {
    nodes: [
      sqlNode('merge-raw', {
        inputs: { raw },
        output: latest,
        sql: sql`select * from raw where seen >= $since`,
      }),
      count,
    ],
  })

  test('builds on what the run before has stored', async () => {
    const day = (d: number): string => `2026-03-0${d}T00:00:00`
    const first = await runPipeline(merging, {
      inputs: {
        'm.raw': [
          { id: 1, n: 1, seen: day(1) },
          { id: 2, n: 1, seen: day(1) },
        ],
      },
    })
    const second = await first.again({
      inputs: {
        'm.raw': [
          { id: 2, n: 2, seen: day(2) },
          { id: 3, n: 2, seen: day(2) },
        ],
      },
    })
    expectRows(
      second.rows('m.latest'),
      [
        { id: 1, n: 1 },
        { id: 2, n: 2 },
        { id: 3, n: 2 },
      ],
      { columns: ['id', 'n'] },
    )
    expect([first, second].map(({ calls }) => calls.notify)).toEqual([
      [{ method: 'send', args: ['#n', '2'] }],
      [{ method: 'send', args: ['#n', '3'] }],
    ])
    const third = await second.again()
    expect(third.rows('m.latest')).toEqual(second.rows('m.latest'))
    expect(third.checks).toEqual([])
  })
})

describe('runNode', () => {
  test('takes what other nodes make as an input', async () => {
    const run = await runNode(shop, 'sum', {
      inputs: { 'shop.orders': fake([{ amount: '3.00', day: '2026-03-01' }]) },
    })
    expect(run.rows('shop.totals')).toEqual([{ day: '2026-03-01', orders: 1, amount: 3 }])
  })

  test('goes by what a node writes, too, and fakes by the schema of what it reads', async () => {
    const run = await runNode(shop, 'shop.totals')
    const amounts = run.rows('shop.orders').map(({ amount }) => Number(amount))
    expect(amounts.every((amount) => amount >= 0 && amount <= 50)).toBe(true)
    expect(run.rows('shop.totals').reduce((all, { orders: n }) => all + n, 0)).toBe(10)
  })

  test('a name that is none is an error with the nearest', async () => {
    expect((await failureOf(runNode(shop, 'sums'))).message).toContain(
      "has no node 'sums', and none that writes it. Did you mean 'sum'?",
    )
  })

  test('an expected input of a partitioned output is taken to have its partitions', async () => {
    const flights = expects('a.flights', z.object({ day: col.date(), n: z.int() }))
    const byDay = asset('a.by_day', {
      schema: z.object({ day: col.date(), n: z.int() }),
      partitions: [daily('day')],
    })
    const pipeline = definePipeline('a', {
      nodes: [
        sqlNode('sum-up', {
          inputs: { flights },
          output: byDay,
          sql: sql`select day, sum(n) as n from flights group by day`,
        }),
      ],
    })
    const rows = [
      { day: '2026-03-01', n: 1 },
      { day: '2026-03-02', n: 2 },
    ]
    const run = await runPipeline(pipeline, { inputs: { 'a.flights': rows }, partition: '2026-03-02' })
    expect(run.rows('a.by_day')).toEqual([{ day: '2026-03-02', n: 2 }])
  })
})

describe('fakeRows', () => {
  const kinds = asset('t.kinds', {
    schema: z.object({
      id: z.int(),
      flag: z.boolean(),
      big: z.bigint(),
      share: z.number(),
      price: col.decimal(6, 3),
      text: z.string().nullable(),
      day: col.date(),
      time: col.time(),
      at: col.timestamp(),
      moment: col.instant(),
      uuid: col.uuid(),
      level: z.enum(['low', 'high']),
      grade: z.int(),
      tags: z.array(z.string()),
      place: z.object({ city: z.string(), zip: z.int().nullable() }),
      extra: col.json(),
    }),
    key: ['day', 'level'],
    partitions: [daily('day', { start: '2026-01-01', end: '2026-02-01' })],
    checks: [
      between('share', 0, 1),
      between('price', -5, -1),
      between('big', 5n, 6n),
      acceptedValues('grade', [1, 3]),
    ],
  })

  test('go by types, NULL, ranges, accepted values, keys and bounds of partitions', () => {
    const rows = fakeRows(kinds, 40)
    expect(new Set(rows.map(({ day, level }) => `${day} ${level}`)).size).toBe(40)
    expect(rows.some(({ text }) => text === null)).toBe(true)
    expect(rows.every(({ text }) => text === null || /^text \d+$/.test(text))).toBe(true)
    expect(
      rows.every(
        ({ share, price, big, grade }) =>
          share >= 0 &&
          share <= 1 &&
          Number(price) <= -1 &&
          Number(price) >= -5 &&
          [5n, 6n].includes(big) &&
          [1, 3].includes(grade),
      ),
    ).toBe(true)
    expect(
      rows.every(({ day, at }) => day >= '2026-01-01' && day < '2026-02-01' && at.slice(0, 4) === '2026'),
    ).toBe(true)
    expect(new Set(rows.map(({ level }) => level))).toEqual(new Set(['low', 'high']))
  })

  test('every value is one of its type: it is stored and read', async () => {
    const copy = asset('t.copy', { schema: z.object({ id: z.int(), n: z.int() }) })
    const pipeline = definePipeline('t', {
      nodes: [
        node('copy', {
          inputs: { kinds },
          outputs: { copy },
          async run({ kinds: rows }, { outputs }) {
            for await (const row of rows.rows())
              await outputs.copy.write({ id: row.id, n: Object.keys(row).length })
          },
        }),
      ],
    })
    const run = await runPipeline(pipeline, { inputs: { 't.kinds': fake(50) } })
    expect(run.rows('t.copy').every(({ n }) => n === 16)).toBe(true)
  })

  test('a relationship takes values of the other asset', async () => {
    const cities = source('g.cities', { schema: z.object({ name: z.string() }), key: ['name'] })
    const people = source('g.people', {
      schema: z.object({ id: z.int(), city: z.string() }),
      checks: [relationship('city', cities, 'name')],
    })
    const copy = asset('g.copy', { schema: z.object({ id: z.int(), city: z.string() }) })
    const pipeline = definePipeline('g', {
      nodes: [
        sqlNode('copy', {
          inputs: { people, cities },
          output: copy,
          sql: sql`select people.* from people join cities on city = name`,
        }),
      ],
    })
    expect((await runPipeline(pipeline)).rows('g.copy')).toHaveLength(10)
  })
})

describe('expectRows', () => {
  const is = [
    { id: 1, name: 'a', n: 1 },
    { id: 2, name: 'b', n: 2 },
    { id: 3, name: 'c', n: 3 },
  ]
  const text = (work: () => void): string => {
    try {
      work()
    } catch (error) {
      return (error as Error).message
    }
    return 'no error'
  }

  test('takes rows in any order, and numbers that are near enough', () => {
    expectRows(is, is.toReversed())
    expectRows([{ x: 0.1 + 0.2 }], [{ x: 0.3 }], { tolerance: 1e-9 })
    expect(text(() => expectRows([{ x: 0.1 + 0.2 }], [{ x: 0.3 }]))).toContain('1 missing, 1 unexpected')
  })

  test('says by key which rows are missing, unexpected and changed', () => {
    const expected = [
      { id: 1, name: 'a', n: 1 },
      { id: 2, name: 'B', n: 3 },
      { id: 4, name: 'd', n: 4 },
    ]
    expect(text(() => expectRows(is, expected, { key: ['id'] }))).toBe(
      [
        'the rows: 1 missing, 1 unexpected, 1 changed, 1 as expected',
        "  - { id: 4, name: 'd', n: 4 }",
        "  + { id: 3, name: 'c', n: 3 }",
        '  ~ { id: 2 }',
        "      name: expected 'B', is 'b'",
        '      n: expected 3, is 2',
      ].join('\n'),
    )
  })

  test('says which columns differ', () => {
    const expected = is.map(({ name, ...row }) => ({ ...row, nam: name }))
    expect(text(() => expectRows(is as readonly object[], expected))).toBe(
      [
        'the rows: 3 as expected',
        "  - column 'nam' is not there. Did you mean 'name'?",
        "  + column 'name' is not expected",
      ].join('\n'),
    )
  })

  test('rows that occur twice are two', () => {
    expect(diffRows([{ a: 1 }, { a: 1 }], [{ a: 1 }])).toMatchObject({ extra: [{ a: 1 }], equal: 1 })
    expect(diffRows([{ a: 1 }], [])).toMatchObject({
      extra: [{ a: 1 }],
      missingColumns: [],
      extraColumns: [],
    })
  })

  test('shows ten rows of each kind', () => {
    const twelve = Array.from({ length: 12 }, (_, a) => ({ a }))
    expect(text(() => expectRows(twelve.slice(0, 0), twelve))).toContain('    … and 2 more')
  })

  test('knows the key of rows of a run', async () => {
    const run = await runPipeline(shop, { inputs })
    const said = text(() =>
      expectRows(
        run.rows('shop.orders'),
        [
          { id: 1, amount: '10.50' },
          { id: 2, amount: '5.00' },
        ],
        { columns: ['id', 'amount'] },
      ),
    )
    expect(said).toBe(
      "shop.orders: 1 changed, 1 as expected\n  ~ { id: 2 }\n      amount: expected '5.00', is '4.25'",
    )
  })
})
