import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { project, shop, type Project } from './project.ts'

const lines = (rows: readonly (readonly [number, number, string])[]): string =>
  `delivery,id,day,amount\n${rows.map(([delivery, id, day]) => `${delivery},${id},${day},${id * 10}`).join('\n')}\n`
const first = lines([
  [1, 1, '2026-01-01'],
  [1, 2, '2026-01-02'],
])

function events(options: {
  readonly log?: string
  readonly latest?: string
  readonly sql?: string
  readonly raw?: string
}): Project {
  const {
    log = "incremental: append({ by: 'delivery' })",
    latest = "key: ['id'], partitions: [daily('day')], incremental: merge({ by: 'delivery', lookBack: 1 })",
    sql = 'select delivery, id, day, amount from raw where delivery >= $since',
    raw = first,
  } = options
  return project({
    'levada.config.ts': shop['levada.config.ts']!.replace('customers, orders', 'events')
      .replace('[orders, customers]', '[events]')
      .replace("  jobs: { nightly: { select: 'pipeline:orders' } },\n", ''),
    'pipelines.ts': `
import { append, asset, col, daily, definePipeline, merge, source, sqlNode } from '@levada/core'
import { z } from 'zod'
const schema = z.object({ delivery: z.int(), id: z.int(), day: col.date(), amount: z.int() })
const raw = source('shop.raw', { schema })
const log = asset('shop.log', { schema, ${log} })
const latest = asset('shop.latest', { schema, ${latest} })
export const events = definePipeline('events', { nodes: [
  sqlNode('keep', { inputs: { raw }, output: log, sql: new URL('./keep.sql', import.meta.url) }),
  sqlNode('newest', { inputs: { raw }, output: latest, sql: new URL('./newest.sql', import.meta.url) }),
] })
`,
    'keep.sql': `${sql}\n`,
    // Two that come at once are two.
    'newest.sql':
      'select delivery, id, day, amount from (select *, rank() over (partition by id order by delivery desc) as nth from raw where delivery >= $since) as newest where nth = 1\n',
    'raw.csv': raw,
    'conf/base/catalog.yml':
      'shop.raw: { type: csv, path: raw.csv }\n"{domain}.{table}": { type: parquet, path: "data/{domain}/{table}" }\n',
  })
}

const rows = async (app: Project, sql: string): Promise<readonly (readonly number[])[]> =>
  (JSON.parse((await app.levada('query', sql, '--json')).out) as object[]).map((row) =>
    Object.values(row).map(Number),
  )
interface Materialized {
  readonly type: string
  readonly asset: string
  readonly rows: number
  readonly rows_written: number
}
/** How many rows of each asset a run wrote, of how many. */
async function run(app: Project, ...words: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const { out, err, code } = await app.levada('run', ...words, '--json')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const made = out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Materialized)
    .filter(({ type }) => type === 'asset_materialized')
  return Object.fromEntries(
    made.map(({ asset, rows: all, rows_written }) => [asset, `${rows_written} of ${all}`]),
  )
}

describe('what reads an asset with merge in the same run', () => {
  const latestRow = [4, 1, '2026-01-01'] as const
  const earlierRows = [2, 3, 4].map((n) => [n - 1, n, `2026-01-0${n}`] as const)
  const inSql =
    "sqlNode('by-day', { inputs: { latest }, output: days, sql: sql`select day, cast(sum(amount) as bigint) as amount from latest group by day` }),"
  const inTypeScript = `node('by-day', { inputs: { latest }, outputs: { days }, version: '1', async run({ latest }, { outputs }) {
    const sums = new Map<string, number>()
    for await (const { day, amount } of latest.rows()) sums.set(day, (sums.get(day) ?? 0) + amount)
    for (const [day, amount] of sums) await outputs.days.write({ day, amount })
  } }),`
  const reading = (byDay = inSql): Project => {
    const app = events({ raw: lines([latestRow, ...earlierRows]) })
    const code = readFileSync(join(app.dir, 'pipelines.ts'), 'utf8')
    app.write(
      'pipelines.ts',
      code
        .replace('lookBack: 1', 'lookBack: 0')
        .replace(
          'export const events',
          `const days = asset('shop.days', { schema: z.object({ day: col.date(), amount: z.int() }), partitions: [daily('day')] })
const total = asset('shop.total', { schema: z.object({ amount: z.int() }) })
$&`,
        )
        .replace(
          '{ nodes: [',
          `$&
  ${byDay}
  sqlNode('sum-up', { inputs: { days }, output: total, sql: sql\`select cast(sum(amount) as bigint) as amount from days\` }),`,
        )
        .replace('source, sqlNode', 'node, source, sql, sqlNode'),
    )
    return app
  }
  const change = (app: Project, ...changes: readonly string[]): void =>
    app.write('raw.csv', `${readFileSync(join(app.dir, 'raw.csv'), 'utf8')}${changes.join('\n')}\n`)

  test.each([
    ['SQL, without those in between', inSql, '1 of 3'],
    ['TypeScript, from the first to the last', inTypeScript, '2 of 3'],
  ])('is written for the partitions that the merge has changed: %s', async (_, byDay, moved) => {
    using app = reading(byDay)
    expect(await run(app)).toMatchObject({ 'shop.days': '4 of 4', 'shop.total': '1 of 1' })
    // That of the last delivery is merged once more, since the mark is among what is new.
    change(app, '5,2,2026-01-02,21')
    expect(await run(app)).toMatchObject({ 'shop.latest': '2 of 4', 'shop.days': '2 of 4' })
    expect(await run(app)).toEqual({})
    // A row that moves leaves its day, which is gone then, and comes to another.
    change(app, '6,2,2026-01-04,22')
    expect(await run(app)).toMatchObject({ 'shop.latest': '2 of 4', 'shop.days': moved })
    expect(await run(app)).toEqual({})
    expect(await rows(app, 'select amount from shop.days order by day')).toEqual([[10], [30], [62]])
    expect(await rows(app, 'select amount from shop.total')).toEqual([[102]])
  })

  test('is not written where nothing changed, and has a version for those that read it all the same', async () => {
    using app = reading()
    await run(app)
    app.write('raw.csv', lines(earlierRows))
    expect(await run(app)).toMatchObject({ 'shop.latest': '0 of 4', 'shop.days': '0 of 4' })
    expect(await run(app)).toEqual({})
    expect(await rows(app, 'select amount from shop.total')).toEqual([[100]])
  })

  test('is written from the first to the last where they lie very scattered', async () => {
    using app = reading()
    const dayOf = (id: number): string => new Date(Date.UTC(2024, 0, id)).toISOString().slice(0, 10)
    const ids = Array.from({ length: 403 }, (_, i) => i + 1)
    app.write('raw.csv', lines(ids.map((id) => [id === 403 ? 4 : 1, id, dayOf(id)])))
    await run(app)
    change(app, ...ids.filter((id) => id % 2 === 1 && id > 1).map((id) => `5,${id},${dayOf(id)},1`))
    expect(await run(app)).toMatchObject({ 'shop.latest': '201 of 403', 'shop.days': '401 of 403' })
    expect(await run(app)).toEqual({})
    expect(await rows(app, 'select amount from shop.total')).toEqual([[10 + 201 + 2020 * 201]])
  })

  test('rows beyond the partitions that changed fail the step, and replace nothing', async () => {
    using app = reading(
      inSql
        .replace('select day,', 'select cast(day + interval 1 day as date) as day,')
        .replace('by day`', 'by 1`'),
    )
    await run(app)
    change(app, '5,2,2026-01-02,21', '5,4,2026-01-04,41')
    const { code, out } = await app.levada('run')
    expect(code).toBe(1)
    expect(out).toContain('ROW_OUT_OF_RANGE')
    expect(await rows(app, 'select amount from shop.days order by day')).toEqual([[10], [20], [30], [40]])
  })

  test.each(['process', 'threads'])('also with the runner %s', async (runner) => {
    using app = reading()
    await run(app)
    change(app, '5,2,2026-01-02,21')
    expect(await run(app, '--runner', runner)).toMatchObject({
      'shop.days': '2 of 4',
      'shop.total': '1 of 1',
    })
    expect(await rows(app, 'select amount from shop.total')).toEqual([[101]])
  })

  test('is written wholly when that is asked for, or when its code is another', async () => {
    using app = reading()
    await run(app)
    expect(await run(app, '--force')).toMatchObject({ 'shop.days': '4 of 4' })
    change(app, '5,2,2026-01-02,21')
    const code = readFileSync(join(app.dir, 'pipelines.ts'), 'utf8')
    app.write('pipelines.ts', code.replace('from latest group', 'from latest where amount > 0 group'))
    expect(await run(app)).toMatchObject({ 'shop.latest': '2 of 4', 'shop.days': '4 of 4' })
  })
})

describe('an incremental asset', () => {
  test('is brought up to date by what is new, and made anew when its code changes or it is forced to', async () => {
    using app = events({})
    expect(await run(app)).toEqual({ 'shop.log': '2 of 2', 'shop.latest': '2 of 2' })
    expect(await run(app)).toEqual({})
    app.write('raw.csv', `${first}2,3,2026-01-03,30\n2,2,2026-01-02,21\n`)
    const { out } = await app.levada('plan')
    expect(out).toContain('writes shop.log adds what is new since 1 · parquet')
    expect(out).toContain('writes shop.latest merges what changed since 0 · parquet')
    // The look-back of one delivery reads all that are there, and the days of those are written again.
    expect(await run(app)).toMatchObject({ 'shop.log': '2 of 4' })
    expect(await rows(app, 'select id, amount from shop.log order by delivery, id')).toEqual([
      [1, 10],
      [2, 20],
      [2, 21],
      [3, 30],
    ])
    app.write(
      'keep.sql',
      'select delivery, id, day, amount + 1 as amount from raw where delivery >= $since\n',
    )
    expect((await app.levada('plan')).out).toMatch(/code changed[^]*writes shop\.log replaces all rows/)
    expect(await run(app)).toEqual({ 'shop.log': '4 of 4' })
    expect(await run(app, 'shop.log', '--force')).toEqual({ 'shop.log': '4 of 4' })
  })

  test('a merge whose rows have no key of their own tells which, and changes nothing', async () => {
    using app = events({})
    await run(app)
    app.write('raw.csv', `${first}2,7,2026-01-03,1\n2,7,2026-01-04,2\n3,8,2026-01-04,2\n`)
    const { code, out } = await app.levada('run', 'shop.latest')
    expect(code).toBe(1)
    expect(out).toMatch(/unique\(id\)[^]*2 of 5 rows|2 rows/)
    const failed = await app.levada('show', 'shop.latest', '--failed', '--json')
    expect(failed.out).toContain('"id": "7"')
    expect(failed.out).not.toContain('"id": "8"')
    expect(await rows(app, 'select id from shop.latest order by id')).toEqual([[1], [2]])
  })

  test('partitions that are asked for are replaced, and what is new comes afterwards, once', async () => {
    using app = events({
      log: "partitions: [daily('day')], incremental: append({ by: 'delivery' })",
      sql: 'select delivery, id, day, amount from raw where delivery >= $since and day >= $partition_start and day < $partition_end',
    })
    await run(app)
    app.write('raw.csv', `${first}2,2,2026-01-02,22\n`)
    expect(await run(app, 'shop.log', '--partition', '2026-01-02', '--force')).toEqual({
      'shop.log': '1 of 2',
    })
    expect(await run(app, 'shop.log')).toEqual({ 'shop.log': '1 of 3' })
    expect(await rows(app, 'select amount from shop.log order by amount')).toEqual([[10], [20], [22]])
  })

  test.each([
    ["incremental: append({ by: 'amount', lookBack: 1 })", 'has a lookBack and no key'],
    ["incremental: append({ by: 'days' })", "names 'days', which is not a column. Did you mean 'day'?"],
    ["incremental: merge({ by: 'day' })", 'needs a key'],
    [
      "key: ['id'], incremental: merge({ by: 'day', lookBack: { hours: 1 } })",
      'looks back a part of a day, and goes by days',
    ],
    ["key: ['id'], incremental: merge({ by: 'day', lookBack: 7 })", 'looks back 7, which says no unit'],
    [
      "key: ['id'], incremental: merge({ by: 'delivery', lookBack: { days: 7 } })",
      'looks back a time, and goes by a number',
    ],
    [
      "key: ['id'], incremental: merge({ by: 'day', deleted: 'amount' })",
      "has deleted: 'amount', which is no boolean",
    ],
  ])('%s is refused', async (log, says) => {
    using app = events({ log })
    const { code, err } = await app.levada('check')
    expect(code).toBe(2)
    expect(err).toContain(says)
    expect(err).toMatch(/error (INCREMENTAL_INVALID|COLUMN_UNKNOWN) 'shop\.log'/)
  })

  test('what is new of nothing is a version without rows, so that the next run is skipped', async () => {
    using app = events({})
    await run(app)
    app.write('raw.csv', `${first}\n`)
    expect(await run(app)).toEqual({ 'shop.log': '0 of 2', 'shop.latest': '2 of 2' })
    expect(await run(app)).toEqual({})
  })

  test('a plan tells of partitions that were written again before $since', async () => {
    using app = events({})
    app.write(
      'pipelines.ts',
      `
import { asset, col, daily, definePipeline, merge, source, sql, sqlNode } from '@levada/core'
import { z } from 'zod'
const schema = z.object({ delivery: z.int(), id: z.int(), day: col.date(), amount: z.int() })
const raw = source('shop.raw', { schema })
const days = asset('shop.days', { schema, partitions: [daily('day')] })
const latest = asset('shop.latest', { schema, key: ['id'], incremental: merge({ by: 'day', lookBack: { days: 1 } }) })
export const events = definePipeline('events', { nodes: [
  sqlNode('cut', { inputs: { raw }, output: days, sql: sql\`select * from raw where day >= $partition_start and day < $partition_end\` }),
  sqlNode('newest', { inputs: { days }, output: latest, sql: sql\`select * from days where day >= $since\` }),
] })
`,
    )
    app.write(
      'raw.csv',
      lines([
        [1, 1, '2026-01-01'],
        [1, 2, '2026-01-02'],
        [1, 3, '2026-01-05'],
      ]),
    )
    await run(app)
    await run(app, 'shop.days', '--partition', '2026-01-05', '--force')
    expect((await app.levada('plan', 'shop.latest')).out).not.toContain('does not see')
    await run(app, 'shop.days', '--partition', '2026-01-02', '--force')
    const { out } = await app.levada('plan', 'shop.latest')
    expect(out).toContain(
      "! 'shop.latest' goes on from 2026-01-04 and does not see what changed of 'shop.days' before it (day=2026-01-02): levada run shop.latest --force makes all rows anew.",
    )
    await run(app, 'shop.days', '--force')
    expect((await app.levada('plan', 'shop.latest')).out).not.toContain('does not see')
  })

  test('a dataset that cannot add rows is refused before the run', async () => {
    using app = events({})
    app.write(
      'conf/base/catalog.yml',
      'shop.raw: { type: csv, path: raw.csv }\nshop.log: { type: parquet, path: log.parquet }\nshop.latest: { type: parquet, path: data/latest }\n',
    )
    const { code, err } = await app.levada('plan')
    expect(code).toBe(2)
    expect(err).toContain("error NOT_SUPPORTED 'shop.log' cannot be written to parquet")
  })
})
